"""Errors of pydantic in Pledge's own words: the value, what is allowed, the nearest
name, the place. Pydantic's own words are never shown.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import itemgetter
from typing import Any, Final

from api.http.fields import FAULTS
from api.http.model_fields import names_at
from domain.errors import (
    FieldError,
    OutOfRangeError,
    RequiredError,
    UnknownFieldError,
    UnknownWordError,
    WrongTypeError,
)
from domain.nearest import not_one_of

LONGEST_SHOWN = 60
_QUOTED = re.compile(r"'([^']*)'")

NOUNS: Final[Mapping[str, str]] = {
    "string_type": "text",
    "string_unicode": "text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a whole number of at most 18 digits",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "dict_type": "an object",
    "mapping_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "list_type": "a list",
    "tuple_type": "a list",
    "iterable_type": "a list",
    "none_required": "null",
    "invalid-json-value": "JSON",
    "datetime_type": "a time",
    "datetime_parsing": "a time that exists",
    "datetime_from_date_parsing": "a time that exists",
    "datetime_object_invalid": "a time that exists",
}
"""What must be there where a value of another kind is."""


def shown(value: object) -> str:
    """A value in a message: short, and as JSON has it."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str):
        cut = value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…"
        return repr(cut)
    try:
        text = json.dumps(value)
    except (TypeError, ValueError):
        return "what was sent"
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "…"


@dataclass(frozen=True)
class Found:
    """One error of pydantic's. `labels`: names of pydantic's for the branch of a union
    that it tried; `place`: where that union stands; `at_root`: the branch did not fit
    at all.
    """

    error: Mapping[str, Any]
    pointer: str
    place: str
    label: str
    at_root: bool

    @property
    def mismatch(self) -> bool:
        """Something of another kind is meant, as by a text where an object is asked."""
        kind, value = self.error["type"], self.error.get("input")
        other = kind in NOUNS or (
            kind == "literal_error" and not isinstance(value, str)
        )
        return self.at_root and other


def field_errors(
    errors: Iterable[Mapping[str, Any]], body: object, asked: object
) -> tuple[FieldError, ...]:
    """`asked`: the type that the body was read by. Two forms of a field may say the
    same of it; it is said once.
    """
    groups: dict[object, list[Found]] = {}
    for index, error in enumerate(errors):
        found = _found(error, body)
        groups.setdefault(found.place if found.label else index, []).append(found)
    said = (
        fault
        for group in groups.values()
        for fault in (
            _nearest_branch(group, asked) if group[0].label else _said(group[0], asked)
        )
    )
    return tuple(dict.fromkeys(said))


def _nearest_branch(found: Sequence[Found], asked: object) -> Iterator[FieldError]:
    """Of a value that may have several forms, what is wrong by the form it has."""
    misfits = {one.label for one in found if one.mismatch}
    meant = [one for one in found if one.label not in misfits]
    if meant:
        for one in meant:
            yield from _said(one, asked)
        return
    wanted = dict.fromkeys(_wanted(one.error) for one in found if one.mismatch)
    value = found[0].error.get("input")
    yield WrongTypeError(found[0].place, f"must be {_or(wanted)}, not {shown(value)}")


def _wanted(error: Mapping[str, Any]) -> str:
    if error["type"] == "literal_error":
        return str(error["ctx"]["expected"]).replace("True", "true")
    return NOUNS[error["type"]]


