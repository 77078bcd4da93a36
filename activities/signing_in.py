"""Signing a browser in. The log keeps who was let in, and with which role: for people
of an identity provider nothing else in it would say so.
"""

from dataclasses import dataclass
from datetime import datetime

from activities.identity import Session, Sessions
from activities.ports import Caller, EventStore, NewId, Now
from activities.recording import recorded
from domain.access import Holder, SessionStarted, session_stream
from domain.event import Event, Fact


@dataclass(frozen=True, kw_only=True)
class SigningIn:
    store: EventStore
    sessions: Sessions
    now: Now
    new_id: NewId

    async def start(self, holder: Holder, correlation_id: str) -> Session:
        """Recorded first: a session that nobody knows of must not be."""
        ends = self.sessions.end_of(holder)

        async def decided(_: list[Event], __: datetime) -> Fact:
            return SessionStarted(
                holder=holder.id, role=holder.role, agent=holder.agent, expires_at=ends
            )

        caller = self._caller(holder, correlation_id)
        stream = session_stream(holder.id)
        await recorded(self.store, self.now, stream, decided, caller)
        return await self.sessions.start(holder, ends)

    def _caller(self, holder: Holder, correlation_id: str) -> Caller:
        attempt = self.new_id()
        return Caller(
            command_id=attempt,
            request_sha256="",
            attempt=attempt,
            actor=holder.own,
            key_id=holder.id,
            holder=holder,
            correlation_id=correlation_id or attempt,
            channel="api",
        )
