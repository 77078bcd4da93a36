"""Unpublished documents merged over the published ones: a world for simulations.

Validated as if they were published; nothing is stored.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from domain.configuration.bundle import Bundle, overlaid_with
from domain.configuration.configuration import Configuration
from domain.configuration.facts import PolicyPublished
from domain.configuration.warnings import ConfigWarning
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan
from domain.people.directory import Directory
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class Trial:
    """Two worlds: as published now, and with the draft over it. `changed_teams`: teams
    that the draft changes, or whose members it changes.
    """

    published: World
    draft: World
    changed_teams: frozenset[str]
    warnings: tuple[ConfigWarning, ...]


def with_draft(
    draft: Bundle, config: Configuration, book: OnCallBook, at: datetime
) -> Trial:
    """Raises InvalidError that points to `/<kind>/<name>/…`. All documents apply at all
    times, past ones too; for schedules also the recorded overrides and leaves.
    """
    changed, facts = overlaid_with(draft, config, at)
    published = _world(config, book)
    if not facts:
        return Trial(
            published=published, draft=published, changed_teams=frozenset(), warnings=()
        )
    made = _world(changed, book)
    return Trial(
        published=published,
        draft=made,
        changed_teams=frozenset(_changed_teams(published.directory, made.directory)),
        warnings=tuple(warning for fact in facts for warning in _warnings(fact)),
    )


def _world(config: Configuration, book: OnCallBook) -> World:
    return World(
        config=config, directory=config.directory, oncall=_on_call(config, book)
    )


def _changed_teams(before: Directory, after: Directory) -> Iterable[str]:
    for name, team in after.teams.items():
        people = (team.lead or "", *team.members)
        same = team == before.teams.get(name) and all(
            before.agents.get(one) == after.agents.get(one) for one in people
        )
        if not same:
            yield name


def _warnings(fact: PolicyPublished) -> list[ConfigWarning]:
    return [
        ConfigWarning(
            kind=fact.kind,
            name=fact.name,
            version=fact.version,
            pointer=warning.pointer,
            message=warning.message,
        )
        for warning in fact.warnings
    ]


def _on_call(config: Configuration, book: OnCallBook) -> OnCallBook:
    """With the overrides that were made for the published schedules."""
    plans = dict(book.plans)
    for published in config.current("schedules"):
        known = plans.get(published.name)
        changes = known.changes if known else ()
        plans[published.name] = Plan.of(published.schedule, changes=changes)
    return replace(book, plans=plans)
