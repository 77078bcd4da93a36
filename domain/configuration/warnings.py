"""The same checks as when a document is published, for everything that is in force now:
a reference may have become invalid since (somebody left, a policy was retired).

Deliberately absent: the warnings of a calendar are those from when it was published,
because the holiday packages are not read again; likewise the end of the expanded series
of a schedule's texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from domain.configuration.configuration import Configuration, Published
from domain.configuration.lint.context import LintContext
from domain.configuration.lint.findings import findings
from domain.configuration.lint.no_sla import unpromised_elsewhere
from domain.documents.kinds import Kind
from domain.errors import FieldError, InvalidError
from domain.oncall.book import OnCallBook
from domain.oncall.schedule_lint import inactive_warnings, schedule_warnings
from domain.oncall.shift_sources import placed
from domain.people.contact import preferences_advice

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class ConfigWarning:
    """`pointer`: into the document of this version; empty = all of it. `name` and
    `version` None: of all documents of the kind together.
    """

    kind: Kind
    name: str | None
    version: int | None
    pointer: str
    message: str


def config_warnings(
    config: Configuration, book: OnCallBook, at: datetime
) -> Iterator[ConfigWarning]:
    """By kind, then by name. Gaps are searched for four weeks from `at` on."""
    around = config.lint_context(at, book)
    for found in unpromised_elsewhere(config.sla_policies, config.unpromised):
        yield ConfigWarning(
            kind="sla-policies",
            name=None,
            version=None,
            pointer="",
            message=found.message,
        )
    for kind in KINDS:
        for published in config.current(kind):
            for found in _of(config, published, around, at):
                yield ConfigWarning(
                    kind=kind,
                    name=published.name,
                    version=published.version,
                    pointer=found.pointer,
                    message=found.message,
                )


def _of(
    config: Configuration, published: Published, around: LintContext, at: datetime
) -> Iterator[FieldError]:
    kind, name = published.kind, published.name
    if kind == "calendars":
        yield from published.warnings
    elif kind == "agents":
        try:
            yield from preferences_advice(published.preferences)
        except InvalidError as error:  # published when less was asked
            yield from error.errors
    elif kind == "schedules":
        agents, plan = config.directory.agents, around.plan(name)
        gone = {person for person, agent in agents.items() if not agent.active}
        advice = (
            *inactive_warnings(published.schedule, gone),
            *schedule_warnings(published.schedule, agents, at, plan=plan),
        )
        yield from placed(advice, published.document)
    # A first version may be long unused by now.
    yield from findings(published, around, new=False, said=around.escalation_policies)
