"""The envelope of everything that happened.

A *fact* says what happened and nothing else; an `Event` says to whom (stream and
version), when, by whom and because of what. Facts are frozen dataclasses with an
explicit `topic`, the name under which they are stored for ever: fields may be added
with a default, never renamed or removed. Deliberately absent: how it is stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal

Json = dict[str, object]
ActorKind = Literal["user", "agent", "system", "migration"]


@dataclass(frozen=True, kw_only=True)
class Actor:
    """`id`: of an `agent` the agent's own, of a `user` the name of an API key, or of a
    person as `domain.identity` makes it. `on_behalf_of`: the agent for whom they acted.
    """

    id: str
    kind: ActorKind
    on_behalf_of: str | None = None

    @property
    def person(self) -> str:
        """Who did it."""
        return self.on_behalf_of or self.id


@dataclass(frozen=True, kw_only=True)
class PolicyRef:
    """One immutable version of a policy; `sha256` is over its canonical JSON."""

    name: str
    version: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Meta:
    """`causation_id` is the command's id, or `<stream>/<version>` of an event.
    `key_id`: of the API key or the person whose request this was recorded for; None =
    no request, or an event from before it was kept. `data_subject`: whose personal
    fields the event holds, by the customer's `external_id`.
    """

    command_id: str
    correlation_id: str
    causation_id: str
    actor: Actor
    channel: str | None = None
    occurred_at: datetime | None = None
    policy: PolicyRef | None = None
    key_id: str | None = None
    data_subject: str | None = None


class Fact:
    """What happened. Subclasses are frozen dataclasses."""

    topic: ClassVar[str]


@dataclass(frozen=True)
class Event:
    """`timestamp` is when it took effect (a breach: its exact due instant); the
    store adds when it was recorded. No slots: the event store needs `__dict__`.
    """

    originator_id: str
    originator_version: int
    timestamp: datetime
    meta: Meta
    fact: Fact

    @property
    def id(self) -> str:
        return event_id(self.originator_id, self.originator_version)


def event_id(stream_id: str, version: int) -> str:
    return f"{stream_id}/{version}"


SYSTEM = Actor(id="pledge", kind="system")
IMPORTER = "import:incidents"
"""The actor of imported histories, and the beginning of every command id of them."""
OURS = frozenset({SYSTEM.id, IMPORTER})
"""What Pledge itself is called in the log: nobody else may be called so."""
