"""What ops configured: every version of every policy, team and agent, folded.

A published version never changes; a ticket pins the version it was attached to. A
document is checked whole before it is published, and what it names must exist.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import ClassVar, Literal, get_args

from domain.assignment import Agent, Directory, Team, parse_agent, parse_team
from domain.errors import FieldError, InvalidError, NotFoundError, RuleError
from domain.escalation.policy import EscalationPolicy, parse_escalation_policy
from domain.event import Event, Fact, Json, PolicyRef
from domain.sla.policy import SlaPolicy, parse_sla_policy

Kind = Literal["sla-policies", "escalation-policies", "teams", "agents"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, kw_only=True)
class PolicyPublished(Fact):
    topic: ClassVar[str] = "policy.published"
    kind: Kind
    name: str
    version: int
    sha256: str
    document: Json


@dataclass(frozen=True, kw_only=True)
class PolicyRetired(Fact):
    topic: ClassVar[str] = "policy.retired"
    kind: Kind
    name: str


@dataclass(frozen=True, kw_only=True)
class Published:
    kind: Kind
    name: str
    version: int
    sha256: str
    document: Json
    published_at: datetime
    published_by: str

    @property
    def ref(self) -> PolicyRef:
        return PolicyRef(name=self.name, version=self.version, sha256=self.sha256)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One name of one kind, with all that it ever was. `stream_version` is its ETag."""

    versions: tuple[Published, ...] = ()
    retired: bool = False
    stream_version: int = 0

    @property
    def current(self) -> Published | None:
        return None if self.retired or not self.versions else self.versions[-1]


@dataclass(frozen=True)
class Configuration:
    entries: dict[tuple[Kind, str], Entry] = field(default_factory=dict)

    def entry(self, kind: Kind, name: str) -> Entry:
        return self.entries.get((kind, name), Entry())

    def current(self, kind: Kind) -> Iterator[Published]:
        """In the order of their names."""
        for (found, _), entry in sorted(self.entries.items()):
            if found == kind and entry.current is not None:
                yield entry.current

    @cached_property
    def sla_policies(self) -> tuple[SlaPolicy, ...]:
        """In the order in which they are asked."""
        policies = [
            parse_sla_policy(p.ref, p.document) for p in self.current("sla-policies")
        ]
        return tuple(sorted(policies, key=lambda p: (p.order, p.ref.name)))

    def sla_policy(self, name: str, version: int) -> SlaPolicy:
        found = self._version("sla-policies", name, version)
        return parse_sla_policy(found.ref, found.document)

    @cached_property
    def escalation_policies(self) -> dict[str, EscalationPolicy]:
        """The current version of each, by name."""
        current = self.current("escalation-policies")
        return {p.name: parse_escalation_policy(p.ref, p.document) for p in current}

    @cached_property
    def directory(self) -> Directory:
        """People and teams, without their loads."""
        agents: dict[str, Agent] = {}
        teams: dict[str, Team] = {}
        for p in self.current("agents"):
            agents[p.name] = parse_agent(p.name, p.document)
        for p in self.current("teams"):
            teams[p.name] = parse_team(p.name, p.document)
        return Directory(agents=agents, teams=teams)

    def _version(self, kind: Kind, name: str, version: int) -> Published:
        for published in self.entry(kind, name).versions:
            if published.version == version:
                return published
        raise NotFoundError(kind, f"{name}@{version}")


def fold_config(
    events: Iterable[Event], start: Configuration | None = None
) -> Configuration:
    entries = dict(start.entries) if start else {}
    for event in events:
        fact = event.fact
        if isinstance(fact, PolicyPublished):
            entry = entries.get((fact.kind, fact.name), Entry())
            entries[fact.kind, fact.name] = Entry(
                versions=(*entry.versions, _published(fact, event)),
                stream_version=event.originator_version,
            )
        elif isinstance(fact, PolicyRetired):
            entry = entries.get((fact.kind, fact.name), Entry())
            entries[fact.kind, fact.name] = replace(
                entry, retired=True, stream_version=event.originator_version
            )
    return Configuration(entries)


