"""Every recorded decision made again: of one ticket, or of all, page by page."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports import EventStore, Recorded
from domain.audit.replay_check import Checked, Difference, check
from domain.errors import NotFoundError, UnreadableError
from domain.ticket.world import World


class PastWorlds(Protocol):
    async def refresh(self) -> None:
        """What is published until now can be asked for from now on."""

    def at(self, position: int, recorded_at: datetime) -> Sequence[World]:
        """What may have been known when this event was decided."""


@dataclass(frozen=True, kw_only=True)
class Unread:
    """A ticket whose history this release cannot read."""

    ticket_id: str
    error: str


@dataclass(frozen=True, kw_only=True)
class ReplayChecked:
    tickets: int
    decisions: int
    differences: tuple[Difference, ...]
    unread: tuple[Unread, ...] = ()

    def plus(self, other: "ReplayChecked") -> "ReplayChecked":
        return ReplayChecked(
            tickets=self.tickets + other.tickets,
            decisions=self.decisions + other.decisions,
            differences=self.differences + other.differences,
            unread=self.unread + other.unread,
        )


NOTHING_CHECKED = ReplayChecked(tickets=0, decisions=0, differences=())


@dataclass(frozen=True, kw_only=True)
class ReplayCheck:
    store: EventStore
    past: PastWorlds

    async def of(self, ticket_id: str) -> ReplayChecked:
        """Raises NotFoundError if there is no such ticket."""
        await self.past.refresh()
        try:
            history = await self.store.history(ticket_id)
        except UnreadableError as error:
            unread = Unread(ticket_id=ticket_id, error=str(error))
            return ReplayChecked(
                tickets=1, decisions=0, differences=(), unread=(unread,)
            )
        if not history:
            raise NotFoundError("ticket", ticket_id)
        # A long history takes seconds: others need not wait for that.
        found = await asyncio.to_thread(self._checked, history)
        return ReplayChecked(
            tickets=1, decisions=found.decisions, differences=found.differences
        )

    def _checked(self, history: Sequence[Recorded]) -> Checked:
        recorded_at = {r.position: r.recorded_at for r in history}

        def worlds_at(position: int) -> Sequence[World]:
            return self.past.at(position, recorded_at[position])

        return check([(r.event, r.position) for r in history], worlds_at)
