"""Who may do what: API keys, roles, permissions.

A key is known by the SHA-256 of its 240 random bits; the key itself is shown once and
kept nowhere. Creating and revoking keys are events like everything else.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import ClassVar, Literal, get_args

from domain.event import Event, Fact

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
    "keys:manage",
    "metrics:read",
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
            "metrics:read",
        }
    ),
    "agent": frozenset({"tickets:read", "tickets:write", "config:read"}),
    "product": frozenset(
        {"tickets:read", "events:read", "subscriptions:read", "subscriptions:write"}
    ),
    "auditor": frozenset(
        {
            "tickets:read",
            "config:read",
            "events:read",
            "subscriptions:read",
            "metrics:read",
        }
    ),
}


@dataclass(frozen=True, kw_only=True)
class KeyCreated(Fact):
    topic: ClassVar[str] = "key.created"
    key_id: str
    name: str
    role: Role
    sha256: str


@dataclass(frozen=True, kw_only=True)
class KeyRevoked(Fact):
    topic: ClassVar[str] = "key.revoked"
    key_id: str


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    id: str
    name: str
    role: Role
    sha256: str
    revoked: bool = False

    def may(self, permission: Permission) -> bool:
        return not self.revoked and permission in GRANTS[self.role]


@dataclass(frozen=True)
class Keys:
    by_id: dict[str, ApiKey] = field(default_factory=dict)

    def find(self, sha256: str) -> ApiKey | None:
        """The unrevoked key with this hash."""
        return next(
            (k for k in self.by_id.values() if k.sha256 == sha256 and not k.revoked),
            None,
        )


def key_stream(key_id: str) -> str:
    return f"keys/{key_id}"


def fold_keys(events: Iterable[Event], start: Keys | None = None) -> Keys:
    by_id = dict(start.by_id) if start else {}
    for event in events:
        match event.fact:
            case KeyCreated() as made:
                by_id[made.key_id] = ApiKey(
                    id=made.key_id, name=made.name, role=made.role, sha256=made.sha256
                )
            case KeyRevoked() as gone:
                by_id[gone.key_id] = replace(by_id[gone.key_id], revoked=True)
            case _:
                pass
    return Keys(by_id)
