"""YAML 1.2 by its core schema, with JSON's types only, for what people keep in files.

`no`, `on`, `1:30`, `1_000`, `2026-10-01` are text; names are the text that is written.
What JSON has no word for, and what other readers take for something else (`010`, `<<`),
is refused with its place. Built from the parser's events, one after the other: nothing
is made of what is refused, and no depth can overflow a stack.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, Protocol

import yaml

from api.http.fields import DEEPEST
from api.http.json_text import UnreadableTextError, duplicate, read_json
from domain.errors import FieldError, escaped
from domain.own_words import normal


class Mark(Protocol):
    """Counted from 0. The two parsers of the library have one each."""

    @property
    def line(self) -> int: ...
    @property
    def column(self) -> int: ...


MEDIA_TYPE = "application/yaml"
LARGEST = 1_000_000
"""Characters and values, with every alias written out: a few lines can mean gigabytes.
"""
_MEDIA_TYPES = re.compile(r"(application|text)/(x-)?yaml", re.ASCII | re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?[0-9]+", re.ASCII)
_OTHER_BASE = re.compile(r"0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", re.ASCII)
_NO_TEXT = (_INTEGER, _OTHER_BASE, _FLOAT, _NOT_FINITE)
_CONSTANTS: Final[dict[str, bool | None]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_TAG = "tag:yaml.org,2002:"
_QUOTED = ("'", '"', "|", ">")
_PROBLEMS: Final = (
    ("tab", "a tab cannot indent: use spaces"),
    ("cannot start any token", "this character cannot begin a text: put it in quotes"),
    ("mapping values are not", "a ':' cannot stand here: put the text in quotes"),
    ("block sequence entries are not allowed", "a '-' cannot stand here"),
    ("expected ',' or ']'", "a ',' or the closing ']' is missing"),
    ("expected ',' or '}'", "a ',' or the closing '}' is missing"),
    ("expected key", "the indentation does not fit what stands above"),
    ("expected '-' indicator", "the indentation does not fit what stands above"),
    ("unexpected end of stream", "a quote is not closed"),
    ("expected ':'", "a ':' is missing"),
    ("expected hexdecimal", "an escape has hexadecimal digits"),
    ("unknown escape", "there is no such escape: write \\\\ for a backslash"),
    ("document start", "only one document is read: '---' begins another"),
    ("depth", f"nested deeper than {DEEPEST} levels"),
    ("incompatible YAML document", "only YAML 1.2 is read"),
)
"""By what the parser says, what we say."""


def is_yaml(content_type: str) -> bool:
    """RFC 9512, and what was in use before it."""
    return _MEDIA_TYPES.fullmatch(content_type.partition(";")[0].strip()) is not None


def read_yaml(text: str | bytes) -> Any:
    """YAML or JSON, as JSON has it. Raises UnreadableTextError with line and column."""
    if text.strip()[:1] in ("{", b"{"):
        try:
            return read_json(text)
        except UnreadableTextError as error:
            if error.errors:
                raise
    reader = _Reader()
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            reader.take(event)
    except yaml.MarkedYAMLError as error:
        raise UnreadableTextError(_in_words(error, text)) from error
    except yaml.reader.ReaderError as error:
        control = "control" in error.reason
        what = "a control character" if control else "no text in UTF-8"
        raise UnreadableTextError(f"byte {error.position} is {what}") from error
    return reader.found


def is_plain_text(text: str) -> bool:
    """Whether it is read as this text where it stands without quotes."""
    return not (
        text in _CONSTANTS
        or text == "<<"
        or any(form.fullmatch(text) for form in _NO_TEXT)
    )


def _in_words(error: yaml.MarkedYAMLError, text: str | bytes) -> str:
    mark, problem = error.problem_mark or error.context_mark, error.problem or ""
    if mark is None:
        return "it cannot be read"
    if _at(text, mark) == "\t":
        problem = "tab"
    said = (ours for theirs, ours in _PROBLEMS if theirs in problem)
    return f"{_place(mark)}: {next(said, 'it cannot be read from here')}"


def _at(text: str | bytes, mark: Mark) -> str:
    known = text if isinstance(text, str) else text.decode("utf-8", "replace")
    lines = known.splitlines()
    line = lines[mark.line] if mark.line < len(lines) else ""
    return line[mark.column : mark.column + 1]


def _mark(event: yaml.Event) -> Mark:
    assert event.start_mark is not None  # the parser always says where it is
    return event.start_mark


def _place(mark: Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"


@dataclass
class _Open:
    """A list or an object that is being read. `lines`: where each name stands."""

    value: Any
    pointer: str
    anchor: str | None
    before: int
    name: str | None = None
    lines: dict[str, int] = field(default_factory=dict)

    @property
    def wants_name(self) -> bool:
        return isinstance(self.value, dict) and self.name is None

    def below(self) -> str:
        part = len(self.value) if self.name is None else escaped(self.name)
        return f"{self.pointer}/{part}"


class _Reader:
    """`size`: of all that was read, with every alias written out."""

    def __init__(self) -> None:
        self.found: Any = None
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._documents = self._size = 0

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent():
                self._begin(event, {}, "map")
            case yaml.SequenceStartEvent():
                self._begin(event, [], "seq")
            case yaml.CollectionEndEvent():
                self._end()
            case yaml.DocumentStartEvent():
                self._document(event)
            case _:  # the end of a document, or of everything
                pass

    def _document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            self._refuse(event, "only one document is read: '---' begins another")
        if event.version and event.version != (1, 2):
            self._refuse(event, "only YAML 1.2 is read")

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        implicit = event.implicit[0] and event.tag != "!"
        plain = implicit and event.style not in _QUOTED
        self._grow(event, 1 + len(event.value))
        if self._open and self._open[-1].wants_name:
            self._name(event, plain=plain)
            return
        value = self._plain(event) if plain else self._tagged(event)
        if event.anchor:
            self._anchors[event.anchor] = value, 1 + len(event.value)
        self._put(value)

    def _name(self, event: yaml.ScalarEvent, *, plain: bool) -> None:
        above, name = self._open[-1], event.value
        if plain and name == "<<":
            message = "merge keys (<<) are not YAML 1.2: write out what is meant"
            self._refuse(event, message)
        if plain and name in ("", "~"):
            self._refuse(event, "a name is missing before ':'")
        line = _mark(event).line + 1
        if (first := above.lines.get(normal(name))) is not None:
            pointer = f"{above.pointer}/{escaped(name)}"
            fault = duplicate(pointer, f", first in line {first}")
            said = f"{_place(_mark(event))}: {pointer} {fault.message}"
            raise UnreadableTextError(said, fault)
        above.lines[normal(name)] = line
        above.name = name

    def _plain(self, event: yaml.ScalarEvent) -> Any:
        text = event.value
        if text in _CONSTANTS:
            return _CONSTANTS[text]
        if _LEADING_ZERO.fullmatch(text):
            quoted = f'"{text}"'
            message = f"{text} is {int(text)} to some and octal to others"
            self._refuse(event, f"{message}: write {int(text)}, 0o… or {quoted}")
        if _NOT_FINITE.fullmatch(text):
            self._refuse(event, f"{text} is not JSON: put it in quotes")
        return self._number(event)

    def _number(self, event: yaml.ScalarEvent) -> Any:
        text = event.value
        try:
            if _INTEGER.fullmatch(text):
                return int(text)
            if _OTHER_BASE.fullmatch(text):
                return int(text, 0)
        except ValueError:
            self._refuse(event, "a number has too many digits")
        if not _FLOAT.fullmatch(text):
            return text
        if math.isinf(number := float(text)):
            self._refuse(event, f"{text} is too large a number")
        return number

    def _tagged(self, event: yaml.ScalarEvent) -> Any:
        """A text in quotes, or with a tag that says what it is."""
        tag = event.tag
        if tag in (None, "!", f"{_TAG}str"):
            return event.value
        made = _TYPES.get(tag.removeprefix(_TAG))
        if made is None:
            self._refuse(event, f"the tag {_shown(tag)} is not read: leave it out")
        value = self._plain(event)
        if not made(value):
            self._refuse(event, f"{event.value!r} is no {_shown(tag)}")
        return value

    def _alias(self, event: yaml.AliasEvent) -> None:
        if self._open and self._open[-1].wants_name:
            self._refuse(event, f"the alias *{event.anchor} cannot be a name")
        if any(above.anchor == event.anchor for above in self._open):
            self._refuse(event, f"*{event.anchor} stands in what it names")
        if event.anchor not in self._anchors:
            self._refuse(event, f"there is no &{event.anchor} above")
        value, size = self._anchors[event.anchor]
        self._grow(event, size)
        self._put(value)

    def _begin(self, event: yaml.CollectionStartEvent, value: Any, kind: str) -> None:
        if event.tag not in (None, "!", f"{_TAG}{kind}"):
            message = f"the tag {_shown(event.tag)} is not read: leave it out"
            self._refuse(event, message)
        if self._open and self._open[-1].wants_name:
            self._refuse(event, "a name must be a text, not a list or an object")
        if len(self._open) >= DEEPEST:
            self._refuse(event, f"nested deeper than {DEEPEST} levels")
        pointer = self._open[-1].below() if self._open else ""
        self._open.append(_Open(value, pointer, event.anchor, self._size))
        self._grow(event, 1)

    def _end(self) -> None:
        done = self._open.pop()
        if done.anchor:
            self._anchors[done.anchor] = done.value, self._size - done.before
        self._put(done.value)

    def _put(self, value: Any) -> None:
        if not self._open:
            self.found = value
            return
        above = self._open[-1]
        if isinstance(above.value, list):
            above.value.append(value)
        elif above.name is not None:
            above.value[above.name], above.name = value, None

    def _grow(self, event: yaml.NodeEvent, by: int) -> None:
        self._size += by
        if self._size > LARGEST:
            self._refuse(event, f"with its aliases it is larger than {LARGEST:,}")

    def _refuse(self, event: yaml.Event, message: str) -> NoReturn:
        pointer = self._open[-1].below() if self._open else ""
        place = _place(_mark(event))
        raise UnreadableTextError(f"{place}: {message}", FieldError(pointer, message))


def _shown(tag: str) -> str:
    return "!!" + tag.removeprefix(_TAG) if tag.startswith(_TAG) else tag


_TYPES: Final[dict[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float),
}
