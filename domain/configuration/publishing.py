"""Publishing and retiring what ops configure: the next version of a document, checked
whole, and all that it names must exist.
"""

import hashlib
import json
from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from domain.access import is_ours
from domain.calendar.calendar import ALWAYS
from domain.calendar.document import calendar_form
from domain.calendar.holiday_sources import Expansion
from domain.configuration.configuration import Configuration, Published, published
from domain.configuration.facts import PERSONAL_OF_AGENTS, PolicyPublished
from domain.configuration.lint.findings import findings
from domain.configuration.lint.no_sla import unpromised_elsewhere
from domain.configuration.lint.people import circle_faults
from domain.documents.kinds import SINGULAR, Kind
from domain.errors import (
    DuplicateError,
    FieldError,
    InvalidError,
    UnknownNameError,
)
from domain.event import Json, PolicyRef
from domain.oncall.schedule_lint import inactive_warnings, schedule_warnings
from domain.oncall.shift_people import people_of
from domain.oncall.shift_sources import ShiftExpansion, placed
from domain.own_words import folded
from domain.people.contact import preferences_advice


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A document as somebody hands it in. `expansion`: what it has of others, looked
    up: of a calendar the dates of its holidays, of a schedule what its texts say.
    """

    kind: Kind
    name: str
    document: Json
    expansion: Expansion | ShiftExpansion | None = None


def publish(
    config: Configuration,
    kind: Kind,
    name: str,
    document: Json,
    expansion: Expansion | ShiftExpansion | None = None,
    at: datetime | None = None,
) -> PolicyPublished:
    """The next version. Raises InvalidError for what is wrong in the document,
    and for every team, agent, calendar or policy that it names and that is not there.
    `expansion` as of `Written`; from `at` on a schedule's hours without anybody are
    looked for.
    """
    written = Submission(kind=kind, name=name, document=document, expansion=expansion)
    config, fact = next_version(config, written, at)
    return with_warnings(config, fact, at)


def next_version(
    config: Configuration,
    written: Submission,
    at: datetime | None,
    coming: Container[tuple[Kind, str]] = (),
) -> tuple[Configuration, PolicyPublished]:
    """As `publish`, without what `with_warnings` adds: the configuration with it in
    force, and the fact. Others may be `coming` with it, which it may name.
    """
    kind, name, document = written.kind, written.name, written.document
    expansion = written.expansion
    fact = PolicyPublished(
        kind=kind,
        name=name,
        version=len(config.entry(kind, name).versions) + 1,
        sha256=_sha256(document),
        document=document,
        personal=PERSONAL_OF_AGENTS if kind == "agents" else (),
    )
    made = published(fact)
    errors = [*_alike(config, kind, name), *_missing(config, made, coming)]
    if kind == "agents" and is_ours(name):
        errors.append(FieldError("name", f"{name!r} is what Pledge calls itself"))
    try:
        if kind == "schedules":
            fact = _with_schedule(config, fact, _of_shifts(document, expansion), at)
            made = published(fact)
        elif kind == "calendars":
            fact = _with_dates(fact, _of_dates(document, expansion))
            made = published(fact)
        else:
            made.reading.finished()
    except InvalidError as error:
        errors.extend(error.errors)
    if errors:
        raise InvalidError(errors)
    return config.having(made), fact


def with_warnings(
    config: Configuration,
    fact: PolicyPublished,
    at: datetime | None,
    escalation_policies: Container[str] = (),
) -> PolicyPublished:
    """With what is probably unintended in it, `config` being as it is with this version
    in force, and these `ladders` published with it. Raises InvalidError for managers
    who go round in a circle.
    """
    if fact.kind == "agents":
        circle = [*circle_faults(config.directory.agents, fact.name)]
        if circle:
            raise InvalidError(circle)
    made = config.entry(fact.kind, fact.name).versions[-1]
    around, new = config.lint_context(at), fact.version == 1
    found = [*findings(made, around, new=new, said=escalation_policies)]
    if fact.kind == "agents":
        found = [*preferences_advice(made.preferences), *found]
    if fact.kind == "sla-policies":
        found += unpromised_elsewhere(config.sla_policies, config.unpromised)
    return replace(fact, warnings=(*fact.warnings, *found))


def _sha256(document: Json) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _with_dates(fact: PolicyPublished, expansion: Expansion) -> PolicyPublished:
    if fact.name == ALWAYS:
        raise InvalidError.at("name", "`always` is open round the clock as is")
    calendar = expansion.calendar()
    form = calendar_form(calendar)
    return replace(
        fact,
        # Of what is counted by: the words may stay and the holidays change.
        sha256=_sha256(form),
        resolved=form,
        warnings=tuple(expansion.advice(calendar)),
    )


def _of_dates(document: Json, found: Expansion | ShiftExpansion | None) -> Expansion:
    return found if isinstance(found, Expansion) else Expansion(document=document)


def _of_shifts(
    document: Json, found: Expansion | ShiftExpansion | None
) -> ShiftExpansion:
    if isinstance(found, ShiftExpansion):
        return found
    return ShiftExpansion(document=document, found={})


def _with_schedule(
    config: Configuration,
    fact: PolicyPublished,
    expansion: ShiftExpansion,
    at: datetime | None,
) -> PolicyPublished:
    """Raises InvalidError. That somebody is not known is an error, said elsewhere."""
    ref = PolicyRef(name=fact.name, version=fact.version, sha256=fact.sha256)
    schedule, resolved = expansion.schedule(ref, people_of(config.agents))
    agents = config.directory.agents
    inactive = {name for name, agent in agents.items() if not agent.active}
    ahead = schedule_warnings(schedule, agents, at) if at is not None else ()
    advice = placed((*inactive_warnings(schedule, inactive), *ahead), fact.document)
    return replace(
        fact,
        # Of what is counted by: the words may stay and the shifts change.
        sha256=fact.sha256 if resolved is None else _sha256(resolved),
        resolved=resolved,
        warnings=(*expansion.warnings, *advice),
    )


def unchanged(config: Configuration, written: Submission) -> bool:
    """The same words as now, and the same dates or shifts behind them."""
    now = config.entry(written.kind, written.name).current
    if now is None or (
        now.document != written.document
        and config.normal(written.kind, now.document) != written.document
    ):
        return False
    match expansion := written.expansion:
        case Expansion():
            return now.calendar == expansion.calendar()
        case ShiftExpansion():
            return now.resolved == expansion.resolved(people_of(config.agents))
        case None:
            return True


def _alike(config: Configuration, kind: Kind, name: str) -> Iterator[FieldError]:
    """Two names that differ in case or width only could not be told apart."""
    if config.entry(kind, name).versions:
        return
    for other in config.current(kind):
        if folded(other.name) == folded(name):
            message = f"there is {other.name!r} already, which reads like {name!r}"
            yield DuplicateError("name", message)


def _missing(
    config: Configuration, made: Published, coming: Container[tuple[Kind, str]]
) -> Iterator[FieldError]:
    itself = made.kind, made.name
    for pointer, kind, name in made.reading.references:
        if (kind, name) == itself or (kind, name) in coming:
            continue
        if config.entry(kind, name).current is None:
            known = [other.name for other in config.current(kind)]
            yield UnknownNameError.of(pointer, SINGULAR[kind], name, known)