def _published(fact: PolicyPublished, event: Event) -> Published:
    return Published(
        kind=fact.kind,
        name=fact.name,
        version=fact.version,
        sha256=fact.sha256,
        document=fact.document,
        published_at=event.timestamp,
        published_by=event.meta.actor.id,
    )


def config_stream(kind: Kind, name: str) -> str:
    return f"{kind}/{name}"


def publish(
    config: Configuration, kind: Kind, name: str, document: Json
) -> PolicyPublished:
    """The next version. Raises InvalidError for what is wrong in the document,
    and for every team, agent or policy that it names and that is not there.
    """
    digest = hashlib.sha256(
        json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    ).hexdigest()
    version = len(config.entry(kind, name).versions) + 1
    errors = list(_missing(config, kind, name, document))
    ref = PolicyRef(name=name, version=version, sha256=digest)
    try:
        if kind == "sla-policies":
            parse_sla_policy(ref, document)
        elif kind == "escalation-policies":
            parse_escalation_policy(ref, document)
    except InvalidError as error:
        errors.extend(error.errors)
    if errors:
        raise InvalidError(errors)
    return PolicyPublished(
        kind=kind, name=name, version=version, sha256=digest, document=document
    )


def retire(config: Configuration, kind: Kind, name: str) -> PolicyRetired:
    """Raises RuleError while an SLA policy counts on this ladder: its promises would
    break and nobody would hear of it. (A step that names a team or an agent who is
    gone says so when it is taken.)
    """
    if config.entry(kind, name).current is None:
        raise NotFoundError(kind, name)
    if kind == "escalation-policies":
        users = [p.ref.name for p in config.sla_policies if p.escalation_policy == name]
        if users:
            raise RuleError(f"SLA policies escalate by it: {', '.join(users)}")
    return PolicyRetired(kind=kind, name=name)


def _missing(
    config: Configuration, kind: Kind, name: str, document: Json
) -> Iterator[FieldError]:
    for pointer, wanted_kind, wanted in _references(kind, document):
        itself = (wanted_kind, wanted) == (kind, name)
        if not itself and config.entry(wanted_kind, wanted).current is None:
            yield FieldError(
                pointer, f"there is no {_SINGULAR[wanted_kind]} {wanted!r}"
            )


_SINGULAR = {
    "sla-policies": "SLA policy",
    "escalation-policies": "escalation policy",
    "teams": "team",
    "agents": "agent",
}


def _references(kind: Kind, document: Json) -> Iterator[tuple[str, Kind, str]]:
    """Every name that the document uses: pointer, kind, name."""
    match kind:
        case "sla-policies":
            yield from _named(
                "/escalation_policy",
                "escalation-policies",
                document.get("escalation_policy"),
            )
        case "escalation-policies":
            steps = document.get("steps")
            for i, step in enumerate(steps if isinstance(steps, list) else []):
                yield from _step_references(f"/steps/{i}", step)
        case "teams":
            members = document.get("members")
            for i, member in enumerate(members if isinstance(members, list) else []):
                yield from _named(f"/members/{i}", "agents", member)
            yield from _named("/lead", "agents", document.get("lead"))
        case "agents":
            yield from _named("/manager", "agents", document.get("manager"))


def _step_references(pointer: str, step: object) -> Iterator[tuple[str, Kind, str]]:
    document = step if isinstance(step, dict) else {}
    reassign = document.get("reassign")
    if isinstance(reassign, dict):
        yield from _named(f"{pointer}/reassign/team", "teams", reassign.get("team"))
    targets = document.get("targets")
    for i, target in enumerate(targets if isinstance(targets, list) else []):
        if isinstance(target, dict):
            where = f"{pointer}/targets/{i}"
            yield from _named(f"{where}/team", "teams", target.get("team"))
            yield from _named(f"{where}/agent", "agents", target.get("agent"))


def _named(pointer: str, kind: Kind, name: object) -> Iterator[tuple[str, Kind, str]]:
    if isinstance(name, str):
        yield pointer, kind, name