def _or(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _words(context: Mapping[str, Any]) -> list[str]:
    """What a closed list has, from the one form in which pydantic tells."""
    return _QUOTED.findall(str(context["expected"]))


def _said(found: Found, asked: object) -> Iterator[FieldError]:
    error, pointer = found.error, found.pointer
    if error["type"] == FAULTS:
        for fault in error["ctx"][FAULTS]:
            yield type(fault)(f"{pointer}{fault.pointer}", fault.message)
    elif error["type"] == "extra_forbidden":
        *owner, name = error["loc"]
        known = names_at(asked, owner[1:])
        yield UnknownFieldError.of(pointer, name, known)
    else:
        kind, message = _message(error)
        yield kind(pointer, message)


Said = tuple[type[FieldError], str]
_Phrase = Callable[[str, Mapping[str, Any]], Said]


def _message(error: Mapping[str, Any]) -> Said:
    kind, value, context = error["type"], error.get("input"), error.get("ctx") or {}
    if kind in NOUNS:
        return WrongTypeError, f"must be {NOUNS[kind]}, not {shown(value)}"
    if kind in ("literal_error", "enum"):
        if isinstance(value, str):
            return UnknownWordError, not_one_of(value, _words(context))
        return WrongTypeError, f"must be {_wanted(error)}, not {shown(value)}"
    if kind in ("too_short", "too_long", "string_too_short", "string_too_long"):
        return OutOfRangeError, _length(value, context)
    if kind in PHRASES:
        return PHRASES[kind](shown(value), context)
    return FieldError, f"{shown(value)} is not allowed here"


def _length(value: object, context: Mapping[str, Any]) -> str:
    many = "characters" if isinstance(value, str) else "items"
    if "min_length" in context:
        least = context["min_length"]
        return (
            "must not be empty" if least == 1 else f"must have {least} {many} or more"
        )
    size = len(value) if isinstance(value, str | list | dict) else "too many"
    return f"has {size} {many}: at most {context['max_length']} are allowed"


def _own_words(_: str, context: Mapping[str, Any]) -> Said:
    return FieldError, str(context["error"])


def _bound(words: str, name: str) -> _Phrase:
    return lambda value, context: (
        OutOfRangeError,
        f"must be {words} {context[name]}, not {value}",
    )


PHRASES: Final[Mapping[str, _Phrase]] = {
    "missing": lambda _, __: (RequiredError, "is required"),
    "missing_argument": lambda _, __: (RequiredError, "is required"),
    "value_error": _own_words,
    "assertion_error": _own_words,
    "greater_than_equal": _bound("at least", "ge"),
    "greater_than": _bound("more than", "gt"),
    "less_than_equal": _bound("at most", "le"),
    "less_than": _bound("less than", "lt"),
    "multiple_of": _bound("a multiple of", "multiple_of"),
    "string_pattern_mismatch": lambda value, context: (
        FieldError,
        f"{value} does not have the form {context['pattern']}",
    ),
    "json_invalid": lambda _, __: (FieldError, "is not well-formed JSON"),
    "invalid_key": lambda _, __: (WrongTypeError, "has a name that is not text"),
}


def _found(error: Mapping[str, Any], body: object) -> Found:
    where, *path = error["loc"]
    if where != "body":  # a parameter is named as `?limit` or `Header-Name`
        name = str(path[0]) if path else ""
        pointer = f"?{name}" if where == "query" else name
        return Found(error, pointer, "", "", at_root=False)
    missing = error["type"] in ("missing", "extra_forbidden")
    steps = list(_steps(path, body, missing=missing))
    first = next((i for i, step in enumerate(steps) if step[1]), len(steps))
    rest = steps[first:]
    label = "".join(part for part, _ in takewhile(itemgetter(1), rest))
    return Found(
        error,
        pointer=_joined(steps),
        place=_joined(steps[:first]),
        label=label,
        at_root=bool(rest) and all(is_label for _, is_label in rest),
    )


def _joined(steps: Iterable[tuple[str, bool]]) -> str:
    return "".join(
        "/" + part.replace("~", "~0").replace("/", "~1")
        for part, is_label in steps
        if not is_label
    )


def _steps(
    path: Sequence[object], body: object, *, missing: bool
) -> Iterator[tuple[str, bool]]:
    """Each part of pydantic's path, and whether it is a label of a union. That a fault
    is in a name and not in its value (`[key]`) makes no step.
    """
    for depth, part in enumerate(path, start=1):
        absent = missing and depth == len(path)
        if isinstance(body, dict) and (part in body or absent):
            body = body.get(part)
        elif isinstance(body, list) and isinstance(part, int) and part < len(body):
            body = body[part]
        elif part == "[key]":
            continue
        else:
            yield str(part), True
            continue
        yield str(part), False
