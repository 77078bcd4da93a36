"""The kinds of text that bodies may hold, and what none of them may.

NUL cannot be stored in a database text, and a lone surrogate is half a character that
no other system can read; both are refused by name instead of being lost later.
"""

import math
import re
from datetime import UTC, datetime
from typing import Annotated, Final

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    WithJsonSchema,
    model_validator,
)
from pydantic import BaseModel as PydanticModel
from pydantic_core import PydanticCustomError

from domain.duration import FORMS, ISO_DURATION
from domain.errors import FieldError, escaped
from domain.own_words import normal, word_fault

_BAD = re.compile("[\x00\ud800-\udfff]")
_HALF = re.compile("[\ud800-\udfff]")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?"
    r"([Zz]|[+-][0-9]{2}:?[0-9]{2})"
)
_WANTED = "must be an RFC 3339 time with an offset, as 2026-11-22T09:00:00+08:00"
_SEVERAL = ","
_PATTERN = r"^[^\s!-/:-@\[-`{-~][^\s!-,/:-@\[-^`{-~]{0,63}$"
"""Of words and names for OpenAPI, as far as a pattern that every tool reads can say."""
LARGEST_INTEGER = 2**63 - 1
DEEPEST = 64
"""Levels of nesting in a body; deeper ones are an attack on somebody's parser."""


def clean(text: str) -> str:
    if found := _BAD.search(text):
        nul = found[0] == "\0"
        what = "a NUL character" if nul else "half a character (a lone surrogate)"
        raise ValueError(f"holds {what} at {found.start()}")
    return text


def _verbatim(value: object) -> object:
    """Before pydantic looks, because its own words would not name the character."""
    return clean(value) if isinstance(value, str) else value


def _normal(value: object) -> object:
    return normal(clean(value)) if isinstance(value, str) else value


def _duration(value: object) -> object:
    if isinstance(value, int | float) and not isinstance(value, bool):
        raise ValueError(f"{value} has no unit: {FORMS}")  # noqa: TRY004 - ours to say
    return _normal(value)


def _word(value: object) -> object:
    if not isinstance(value, str):
        return value
    if fault := word_fault(text := normal(clean(value))):
        raise ValueError(fault)
    return text


def split(value: object) -> list[str]:
    """`?status=open,pending` and `?status=open&status=pending` ask the same."""
    given = value if isinstance(value, list) else [value]
    words = [one.split(_SEVERAL) for one in given if isinstance(one, str)]
    return [word.strip() for several in words for word in several]


_BLANK = re.compile(r"(?<=[0-9]) (?=[0-9]{2}:?[0-9]{2}$)")


def _instant(value: object) -> object:
    if isinstance(value, str) and value.count(":") > 1:
        # In a query `+` means a blank, and few clients write `%2B`.
        value = _BLANK.sub("+", value)
    # Pydantic alone would take "1700000000" for a time, and "2026" too.
    if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
        raise ValueError(_WANTED)
    return value


def _aware(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


def _point(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    return _aware(datetime.fromisoformat(str(_instant(value))))


Verbatim = BeforeValidator(_verbatim)
"""For addresses and secrets, which are no text to be compared."""
Cleaned = BeforeValidator(_normal)
"""All other text is brought to NFC on its way in, so that it is equal everywhere."""
Several = BeforeValidator(split)
"""Before a list of words that a query asks for: `Annotated[list[Status], Several]`. A
closed list is a Literal, here as in bodies: an unknown word is answered with those that
there are, and the nearest.
"""
Line = Annotated[str, Cleaned, Field(min_length=1, max_length=300)]
Body = Annotated[str, Cleaned, Field(min_length=1, max_length=100_000)]
Word = Annotated[
    str,
    BeforeValidator(_word),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "pattern": _PATTERN,
            "description": "Letters, marks, digits of any script, and `_`, `.`, `-`",
        }
    ),
]
"""A word or a name of one's own; also the name of a document in an address."""
DISPLAYED = "The display name; by default the name in the address"
Identifier = Annotated[str, Cleaned, Field(min_length=1, max_length=200)]
Instant = Annotated[
    datetime, BeforeValidator(_instant), Field(strict=False), AfterValidator(_aware)
]
Point = Annotated[
    int | datetime,
    BeforeValidator(_point),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0},
                {"type": "string", "format": "date-time"},
            ],
            "description": "A version, or an instant: the version that was current",
        }
    ),
]
Duration = Annotated[
    str,
    BeforeValidator(_duration),
    Field(
        max_length=40,
        examples=["PT30M"],
        description="ISO 8601, for example `PT1H30M`; or `90s`, `5m`, `2h`, `1d`",
    ),
]

DURATION_TEXT: Final = "a duration, in answers the text of it"
DurationText = Annotated[
    str, Field(json_schema_extra={"pattern": ISO_DURATION}), DURATION_TEXT
]


def example(**fields: JsonValue) -> ConfigDict:
    """Shown in the OpenAPI document."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


class Strict(PydanticModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def names_are_text(cls, value: object) -> object:
        """Pydantic itself would not say which name it stumbles over."""
        if isinstance(value, dict):
            for name in value:
                if _HALF.search(name):
                    raise ValueError(f"the field name {name!a} is not text")
        return value


FAULTS: Final = "faults"
"""The type of an error that has a pointer of its own for each fault in a value."""


def json_object(value: object) -> object:
    """Any JSON with its text in NFC; refuses what could not be read back the same."""
    if faults := _faults(value, ""):
        raise PydanticCustomError(FAULTS, "cannot be kept", {FAULTS: faults})
    return normal_json(value)


def normal_json(value: object) -> object:
    if isinstance(value, str):
        return normal(value)
    if isinstance(value, dict):
        return {normal(str(key)): normal_json(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normal_json(inner) for inner in value]
    return value


def _faults(value: object, pointer: str) -> list[FieldError]:
    if isinstance(value, dict):
        found = []
        for key, inner in value.items():
            where = f"{pointer}/{_escaped(key)}"
            found += _text_fault(key, where) + _faults(inner, where)
        return found
    if isinstance(value, list):
        return [e for i, x in enumerate(value) for e in _faults(x, f"{pointer}/{i}")]
    if isinstance(value, str):
        return _text_fault(value, pointer)
    if isinstance(value, int) and abs(value) > LARGEST_INTEGER:
        return [FieldError(pointer, "is an integer of more than 64 bits")]
    if isinstance(value, float) and not math.isfinite(value):
        return [FieldError(pointer, "is a number too large to keep")]
    return []


def _text_fault(text: str, pointer: str) -> list[FieldError]:
    try:
        clean(text)
    except ValueError as error:
        return [FieldError(pointer, str(error))]
    return []


def _escaped(key: str) -> str:
    return escaped(_BAD.sub("�", key))


def _plain_json(value: object) -> object:
    faults = [f"{error.pointer} {error.message}" for error in _faults(value, "")]
    if faults:
        raise ValueError("; ".join(faults))
    return normal_json(value)


PlainJson = BeforeValidator(_plain_json)
"""For a member that the domain reads: any JSON that can be kept and read back."""
Attributes = Annotated[dict[str, object], BeforeValidator(json_object)]
