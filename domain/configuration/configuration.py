"""Everything that ops configured: every version of every policy, team and agent,
folded.

A published version never changes; a ticket pins the version it was attached to.
Publishing is in `publishing`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TypeVar

from domain.authority.limits import Authority
from domain.calendar.calendar import Calendar
from domain.calendar.document import parse_calendar
from domain.configuration.facts import (
    PERSONAL_OF_AGENTS,
    PolicyPublished,
    PolicyRetired,
)
from domain.configuration.lint.context import LintContext, UrlRefusal, Words
from domain.configuration.reading import Reading, read
from domain.documents.kinds import SINGULAR, Kind
from domain.documents.reader import Reader
from domain.errors import FieldError, NotFoundError
from domain.escalation.policy import EscalationPolicy
from domain.event import Event, Json, PolicyRef
from domain.lifecycle.macro import Macro
from domain.oncall.book import OnCallBook
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule
from domain.oncall.schedule_form import parse_schedule
from domain.oncall.schedule_lint import (
    gap_warnings,
)
from domain.people.contact import Preferences
from domain.people.directory import Agent, Directory, Team, read_agent
from domain.personal import ERASED
from domain.privacy.facts import SUBJECTS, SubjectErased, agent_of
from domain.sla.policy import SlaPolicy

T = TypeVar("T")
EPOCH = datetime.fromtimestamp(0, UTC)
Normal = Callable[[Kind, Json], Json]
"""A document with every default written out, so that equal meanings are equal."""


def as_written(_: Kind, document: Json) -> Json:
    return document


@dataclass(frozen=True, kw_only=True)
class Published:
    kind: Kind
    name: str
    version: int
    sha256: str
    document: Json
    published_at: datetime
    published_by: str
    resolved: Json | None = None
    warnings: tuple[FieldError, ...] = ()

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(name=self.name, version=self.version, sha256=self.sha256)

    @cached_property
    def calendar(self) -> Calendar:
        return parse_calendar(self.resolved or self.document)

    @cached_property
    def reading(self) -> Reading:
        return read(self.kind, self.ref, self.document)

    @cached_property
    def sla_policy(self) -> SlaPolicy:
        return self._meaning(SlaPolicy)

    @cached_property
    def macro(self) -> Macro:
        return self._meaning(Macro)

    @cached_property
    def escalation_policy(self) -> EscalationPolicy:
        return self._meaning(EscalationPolicy)

    @cached_property
    def team(self) -> Team:
        return self._meaning(Team)

    @cached_property
    def authority(self) -> Authority:
        return self._meaning(Authority)

    @cached_property
    def preferences(self) -> Preferences:
        return self._meaning(Preferences)

    @cached_property
    def agent(self) -> Agent:
        """There is one although the `preferences` may be from before their rules."""
        return read_agent(self.name, Reader(self.document))

    def _meaning(self, expected: type[T]) -> T:
        found = self.reading.finished()
        assert isinstance(found, expected)
        return found

    @cached_property
    def schedule(self) -> Schedule:
        return parse_schedule(self.ref, self.resolved or self.document)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One name of one kind, with all its versions. `stream_version` is its ETag.
    `retired_at`, `retired_by`: if it is retired now.
    """

    versions: tuple[Published, ...] = ()
    retired: bool = False
    stream_version: int = 0
    retired_at: datetime | None = None
    retired_by: str | None = None

    @property
    def current(self) -> Published | None:
        return None if self.retired or not self.versions else self.versions[-1]


NEVER_PUBLISHED = Entry()


