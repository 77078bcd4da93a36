"""How two conditions are related, without a ticket: that one holds whenever the other
does, or that one never holds.

Errs on one side only: `implies` may answer False although it is true (fields with an
open list of words are compared word by word), and never True although it is false.
"""

from collections.abc import Iterator, Mapping

from domain.conditions.condition import (
    ATTRIBUTE,
    Condition,
    Conditions,
    FieldTest,
    Value,
    Word,
)
from domain.conditions.field_values import CLOSED, FLAGS
from domain.lifecycle.status import STATUSES

FINISHED = ("resolved", "closed")
SEVERAL = ("tags", "event")


def implies(given: Condition, asked: Condition) -> bool:
    """Whenever `given` holds, `asked` does."""
    return all(_implied(given, test) for test in asked.tests)


def implies_one(given: Condition, asked: Conditions) -> bool:
    return any(implies(given, one) for one in asked)


def holds_never(condition: Condition) -> bool:
    return any(
        not any(_fitting(condition, values))
        for values in map(_values, (test.field for test in condition.tests))
        if values
    ) or any(_empty_range(test) for test in condition.tests)


def _implied(given: Condition, test: FieldTest) -> bool:
    if values := _values(test.field):
        return all(test.holds(fields) for fields in _fitting(given, values))
    return any(_narrower(g, test) for g in given.tests if g.field == test.field)


def _values(field: str) -> tuple[Mapping[str, Value], ...]:
    """All possible values of this field, with what follows from it; empty: any."""
    if field in ("status", "finished"):
        return tuple({"status": s, "finished": s in FINISHED} for s in STATUSES)
    words: tuple[Word, ...] = ()
    if field in FLAGS:
        words = (True, False)
    elif field in ("priority", "channel", "opened_by"):
        words = CLOSED[field]
    return tuple({field: word} for word in words)


def _fitting(
    condition: Condition, values: tuple[Mapping[str, Value], ...]
) -> Iterator[Mapping[str, Value]]:
    for fields in values:
        asked = (test for test in condition.tests if test.field in fields)
        if all(test.holds(fields) for test in asked):
            yield fields


def _narrower(given: FieldTest, asked: FieldTest) -> bool:
    """For a field with any words: each required one follows from a given one."""
    if asked.any_of and not (given.any_of and _within(given.any_of, asked.any_of)):
        return False
    if not (_within(asked.none_of, given.none_of) or _excludes(given, asked)):
        return False
    there = given.is_set or any(given.any_of) or _ranged(given)
    if asked.is_set is not None and not (there if asked.is_set else _unset(given)):
        return False
    return _in_range(given, asked)


def _excludes(given: FieldTest, asked: FieldTest) -> bool:
    """A single word in this list is not in that one; of several words one may be."""
    several = given.field in SEVERAL or given.field.startswith(ATTRIBUTE)
    among = {str(word) for word in given.any_of} & {str(w) for w in asked.none_of}
    return bool(given.any_of) and not several and not among


def _unset(given: FieldTest) -> bool:
    return given.is_set is False


def _in_range(given: FieldTest, asked: FieldTest) -> bool:
    low = asked.at_least is None or (
        given.at_least is not None and given.at_least >= asked.at_least
    )
    high = asked.at_most is None or (
        given.at_most is not None and given.at_most <= asked.at_most
    )
    return low and high


def _ranged(test: FieldTest) -> bool:
    return test.at_least is not None or test.at_most is not None


def _empty_range(test: FieldTest) -> bool:
    low, high = test.at_least, test.at_most
    return low is not None and high is not None and low > high


def _within(words: tuple[Word, ...], others: tuple[Word, ...]) -> bool:
    """`1` is not `True` here."""
    known = {(type(word) is bool, word) for word in others}
    return all((type(word) is bool, word) in known for word in words)
