"""Retiring configuration, and what becomes uncovered by that.

A document that others name is in use, and is retired only by force; then the answer
warns which documents name it. A document by which promises are counted is not retired
even by force while it is named: the promises would be breached without any warning.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from domain.configuration.configuration import Configuration, Published
from domain.configuration.facts import PolicyRetired
from domain.documents.kinds import ORDER, SINGULAR, Kind
from domain.errors import FieldError, NotFoundError, RuleError
from domain.event import Json
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.oncall.schedule_lint import opened_gaps
from domain.oncall.shifts import shifts

COUNTED_BY: frozenset[Kind] = frozenset({"calendars", "escalation-policies"})
WEEKS_AHEAD = 4


def retire(
    config: Configuration,
    kind: Kind,
    name: str,
    *,
    book: OnCallBook | None = None,
    at: datetime | None = None,
    force: bool = False,
) -> PolicyRetired:
    """`book`, `at`: to find the hours that it leaves uncovered. Raises NotFoundError,
    RuleError.
    """
    in_force(config, kind, name)
    found = (*uses(config, kind, name), *hours_left(kind, name, book, at))
    in_use = "; ".join(fault.message for fault in found)
    if found and kind in COUNTED_BY:
        raise RuleError(f"{SINGULAR[kind]} {name} is in use: {in_use}")
    if found and not force:
        hint = "retire it anyway with ?force=true"
        raise RuleError(f"{SINGULAR[kind]} {name} is in use: {in_use}; {hint}")
    return PolicyRetired(kind=kind, name=name, warnings=found)


def in_force(config: Configuration, kind: Kind, name: str) -> Published:
    """Raises NotFoundError; for a retired document it says how to restore it."""
    entry = config.entry(kind, name)
    if entry.current is not None:
        return entry.current
    if not entry.versions:
        raise NotFoundError(SINGULAR[kind], name)
    said = f"the {SINGULAR[kind]} {name!r} was retired"
    if entry.retired_at is not None:
        since = entry.retired_at.isoformat(timespec="seconds")
        said = f"{said} at {since} by {entry.retired_by}"
    path = f"/v1/{kind}/{quote(name, safe='')}"
    hint = f"POST {path}/restore brings it back, GET {path}/versions shows what it was"
    raise NotFoundError(SINGULAR[kind], name, f"{said}: {hint}")


def restorable(config: Configuration, kind: Kind, name: str) -> Json:
    """The document that restores it. Raises NotFoundError, RuleError."""
    entry = config.entry(kind, name)
    if not entry.versions:
        raise NotFoundError(SINGULAR[kind], name)
    if not entry.retired:
        in_force = (
            f"the {SINGULAR[kind]} {name!r} is in force: nothing is to be restored"
        )
        raise RuleError(in_force)
    last = entry.versions[-1].document
    return config.normal(kind, last)


def uses(config: Configuration, kind: Kind, name: str) -> Iterator[FieldError]:
    """The documents that name it, each once, and where first."""
    for user_kind in ORDER:
        for user in config.current(user_kind):
            if (user_kind, user.name) == (kind, name):
                continue
            where = (
                pointer
                for pointer, *named in user.reading.references
                if named == [kind, name]
            )
            if (pointer := next(where, None)) is not None:
                what = f"{SINGULAR[user_kind]} {user.name} names it at {pointer}"
                yield FieldError("", what)


def left_by(
    config: Configuration, name: str, document: Json, book: OnCallBook, at: datetime
) -> tuple[FieldError, ...]:
    """The hours that a deactivated agent leaves uncovered."""
    before = config.directory.agents.get(name)
    if document.get("active", True) is not False or before is None or not before.active:
        return ()
    found = (*uses(config, "agents", name), *hours_left("agents", name, book, at))
    return tuple(replace(fault, pointer="/active") for fault in found)


def hours_left(
    kind: Kind, name: str, book: OnCallBook | None, at: datetime | None
) -> Iterator[FieldError]:
    """For each schedule by which they are on call within weeks: who stands in, or that
    nobody does, and when.
    """
    if kind != "agents" or book is None or at is None:
        return
    end = at + timedelta(weeks=WEEKS_AHEAD)
    gone = Leave(person=name, begin=at, end=end)
    for schedule in sorted(book.plans):
        plan = book.plan(schedule)
        own = [s for s in shifts(plan, at, end) if s.person == name]
        if not own:
            continue
        count = f"{len(own)} shifts" if len(own) > 1 else "1 shift"
        message = f"{count} of the next {WEEKS_AHEAD} weeks by {schedule} go to others"
        after = replace(plan, leaves=(*plan.leaves, gone))
        gaps = [*opened_gaps(after, gone, at, schedule)]
        yield from gaps or [FieldError("", message)]
