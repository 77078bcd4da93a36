"""What is not published, laid over what is: a world to try things out in.

Checked as if it were published; nothing of it is kept.
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
    """Two worlds: as it is published now, and with the draft over it. `anew`: teams
    that the draft changes, or people of theirs.
    """

    published: World
    draft: World
    anew: frozenset[str]
    warnings: tuple[ConfigWarning, ...]


def with_draft(
    draft: Bundle, config: Configuration, book: OnCallBook, at: datetime
) -> Trial:
    """Raises InvalidError that points to `/<kind>/<name>/…`. Everything is in force at
    all times, past ones too; of schedules also the overrides and leaves that there
    were.
    """
    changed, facts = overlaid_with(draft, config, at)
    published = _world(config, book)
    if not facts:
        return Trial(
            published=published, draft=published, anew=frozenset(), warnings=()
        )
    made = _world(changed, book)
    return Trial(
        published=published,
        draft=made,
        anew=frozenset(_anew(published.directory, made.directory)),
        warnings=tuple(warning for fact in facts for warning in _warnings(fact)),
    )


def _world(config: Configuration, book: OnCallBook) -> World:
    return World(
        config=config, directory=config.directory, oncall=_on_call(config, book)
    )


def _anew(before: Directory, after: Directory) -> Iterable[str]:
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
    """With the overrides that were made for the schedules as they were."""
    plans = dict(book.plans)
    for published in config.current("schedules"):
        known = plans.get(published.name)
        changes = known.changes if known else ()
        plans[published.name] = Plan.of(published.schedule, changes=changes)
    return replace(book, plans=plans)
