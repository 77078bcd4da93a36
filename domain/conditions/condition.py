"""Conditions over the fields of a ticket and of what just happened to it.

    {status: pending}                          one word
    {priority: [high, urgent], tier: key_account}   all of the fields, any of the words
    {assignee: {set: false}, tags: {not: [spam]}}   absent; none of the words
    {attributes.amount: {at_least: 1000}}      numbers

A list of conditions holds if one of them does; an empty list never holds. A field with
several words (tags, event) matches if one of them does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.conditions.field_values import CLOSED, FLAGS, OWN_WORDS, event_types
from domain.errors import FieldError, UnknownWordError, WrongTypeError, escaped
from domain.nearest import did_you_mean
from domain.own_words import word_fault

Word: TypeAlias = str | bool | int | float
Value: TypeAlias = Word | tuple[str, ...] | None

ATTRIBUTE = "attributes."
OPERATORS = ("not", "set", "at_least", "at_most")


class Fields(Protocol):
    """The fields that a condition is evaluated on."""

    def get(self, name: str, /) -> Value:
        """None: there is none."""


@dataclass(frozen=True, kw_only=True)
class FieldTest:
    """The required values of one field; a part that is None (or empty) is not
    required.
    """

    field: str
    any_of: tuple[Word, ...] = ()
    none_of: tuple[Word, ...] = ()
    is_set: bool | None = None
    at_least: float | None = None
    at_most: float | None = None

    def holds(self, fields: Fields) -> bool:
        value = fields.get(self.field)
        words = value if isinstance(value, tuple) else () if value is None else (value,)
        if self.any_of and not _meet(words, self.any_of):
            return False
        if self.none_of and _meet(words, self.none_of):
            return False
        if self.is_set is not None and self.is_set != (words not in ((), ("",))):
            return False
        return self._in_range(value)

    def _in_range(self, value: Value) -> bool:
        if self.at_least is None and self.at_most is None:
            return True
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        return (self.at_least is None or value >= self.at_least) and (
            self.at_most is None or value <= self.at_most
        )


@dataclass(frozen=True, kw_only=True)
class Condition:
    tests: tuple[FieldTest, ...] = ()

    def failed_field(self, fields: Fields) -> str | None:
        """The first field that does not hold, or None: the condition does."""
        for test in self.tests:
            if not test.holds(fields):
                return test.field
        return None


Conditions: TypeAlias = tuple[Condition, ...]


def holds(conditions: Conditions, fields: Fields) -> bool:
    return any(condition.failed_field(fields) is None for condition in conditions)


def _meet(words: tuple[Word, ...], others: tuple[Word, ...]) -> bool:
    for word in words:  # noqa: SIM110 - `any` costs more than the test
        if _among(word, others):
            return True
    return False


def _among(word: Word, words: tuple[Word, ...]) -> bool:
    """To Python `True == 1`; to the author of a condition it is not."""
    if isinstance(word, str):
        return word in words
    return any(
        word == w and isinstance(word, bool) == isinstance(w, bool) for w in words
    )


def parse_conditions(
    document: object, pointer: str, known: Iterable[str], errors: list[FieldError]
) -> Conditions:
    """One condition or a list of them."""
    if isinstance(document, list):
        return tuple(
            parse_condition(one, f"{pointer}/{i}", known, errors)
            for i, one in enumerate(document)
        )
    return (parse_condition(document, pointer, known, errors),)


def parse_condition(
    document: object, pointer: str, known: Iterable[str], errors: list[FieldError]
) -> Condition:
    if not isinstance(document, dict) or not document:
        message = "must be an object that names at least one field"
        errors.append(FieldError(pointer, message))
        return Condition()
    return Condition(
        tests=tuple(
            _parse_test(
                str(field), wanted, f"{pointer}/{escaped(str(field))}", known, errors
            )
            for field, wanted in document.items()
        )
    )


def _parse_test(
    field: str,
    wanted: object,
    pointer: str,
    known: Iterable[str],
    errors: list[FieldError],
) -> FieldTest:
    _check_field(field, pointer, tuple(known), errors)
    if not isinstance(wanted, dict):
        return FieldTest(field=field, any_of=_words(field, wanted, pointer, errors))
    for operator in wanted:
        where = f"{pointer}/{escaped(str(operator))}"
        if operator not in OPERATORS:
            errors.append(UnknownWordError.of(where, operator, OPERATORS))
        elif operator.startswith("at_") and not field.startswith(ATTRIBUTE):
            message = f"{field} is no number: {operator} is for attributes"
            errors.append(FieldError(where, message))
    refused = wanted.get("not")
    return FieldTest(
        field=field,
        none_of=_words(field, refused, f"{pointer}/not", errors)
        if "not" in wanted
        else (),
        is_set=_flag(wanted, f"{pointer}/set", errors),
        at_least=_number(wanted, "at_least", pointer, errors),
        at_most=_number(wanted, "at_most", pointer, errors),
    )


def _check_field(
    field: str, pointer: str, names: tuple[str, ...], errors: list[FieldError]
) -> None:
    own = field.startswith(ATTRIBUTE) and field != ATTRIBUTE and ATTRIBUTE in names
    if field == ATTRIBUTE or (field not in names and not own):
        # All of them, because people look for this list.
        shown = ", ".join(names).replace(ATTRIBUTE, "attributes.…")
        message = f"{field!r} is not one of {shown}{did_you_mean(field, names)}"
        errors.append(UnknownWordError(pointer, message))


def _words(
    field: str, value: object, pointer: str, errors: list[FieldError]
) -> tuple[Word, ...]:
    words = value if isinstance(value, list) else [value]
    if not words or not all(isinstance(w, str | bool | int | float) for w in words):
        message = "must be a word, a number or a list of them"
        errors.append(WrongTypeError(pointer, message))
        return ()
    for i, word in enumerate(words):
        where = f"{pointer}/{i}" if isinstance(value, list) else pointer
        if (fault := _word_fault(field, word, where)) is not None:
            errors.append(fault)
    return tuple(words)


def _word_fault(field: str, word: Word, pointer: str) -> FieldError | None:
    """Values that this field can never have."""
    if field.startswith(ATTRIBUTE):
        return None
    if field in FLAGS:
        if isinstance(word, bool):
            return None
        return WrongTypeError(pointer, f"{word!r} is neither true nor false")
    if not isinstance(word, str):
        shown = str(word).lower()
        message = f'{field} is text: write "{shown}" in quotes if {shown} is meant'
        return WrongTypeError(pointer, message)
    closed = event_types() if field == "event" else CLOSED.get(field)
    if closed is not None:
        known = word in closed
        return None if known else UnknownWordError.of(pointer, word, closed)
    fault = word_fault(word) if field in OWN_WORDS else None
    return FieldError(pointer, fault) if fault else None


def _flag(
    wanted: Mapping[str, object], pointer: str, errors: list[FieldError]
) -> bool | None:
    flag = wanted.get("set")
    if flag is None or isinstance(flag, bool):
        return flag
    errors.append(WrongTypeError(pointer, "must be true or false"))
    return None


def _number(
    wanted: Mapping[str, object], name: str, pointer: str, errors: list[FieldError]
) -> float | None:
    number = wanted.get(name)
    if number is None or (
        isinstance(number, int | float) and not isinstance(number, bool)
    ):
        return number
    errors.append(WrongTypeError(f"{pointer}/{name}", "must be a number"))
    return None
