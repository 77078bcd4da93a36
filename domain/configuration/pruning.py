"""Retires what a bundle does not name, of the kinds that it names.

A document that another one still names, or a person who is on call, is not retired: the
whole bundle is refused, with the names.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from domain.configuration.configuration import Configuration
from domain.configuration.facts import PolicyRetired
from domain.configuration.retiring import hours_left
from domain.documents.kinds import ORDER, SINGULAR, Kind
from domain.errors import RuleError
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan

Named = tuple[Kind, str]


def pruned(
    config: Configuration,
    kinds: Collection[Kind],
    kept: Collection[Named],
    book: OnCallBook,
    at: datetime,
) -> tuple[PolicyRetired, ...]:
    """`config`: with the bundle in force. A document is retired before those that it
    names. Raises RuleError that says for each what is in use, and by what.
    """
    gone = [n for n in beside(config, kinds, kept) if config.entry(*n).current]
    if not gone:
        return ()
    after = config.without(gone)
    if in_use := [*_in_use(after, gone, _as_after(after, book), at)]:
        hint = "name it in the bundle, or take it out of what names it"
        raise RuleError(f"{'; '.join(in_use)}: {hint}")
    return tuple(PolicyRetired(kind=kind, name=name) for kind, name in gone)


def beside(
    config: Configuration, kinds: Collection[Kind], kept: Collection[Named]
) -> list[Named]:
    """Documents of these kinds, current or past, that are not kept; users first."""
    found = [n for n in config.entries if n[0] in kinds and n not in kept]
    return sorted(found, key=lambda named: (-ORDER.index(named[0]), named[1]))


def _in_use(
    after: Configuration, gone: Collection[Named], book: OnCallBook, at: datetime
) -> Iterator[str]:
    named = {*gone}
    for user_kind in ORDER:
        for user in after.current(user_kind):
            for pointer, kind, name in user.reading.references:
                if (kind, name) in named:
                    by = f"{SINGULAR[user_kind]} {user.name} names it at {pointer}"
                    yield f"{SINGULAR[kind]} {name} is in use: {by}"
    for kind, name in gone:
        for fault in hours_left(kind, name, book, at):
            yield f"{SINGULAR[kind]} {name} is in use: {fault.message}"


def _as_after(after: Configuration, book: OnCallBook) -> OnCallBook:
    """By the schedules that stay, with their overrides. Only the people named in
    documents matter, so no weeks ahead are computed; overrides and calendar texts are
    left out.
    """
    plans = dict[str, Plan]()
    for published in after.current("schedules"):
        known = book.plans.get(published.name)
        changes = known.changes if known else ()
        if not changes and published.resolved is None:
            continue
        plans[published.name] = Plan.of(published.schedule, changes=changes)
    return replace(book, plans=plans)
