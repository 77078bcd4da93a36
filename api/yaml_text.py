"""YAML with JSON's types only, for what people keep in files."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from api.words import DEEPEST

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
    """YAML or JSON, as JSON has it: keys are texts, and what it has no word for, as
    bytes or `.nan`, is refused. Raises ValueError in words.
    """
    try:
        found = yaml.load(text, _Loader)  # noqa: S506 - it is a safe loader
        return json.loads(json.dumps(found, allow_nan=False))
    except (yaml.YAMLError, RecursionError, TypeError) as error:
        raise ValueError(" ".join(str(error).split()) or "nested too deeply") from error


def read_untrusted_yaml(text: bytes) -> Any:
    """Without aliases, by which a few lines can mean gigabytes, and no deeper than the
    parser's own stack bears. Raises ValueError.
    """
    try:
        for depth, event in _events(text):
            if depth > DEEPEST:
                raise _UnwantedError(f"nested deeper than {DEEPEST} levels")
            if isinstance(event, yaml.AliasEvent):
                raise _UnwantedError("aliases (*name) are not read here")
    except (yaml.YAMLError, UnicodeError) as error:
        raise ValueError(" ".join(str(error).split())) from error
    return read_yaml(text)


class _UnwantedError(ValueError):
    pass


def _events(text: bytes) -> Iterator[tuple[int, yaml.Event]]:
    """One after the other, so that what is too deep is not read to its end."""
    depth = 0
    for event in yaml.parse(text, _Loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        yield depth, event
