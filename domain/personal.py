"""Which fields of a fact are personal data, and what stands where one can't be read.

A field is marked by its type. The event store encrypts it with a key of the person it
is about (`Meta.data_subject`) before the event is written (ADR 0029).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Annotated, Any, TypeVar, cast, get_args, get_type_hints

T = TypeVar("T")

ERASED = "[erased]"
"""Stands in every personal field of a person whose key was destroyed."""
MASKED = "[masked]"
"""Stands in a personal field for a reader who may not see it."""


@dataclass(frozen=True)
class WholeField:
    """The mark of a personal field."""


@dataclass(frozen=True)
class ValuesOf:
    """The mark of a mapping with personal values: all of them, or those whose keys the
    field `listed` of the same fact names.
    """

    listed: str | None = None


Personal = Annotated[T, WholeField()]
PersonalValues = Annotated[T, ValuesOf()]

_Mark = WholeField | ValuesOf
_Form = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """One personal value in the JSON form of a fact; `pointer` is an RFC 6901 JSON
    pointer into that form.
    """

    holder: _Form
    key: str
    pointer: str

    @property
    def value(self) -> object:
        return self.holder[self.key]

    def put(self, value: object) -> None:
        self.holder[self.key] = value


def places(kind: type, form: Mapping[str, object]) -> Iterator[Place]:
    """Every personal value of a fact of this kind that is there, whatever it holds.
    `form`: the fact as JSON, which `Place.put` changes.
    """
    return _places(kind, cast(_Form, form), "")


def is_personal(kind: type) -> bool:
    """Whether facts of this kind can hold personal data."""
    return bool(_shape(kind))


def masked(kind: type, form: Mapping[str, object]) -> None:
    """Puts `MASKED` in place of every personal value that can still be read."""
    for place in places(kind, form):
        if place.value != ERASED:
            place.put(MASKED)


def _places(kind: type, form: _Form, above: str) -> Iterator[Place]:
    for name, how in _shape(kind):
        value, pointer = form.get(name), f"{above}/{name}"
        if value is None:
            continue
        if isinstance(how, WholeField):
            yield Place(form, name, pointer)
        elif isinstance(how, ValuesOf):
            for key in _keys(how, form, value):
                if value.get(key) is not None:
                    yield Place(value, key, f"{pointer}/{_escaped(key)}")
        else:
            yield from _places(how, value, pointer)


def _keys(how: ValuesOf, form: _Form, value: _Form) -> list[str]:
    return list(value if how.listed is None else form.get(how.listed, ()))


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


@cache
def _shape(kind: type) -> tuple[tuple[str, _Mark | type], ...]:
    """Of each field that is personal or holds something personal: its name, and its
    mark or its type.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = ((f.name, _mark(hints[f.name])) for f in fields(cast(Any, kind)))
    return tuple((name, how) for name, how in found if how is not None)


def _mark(hint: object) -> _Mark | type | None:
    for mark in getattr(hint, "__metadata__", ()):
        if isinstance(mark, WholeField | ValuesOf):
            return mark
    if isinstance(hint, type) and is_dataclass(hint):
        return hint if _shape(hint) else None
    inner = (_mark(argument) for argument in get_args(hint))
    return next((mark for mark in inner if isinstance(mark, type)), None)