@dataclass(frozen=True)
class Configuration:
    """`chat_targets`: names of those that the operator set up; None: not known here.
    `url_refusal`: why no request ever goes to a URL; None: not known here.
    `used_words`: by field, the words that tickets have had; None: not known here.
    `mail`: whether a mail server is set up; None: not known here. `unpromised`: how
    many open tickets of each type have no promise, if that was counted. `normal`: how
    published documents are compared, which may lack later defaults.
    `personal_attributes`: the attributes of tickets that are personal data.
    """

    entries: dict[tuple[Kind, str], Entry] = field(default_factory=dict)
    chat_targets: frozenset[str] | None = None
    url_refusal: UrlRefusal | None = None
    used_words: Words | None = None
    mail: bool | None = None
    unpromised: Mapping[str, int] = field(default_factory=dict)
    normal: Normal = as_written
    personal_attributes: tuple[str, ...] = ()

    def entry(self, kind: Kind, name: str) -> Entry:
        return self.entries.get((kind, name), NEVER_PUBLISHED)

    @cached_property
    def revision(self) -> int:
        """How many documents were published or retired."""
        return sum(entry.stream_version for entry in self.entries.values())

    def current(self, kind: Kind) -> Iterator[Published]:
        """In the order of their names."""
        for (found, _), entry in sorted(self.entries.items()):
            if found == kind and entry.current is not None:
                yield entry.current

    def retired(self, kind: Kind) -> Iterator[Published]:
        """The last version of each retired document, in the order of their names."""
        for (found, _), entry in sorted(self.entries.items()):
            if found == kind and entry.retired and entry.versions:
                yield entry.versions[-1]

    @cached_property
    def sla_policies(self) -> tuple[SlaPolicy, ...]:
        """In the order in which they are evaluated."""
        policies = [p.sla_policy for p in self.current("sla-policies")]
        return tuple(sorted(policies, key=lambda p: (p.order, p.ref.name)))

    def sla_policy(self, name: str, version: int) -> SlaPolicy:
        return self._version("sla-policies", name, version).sla_policy

    def calendar(self, name: str, version: int) -> Calendar:
        return self._version("calendars", name, version).calendar

    def macro(self, name: str) -> Macro:
        """The last version, also if retired: a pinned escalation policy may still run
        it.
        """
        versions = self.entry("macros", name).versions
        if not versions:
            raise NotFoundError("macro", name)
        return versions[-1].macro

    @cached_property
    def escalation_policies(self) -> dict[str, EscalationPolicy]:
        """The current version of each, by name."""
        current = self.current("escalation-policies")
        return {p.name: p.escalation_policy for p in current}

    @cached_property
    def directory(self) -> Directory:
        """People and teams, without their loads."""
        agents: dict[str, Agent] = {}
        teams: dict[str, Team] = {}
        for p in self.current("agents"):
            agents[p.name] = p.agent
        for p in self.current("teams"):
            teams[p.name] = p.team
        return Directory(agents=agents, teams=teams)

    def having(self, made: Published) -> "Configuration":
        """As it would be with this in force."""
        entry = self.entry(made.kind, made.name)
        versions = replace(entry, versions=(*entry.versions, made), retired=False)
        entries = {**self.entries, (made.kind, made.name): versions}
        return replace(self, entries=entries)

    def without(self, names: Iterable[tuple[Kind, str]]) -> "Configuration":
        """The configuration with these retired."""
        gone = {named: replace(self.entry(*named), retired=True) for named in names}
        return replace(self, entries={**self.entries, **gone})

    def lint_context(
        self, at: datetime | None = None, book: OnCallBook | None = None
    ) -> LintContext:
        """Searches for hours that nobody covers from `at` on, by the `book` with its
        overrides and leaves if there is one.
        """

        @cache
        def plan(name: str) -> Plan | None:
            found = self.entry("schedules", name).current
            if found is None:
                return None
            known = book is not None and name in book.plans
            return book.plan(name) if book and known else Plan.of(found.schedule)

        @cache
        def gaps(name: str) -> tuple[FieldError, ...]:
            found = plan(name)
            return tuple(gap_warnings(found, at)) if found and at else ()

        return LintContext(
            directory=self.directory,
            preferences=self._preferences,
            sla_policies=self.sla_policies,
            escalation_policies=self.escalation_policies,
            plan=plan,
            gaps=gaps,
            chat_targets=self.chat_targets,
            url_refusal=self.url_refusal,
            used_words=self.used_words,
            given_words=self._given_words,
            mail=self.mail,
            unpromised=self.unpromised,
        )

    def _preferences(self, agent: str) -> Preferences:
        """Empty ones of a document from before today's rules for them."""
        found = self.entry("agents", agent).current
        sound = found is not None and not found.reading.errors
        return found.preferences if found and sound else Preferences(name=agent)

    @cached_property
    def _given_words(self) -> Words:
        """By field, the words that macros set on tickets."""
        found: dict[str, set[str]] = {}
        for macro in (p.macro for p in self.current("macros")):
            found.setdefault("tags", set()).update(macro.add_tags)
            found.setdefault("attributes", set()).update(macro.attributes)
            for name, word in {**macro.fields, "tier": macro.tier}.items():
                if word is not None:
                    found.setdefault(name, set()).add(str(word))
        return {name: frozenset(words) for name, words in found.items()}

    @cached_property
    def agents(self) -> dict[str, Json]:
        """The current document of each, by name."""
        return {p.name: p.document for p in self.current("agents")}

    @cached_property
    def authorities(self) -> dict[str, Authority]:
        """The current version of each, by role."""
        current = self.current("authorities")
        return {p.name: p.authority for p in current}

    def _version(self, kind: Kind, name: str, version: int) -> Published:
        for published in self.entry(kind, name).versions:
            if published.version == version:
                return published
        raise NotFoundError(SINGULAR[kind], f"{name}@{version}")


def fold_config(
    events: Iterable[Event], start: Configuration | None = None
) -> Configuration:
    entries = dict(start.entries) if start else {}
    for event in events:
        fact = event.fact
        if isinstance(fact, PolicyPublished):
            entry = entries.get((fact.kind, fact.name), Entry())
            made = published(fact, event.timestamp, event.meta.actor.id)
            entries[fact.kind, fact.name] = Entry(
                versions=(*entry.versions, made),
                stream_version=event.originator_version,
            )
        elif isinstance(fact, PolicyRetired):
            entry = entries.get((fact.kind, fact.name), Entry())
            entries[fact.kind, fact.name] = replace(
                entry,
                retired=True,
                stream_version=event.originator_version,
                retired_at=event.timestamp,
                retired_by=event.meta.actor.id,
            )
        elif isinstance(fact, SubjectErased) and (agent := _agent(event)):
            entry = entries.get(("agents", agent), Entry())
            entries["agents", agent] = _erased(entry)
    return replace(start or Configuration(), entries=entries)


def _agent(event: Event) -> str | None:
    return agent_of(event.originator_id.removeprefix(SUBJECTS))


def _erased(entry: Entry) -> Entry:
    """What is known of an agent, without what was erased."""
    versions = tuple(
        replace(made, document=_without(made.document)) for made in entry.versions
    )
    return replace(entry, versions=versions)


def _without(document: Json) -> Json:
    names = document.keys() & set(PERSONAL_OF_AGENTS)
    return document | dict.fromkeys(names, ERASED)


def published(fact: PolicyPublished, at: datetime = EPOCH, by: str = "") -> Published:
    return Published(
        kind=fact.kind,
        name=fact.name,
        version=fact.version,
        sha256=fact.sha256,
        document=fact.document,
        published_at=at,
        published_by=by,
        resolved=fact.resolved,
        warnings=fact.warnings,
    )


def config_stream(kind: Kind, name: str) -> str:
    return f"{kind}/{name}"
