"""What is not published, laid over what is: a world to try things out in.

Checked as if it were published, document by document in an order in which each names
only what came before; nothing of it is kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.config import Configuration, PolicyPublished
from domain.config_kinds import ORDER, Kind
from domain.config_warnings import ConfigWarning
from domain.errors import FieldError, InvalidError
from domain.event import Json
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan
from domain.oncall.shift_sources import ShiftExpansion
from domain.publishing import publish
from domain.sla.calendar_sources import Expansion
from domain.world import World

Named = tuple[Kind, str]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`expansions`: what its calendars and schedules have of others, looked up."""

    documents: Mapping[Named, Json]
    expansions: Mapping[Named, Expansion | ShiftExpansion]

    def in_order(self) -> Iterable[tuple[Kind, str, Json]]:
        """Of one kind as they were written."""
        found = sorted(self.documents, key=lambda named: ORDER.index(named[0]))
        return ((kind, name, self.documents[kind, name]) for kind, name in found)


@dataclass(frozen=True, kw_only=True)
class Trial:
    world: World
    warnings: tuple[ConfigWarning, ...]


def overlaid(
    draft: Draft, config: Configuration, book: OnCallBook, at: datetime
) -> Trial:
    """Raises InvalidError that points to `/<kind>/<name>/…`. A schedule of the draft is
    in force at all times, past ones too.
    """
    errors: list[FieldError] = []
    warnings: list[ConfigWarning] = []
    for kind, name, document in draft.in_order():
        expansion = draft.expansions.get((kind, name))
        try:
            fact = publish(config, kind, name, document, expansion, at)
        except InvalidError as error:
            errors += error.under(f"/{kind}/{name}").errors
            continue
        config = config.having(fact)
        warnings += _warnings(fact)
    if errors:
        raise InvalidError(errors)
    names = [name for kind, name in draft.documents if kind == "schedules"]
    world = World(
        config=config,
        directory=config.directory,
        oncall=_on_call(names, config, book),
    )
    return Trial(world=world, warnings=tuple(warnings))


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


def _on_call(
    names: Sequence[str], config: Configuration, book: OnCallBook
) -> OnCallBook:
    """With the overrides that were made for the schedule as it was."""
    plans = dict(book.plans)
    for name in names:
        published = config.entry("schedules", name).current
        assert published is not None, "it has just been laid over"
        changes = plans[name].changes if name in plans else ()
        plans[name] = Plan.of(published.schedule, changes=changes)
    return replace(book, plans=plans)
