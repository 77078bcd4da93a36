"""What is not published, laid over what is: a world to try things out in.

Checked as if it were published; nothing of it is kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from domain.bundle import Bundle, laid_over
from domain.config import Configuration, PolicyPublished
from domain.config_warnings import ConfigWarning
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan
from domain.world import World


@dataclass(frozen=True, kw_only=True)
class Trial:
    world: World
    warnings: tuple[ConfigWarning, ...]


def overlaid(
    draft: Bundle, config: Configuration, book: OnCallBook, at: datetime
) -> Trial:
    """Raises InvalidError that points to `/<kind>/<name>/…`. A schedule of the draft is
    in force at all times, past ones too.
    """
    config, facts = laid_over(draft, config, at, anew=True)
    warnings = [warning for fact in facts for warning in _warnings(fact)]
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
