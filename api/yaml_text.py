"""YAML with JSON's types only, for what people keep in files."""

import re
from typing import Any

import yaml

MEDIA_TYPE = "application/yaml"
_MEDIA_TYPES = re.compile(r"(application|text)/(x-)?yaml", re.ASCII | re.IGNORECASE)


def is_yaml(content_type: str) -> bool:
    """RFC 9512, and what was in use before it."""
    return _MEDIA_TYPES.fullmatch(content_type.partition(";")[0].strip()) is not None


class _Loader(yaml.CSafeLoader):
    """2026-10-01 without quotes stays the text that it is in JSON."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, words) for tag, words in found if not tag.endswith(":timestamp")]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(text: str | bytes) -> Any:
    """YAML or JSON. Raises ValueError in words."""
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - it is a safe loader
    except (yaml.YAMLError, RecursionError) as error:
        raise ValueError(" ".join(str(error).split()) or "nested too deeply") from error


def read_untrusted_yaml(text: bytes) -> Any:
    """Without aliases, by which a few lines can mean gigabytes. Raises ValueError."""
    try:
        found = any(isinstance(e, yaml.AliasEvent) for e in yaml.parse(text, _Loader))
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    if found:
        raise ValueError("aliases (*name) are not read here")
    return read_yaml(text)
