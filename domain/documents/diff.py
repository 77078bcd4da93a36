"""What differs between two documents, by JSON pointer (RFC 6901)."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from domain.documents.fields import below

Op = Literal["add", "remove", "replace"]


@dataclass(frozen=True, kw_only=True)
class Difference:
    """`before` is None where it was added, `after` where it was removed."""

    op: Op
    pointer: str
    before: Any = None
    after: Any = None


def differences(before: Any, after: Any, pointer: str = "") -> Iterator[Difference]:
    """In the order of the pointers, but for what a list lost at its end, the last of it
    first: so they can be applied one after the other. Lists of plain values differ as a
    whole: who is in a team is read as one thing.
    """
    if isinstance(before, dict) and isinstance(after, dict):
        yield from _members(before, after, pointer)
    elif _structured(before) and _structured(after):
        yield from _elements(before, after, pointer)
    elif not _same(before, after):
        yield Difference(op="replace", pointer=pointer, before=before, after=after)


def _members(
    before: dict[Any, Any], after: dict[Any, Any], pointer: str
) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        where = below(pointer, str(key))
        if key not in before:
            yield Difference(op="add", pointer=where, after=after[key])
        elif key not in after:
            yield Difference(op="remove", pointer=where, before=before[key])
        else:
            yield from differences(before[key], after[key], where)


def _elements(
    before: list[Any], after: list[Any], pointer: str
) -> Iterator[Difference]:
    for i, (was, became) in enumerate(zip(before, after, strict=False)):
        yield from differences(was, became, below(pointer, i))
    for i in range(len(before), len(after)):
        yield Difference(op="add", pointer=below(pointer, i), after=after[i])
    for i in reversed(range(len(after), len(before))):
        yield Difference(op="remove", pointer=below(pointer, i), before=before[i])


def _same(before: Any, after: Any) -> bool:
    """In Python 1 == True, also inside of lists."""
    if isinstance(before, str) or before is None:
        return bool(before == after)
    return json.dumps(before) == json.dumps(after)


def _structured(value: Any) -> bool:
    """A list with documents in it."""
    return isinstance(value, list) and any(isinstance(v, dict | list) for v in value)
