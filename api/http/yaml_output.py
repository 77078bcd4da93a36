"""Configuration as YAML that people read, edit and compare: what `yaml_text` reads back
the same, and other readers too.

Text of any script stays as it is, text of several lines keeps its lines, and lists of
plain values stand on one line.
"""

from collections.abc import Mapping
from typing import Any, Final

import yaml
from typing_extensions import override

from api.http.yaml_text import is_plain_text

WIDTH = 100
_OTHER_BREAKS = ("\r", "\x85", "\u2028", "\u2029")
"""A reader takes them for line feeds where they stand as they are."""
_LIST, _TEXT = "tag:yaml.org,2002:seq", "tag:yaml.org,2002:str"


class _Writer(yaml.SafeDumper):
    @override
    def ignore_aliases(self, data: Any) -> bool:
        return True  # the same value twice is written twice


def _text(writer: _Writer, text: str) -> yaml.ScalarNode:
    if any(other in text for other in _OTHER_BREAKS):
        return writer.represent_scalar(_TEXT, text, style='"')
    if "\n" in text:
        return writer.represent_scalar(_TEXT, text, style="|")
    # What YAML 1.1 took for something else, the library quotes by itself.
    style = None if is_plain_text(text) else "'"
    return writer.represent_scalar(_TEXT, text, style=style)


def _list(writer: _Writer, items: list[Any]) -> yaml.SequenceNode:
    plain = not any(isinstance(i, dict | list) or "\n" in str(i) for i in items)
    return writer.represent_sequence(_LIST, items, flow_style=plain)


_Writer.add_representer(str, _text)
_Writer.add_representer(list, _list)
_LAYOUT: Final[dict[str, Any]] = {
    "allow_unicode": True,
    "default_flow_style": False,
    "sort_keys": False,
    "width": WIDTH,
}


def write_yaml(value: Mapping[str, Any]) -> str:
    text: str = yaml.dump(value, Dumper=_Writer, **_LAYOUT)
    return text
