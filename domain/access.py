"""Who may do what, and in whose name: holders, roles, permissions, API keys.

A key is known by the SHA-256 of its 240 random bits; the key itself is shown once and
kept nowhere. Creating and revoking keys are events like everything else.
"""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias, get_args

from domain.errors import ActingError
from domain.event import OURS, Actor, Event, Fact

Role = Literal["admin", "ops", "agent", "product", "auditor"]
ROLES: tuple[Role, ...] = get_args(Role)
Permission = Literal[
    "tickets:read",
    "tickets:write",
    "breaches:excuse",
    "config:read",
    "config:write",
    "events:read",
    "subscriptions:read",
    "subscriptions:write",
    "every_subscription:read",
    "keys:manage",
    "shifts:swap",
    "metrics:read",
    "audit:read",
    "audit:export",
    "personal:read",
    "personal:reveal",
    "personal:erase",
]
PERMISSIONS: tuple[Permission, ...] = get_args(Permission)

GRANTS: dict[Role, frozenset[Permission]] = {
    "admin": frozenset(PERMISSIONS),
    "ops": frozenset(
        {
            "tickets:read",
            "tickets:write",
            "breaches:excuse",
            "config:read",
            "config:write",
            "events:read",
            "subscriptions:read",
            "subscriptions:write",
            "every_subscription:read",
            "metrics:read",
            "personal:reveal",
            "shifts:swap",
        }
    ),
    "agent": frozenset(
        {"tickets:read", "tickets:write", "config:read", "personal:read", "shifts:swap"}
    ),
    "product": frozenset(
        {
            "tickets:read",
            "events:read",
            "personal:read",
            "subscriptions:read",
            "subscriptions:write",
        }
    ),
    "auditor": frozenset(
        {
            "tickets:read",
            "config:read",
            "events:read",
            "subscriptions:read",
            "every_subscription:read",
            "metrics:read",
            "audit:read",
            "audit:export",
            "personal:reveal",
        }
    ),
}


EVERYBODY = "*"
"""In `acts_for`: every agent there is."""


@dataclass(frozen=True, kw_only=True)
class KeyCreated(Fact):
    """`agent`: the key's owner; it acts as that agent and nobody else. `acts_for`: for
    a service, the agents in whose name it may act; `EVERYBODY` = any of them.
    `scopes`: the permissions of the role that the key has; None = all of them.
    """

    topic: ClassVar[str] = "key.created"
    key_id: str
    name: str
    role: Role
    sha256: str
    agent: str | None = None
    acts_for: tuple[str, ...] = ()
    expires_at: datetime | None = None
    scopes: tuple[Permission, ...] | None = None

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.role, self.scopes)


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Fact):
    topic: ClassVar[str] = "key.revoked"
    key_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookSecretRead(Fact):
    """The secret that signs messages to this agent's webhook was shown to somebody."""

    topic: ClassVar[str] = "agent.webhook_secret_read"
    agent: str
    secret_version: int


def permissions_of(
    role: Role, scopes: tuple[Permission, ...] | None
) -> frozenset[Permission]:
    granted = GRANTS[role]
    return granted if scopes is None else granted & frozenset(scopes)


@dataclass(frozen=True, kw_only=True)
class SessionStarted(Fact):
    """A browser was signed in for this holder: with the role and as the agent that
    their key has, or that the claims of their token were mapped to.
    """

    topic: ClassVar[str] = "session.started"
    holder: str
    role: Role
    agent: str | None
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class Holder:
    """Who makes a request: the holder of an API key, or whoever an identity provider
    vouches for. `id`: what the log names as the key of the request. `proof`: what they
    hold, for sentences that go on with their name.
    """

    proof: ClassVar[str] = "the key"
    id: str
    name: str
    role: Role
    agent: str | None = None
    acts_for: tuple[str, ...] = ()
    scopes: tuple[Permission, ...] | None = None
    expires_at: datetime | None = None
    revoked: bool = False

    @property
    def permissions(self) -> frozenset[Permission]:
        if self.revoked:
            return frozenset()
        return permissions_of(self.role, self.scopes)

    @property
    def called(self) -> str:
        """In a sentence."""
        return f"{self.proof} {self.name!r}"

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def lacks(self, permission: Permission) -> str:
        """Why not, in words."""
        if permission in GRANTS[self.role]:
            return f"{self.called} has no scope {permission}"
        return f"the role {self.role} lacks {permission}"

    def expired(self, at: datetime) -> bool:
        return self.expires_at is not None and at >= self.expires_at

    @property
    def own(self) -> Actor:
        """The holder, if they act for nobody else."""
        if self.agent is not None:
            return Actor(id=self.agent, kind="agent")
        return Actor(id=self.name, kind="user")

    def acting_for(self, agent: str | None) -> Actor:
        """The holder as this agent; None: as themselves. Raises ActingError."""
        if agent is None or agent == self.agent:
            return self.own
        if self.agent is not None:
            raise ActingError(f"{self.called} acts as {self.agent!r}", agent)
        if agent not in self.acts_for and EVERYBODY not in self.acts_for:
            whom = ", ".join(map(repr, self.acts_for)) or "nobody"
            raise ActingError(f"{self.called} acts for {whom}", agent)
        return replace(self.own, on_behalf_of=agent)


@dataclass(frozen=True, kw_only=True)
class ApiKey(Holder):
    sha256: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True)
class Keys:
    by_id: dict[str, ApiKey] = field(default_factory=dict)

    def find(self, sha256: str) -> ApiKey | None:
        """The unrevoked key with this hash."""
        return next(
            (k for k in self.by_id.values() if k.sha256 == sha256 and not k.revoked),
            None,
        )

    def revoked(self, sha256: str) -> ApiKey | None:
        """The revoked key with this hash."""
        return next(
            (k for k in self.by_id.values() if k.sha256 == sha256 and k.revoked), None
        )

    def named(self, name: str) -> ApiKey | None:
        """The unrevoked key with a similar name."""
        wanted = read_alike(name)
        return next(
            (
                k
                for k in self.by_id.values()
                if not k.revoked and read_alike(k.name) == wanted
            ),
            None,
        )


def read_alike(name: str) -> str:
    """The same for names that people cannot distinguish: in other case, width, or
    form.
    """
    return unicodedata.normalize("NFKC", name).casefold().strip()


_OURS = frozenset(map(read_alike, OURS))


def is_ours(name: str) -> bool:
    """Whether it resembles the name of Pledge itself in the log."""
    return read_alike(name) in _OURS


def key_stream(key_id: str) -> str:
    return f"keys/{key_id}"


def session_stream(holder_id: str) -> str:
    return f"sessions/{holder_id}"


def secret_stream(agent: str) -> str:
    return f"webhook-secrets/{agent}"


def fold_keys(events: Iterable[Event], start: Keys | None = None) -> Keys:
    by_id = dict(start.by_id) if start else {}
    for event in events:
        match event.fact:
            case KeyCreated() as made:
                by_id[made.key_id] = ApiKey(
                    id=made.key_id,
                    name=made.name,
                    role=made.role,
                    sha256=made.sha256,
                    created_at=event.timestamp,
                    created_by=event.meta.actor.person,
                    agent=made.agent,
                    acts_for=made.acts_for,
                    expires_at=made.expires_at,
                    scopes=made.scopes,
                )
            case KeyRevoked() as gone:
                by_id[gone.key_id] = replace(by_id[gone.key_id], revoked=True)
            case _:
                pass
    return Keys(by_id)


AccessFact: TypeAlias = KeyCreated | KeyRevoked | SessionStarted | WebhookSecretRead
