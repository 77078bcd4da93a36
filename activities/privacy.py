"""A person's data: shown, revealed, held, erased. Idempotent by `Caller.command_id`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports import Caller, EventStore, Now, Registry
from activities.recording import Decide, Result, recorded
from domain.errors import NotFoundError, RuleError
from domain.event import Event, Fact
from domain.privacy.facts import (
    PersonalRevealed,
    SubjectErased,
    SubjectHoldPlaced,
    agent_of,
    subject_stream,
)
from domain.privacy.subject import (
    Subject,
    fold_subject,
    refuse_erased,
    refuse_held,
    release,
)


@dataclass(frozen=True)
class PersonKeys:
    """How many keys the person has now, and how many were destroyed."""

    live: int
    destroyed: int


class People(Protocol):
    """What is kept of persons beside the log."""

    async def keys(self, external_id: str) -> PersonKeys: ...

    async def tickets(self, external_id: str, after: str, limit: int) -> Sequence[str]:
        """Ids of the tickets in which the person occurs, sorted; from the read model,
        which is a moment behind.
        """


@dataclass(frozen=True, kw_only=True)
class PrivacyService:
    store: EventStore
    people: People
    registry: Registry
    now: Now

    async def subject(self, external_id: str) -> Subject:
        """Raises NotFoundError for a person of whom nothing was ever recorded."""
        await self._known(external_id)
        return fold_subject(await self.store.load(subject_stream(external_id)))

    async def erase(
        self, external_id: str, reason: str, requested_by: str, caller: Caller
    ) -> Result:
        """The person's keys are destroyed in the transaction that records it. Raises
        NotFoundError, and RuleError under a legal hold, if nothing is left to erase, or
        for an agent who still works.
        """
        keys = await self._known(external_id)
        agent = agent_of(external_id)
        agents = (await self.registry.config()).directory.agents
        if agent is not None and agent in agents:
            raise RuleError(f"the agent {agent!r} is in force: retire them first")

        async def decided(events: list[Event], _: datetime) -> Fact:
            subject = fold_subject(events)
            refuse_held(subject)
            if not keys.live:
                refuse_erased(subject)
            return SubjectErased(reason=reason, requested_by=requested_by)

        done = await self._record(external_id, decided, caller, erased=[external_id])
        await self.registry.refresh()  # it has the documents of agents
        return done

    async def hold(self, external_id: str, reason: str, caller: Caller) -> Result:
        await self._known(external_id)

        async def decided(_: list[Event], __: datetime) -> Fact:
            return SubjectHoldPlaced(reason=reason)

        return await self._record(external_id, decided, caller)

    async def release(
        self, external_id: str, reason: str | None, caller: Caller
    ) -> Result:
        """Raises RuleError where there is no hold."""
        await self._known(external_id)

        async def decided(events: list[Event], _: datetime) -> Fact:
            return release(fold_subject(events), reason)

        return await self._record(external_id, decided, caller)

    async def reveal(
        self, external_id: str, ticket_id: str | None, reason: str, caller: Caller
    ) -> Result:
        """Recorded before anything is shown. `ticket_id`: of this ticket only."""

        async def decided(_: list[Event], __: datetime) -> Fact:
            return PersonalRevealed(ticket_id=ticket_id, reason=reason)

        return await self._record(external_id, decided, caller)

    async def _known(self, external_id: str) -> PersonKeys:
        keys = await self.people.keys(external_id)
        if not keys.live and not keys.destroyed:
            raise NotFoundError("person", external_id)
        return keys

    async def _record(
        self,
        external_id: str,
        decide: Decide,
        caller: Caller,
        erased: Sequence[str] = (),
    ) -> Result:
        stream = subject_stream(external_id)
        return await recorded(self.store, self.now, stream, decide, caller, erased)
