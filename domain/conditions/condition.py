"""Conditions over the fields of a ticket and of what just happened to it.

    {status: pending}                          one word
    {priority: [high, urgent], tier: key_account}   all of the fields, any of the words
    {assignee: {set: false}, tags: {not: [spam]}}   absent; none of the words
    {attributes.amount: {at_least: 1000}}      numbers

A list of conditions holds if one of them does; an empty list never holds. A field with
several words (tags, event) matches if one of them does.
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias

from domain.conditions.field_values import CLOSED, FLAGS, OWN_WORDS, event_types
from domain.documents.reader import Reader
from domain.errors import UnknownWordError, WrongTypeError
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


def read_conditions(reader: Reader, known: tuple[str, ...]) -> Conditions:
    """One condition or a list of them."""
    if isinstance(reader.value, list):
        return tuple(read_condition(one, known) for one in reader.items())
    return (read_condition(reader, known),)


def read_condition(reader: Reader, known: tuple[str, ...]) -> Condition:
    tests = reader.members()
    if not tests:
        reader.fault("must be an object that names at least one field")
    return Condition(
        tests=tuple(_read_test(field, test, known) for field, test in tests.items())
    )


def _read_test(field: str, reader: Reader, known: tuple[str, ...]) -> FieldTest:
    _check_field(field, reader, known)
    if not isinstance(reader.value, dict):
        return FieldTest(field=field, any_of=_read_words(field, reader))
    reader.refuse_others(OPERATORS)
    operators = reader.members()
    for operator in ("at_least", "at_most"):
        if operator in operators and not field.startswith(ATTRIBUTE):
            message = f"{field} is no number: {operator} is for attributes"
            operators[operator].fault(message)
    return FieldTest(
        field=field,
        none_of=_read_words(field, reader["not"]) if "not" in operators else (),
        is_set=reader.optional("set", lambda value: value.flag(WrongTypeError)),
        at_least=reader.optional("at_least", _read_number),
        at_most=reader.optional("at_most", _read_number),
    )


def _check_field(field: str, reader: Reader, names: tuple[str, ...]) -> None:
    own = field.startswith(ATTRIBUTE) and field != ATTRIBUTE and ATTRIBUTE in names
    if field == ATTRIBUTE or (field not in names and not own):
        # All of them, because people look for this list.
        shown = ", ".join(names).replace(ATTRIBUTE, "attributes.…")
        message = f"{field!r} is not one of {shown}{did_you_mean(field, names)}"
        reader.fault(message, UnknownWordError)


def _read_words(field: str, reader: Reader) -> tuple[Word, ...]:
    places = [*reader.items()] if isinstance(reader.value, list) else [reader]
    words = [p.value for p in places if isinstance(p.value, str | bool | int | float)]
    if not words or len(words) < len(places):
        reader.fault("must be a word, a number or a list of them", WrongTypeError)
        return ()
    for place, word in zip(places, words, strict=True):
        _check_word(field, word, place)
    return tuple(words)


def _check_word(field: str, word: Word, reader: Reader) -> None:
    """What this field can never be."""
    if field.startswith(ATTRIBUTE):
        return
    if field in FLAGS:
        if not isinstance(word, bool):
            reader.fault(f"{word!r} is neither true nor false", WrongTypeError)
    elif not isinstance(word, str):
        shown = str(word).lower()
        message = f'{field} is text: write "{shown}" in quotes if {shown} is meant'
        reader.fault(message, WrongTypeError)
    elif field == "event":
        reader.one_of(event_types())
    elif field in CLOSED:
        reader.one_of(CLOSED[field])
    elif field in OWN_WORDS and (fault := word_fault(word)):
        reader.fault(fault)


def _read_number(reader: Reader) -> float | None:
    number = reader.value
    if isinstance(number, int | float) and not isinstance(number, bool):
        return number
    reader.fault("must be a number", WrongTypeError)
    return None
