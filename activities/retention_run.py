"""A retention run, carried out in small steps: killed at any point, it goes on there.

Whoever was due when it began is looked at again when it is their turn: who came back
meanwhile, or is held by now, stays.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports import Caller, EventStore
from activities.privacy import PrivacyService
from activities.recording import recorded, replayed
from activities.retention import (
    PAGE,
    Done,
    OldRecords,
    Outcome,
    Runs,
    Standings,
    untouched,
)
from domain.errors import NotFoundError, RuleError
from domain.event import Event, Fact
from domain.privacy.facts import DeletedRecords, RetentionApplied, RetentionFailed
from domain.privacy.retention import RetentionRun, judged, limits_of, retention_stream


class RunBook(Runs, Protocol):
    """Where it is kept how far each unfinished run is."""

    async def begin(self, run_id: str, kinds: int) -> None:
        """`kinds`: of records that it deletes. It may have been begun already."""

    async def is_planned(self, run_id: str) -> bool: ...

    async def plan(self, run_id: str, people: Sequence[str]) -> None:
        """Some who are due; who is planned already stays so."""

    async def planned(self, run_id: str) -> None:
        """Everybody who is due was planned."""

    async def left(self, run_id: str, limit: int) -> Sequence[str]:
        """People whose turn has not come yet."""

    async def decided(
        self, run_id: str, external_id: str, outcome: Outcome
    ) -> None: ...

    async def deleted_all(self, run_id: str, name: str) -> None:
        """Of these records none is left that is older."""

    async def end(self, run_id: str) -> None:
        """Forget it."""


@dataclass(frozen=True, kw_only=True)
class RetentionRunner:
    """`caught_up` waits until the read models show everything that is in the log."""

    store: EventStore
    standings: Standings
    records: OldRecords
    runs: RunBook
    privacy: PrivacyService
    caught_up: Callable[[], Awaitable[None]]

    async def carry_out(self, run: RetentionRun, request: Event) -> RetentionApplied:
        limits = limits_of(run.periods, run.requested_at)
        kinds = 0 if limits.logs is None else len(self.records.names)
        await self.runs.begin(run.id, kinds)
        if limits.transactions is not None:
            await self._plan(run, limits.transactions)
            while people := await self.runs.left(run.id, PAGE):
                for one in people:
                    outcome = await self._turn(run, request, one, limits.transactions)
                    await self.runs.decided(run.id, one, outcome)
        else:
            await self.runs.planned(run.id)
        if limits.logs is not None:
            await self._delete(run, limits.logs)
        done = await self.runs.done(run.id)
        assert done is not None
        return _applied(done)

    async def finish(
        self, run: RetentionRun, fact: RetentionApplied | RetentionFailed, event: Event
    ) -> None:
        """Once: whoever is later finds it done."""

        async def decided(_: list[Event], __: datetime) -> Fact:
            return fact

        stream, caller = retention_stream(run.id), _caller(event, "finished")
        await recorded(self.store, self.privacy.now, stream, decided, caller)
        if isinstance(fact, RetentionApplied):
            await self.runs.end(run.id)

    async def _plan(self, run: RetentionRun, limit: datetime) -> None:
        if await self.runs.is_planned(run.id):
            return
        await self.caught_up()
        async for page in untouched(self.standings, limit):
            due = [one.external_id for one in page if judged(one, limit) == "due"]
            await self.runs.plan(run.id, due)
        await self.runs.planned(run.id)

    async def _turn(
        self, run: RetentionRun, request: Event, external_id: str, limit: datetime
    ) -> Outcome:
        caller = _caller(request, f"erase/{external_id}")
        if await replayed(self.store, caller) is not None:
            return "erased"  # before this process was started
        await self.caught_up()
        standing = await self.standings.of(external_id)
        if standing is None or judged(standing, limit) != "due":
            return "kept"
        reason = f"retention run {run.id}: {run.wanted.reason}"
        try:
            await self.privacy.erase(external_id, reason, run.requested_by, caller)
        except (NotFoundError, RuleError):
            held = (await self.privacy.subject(external_id)).hold is not None
            return "held" if held else "kept"
        return "erased"

    async def _delete(self, run: RetentionRun, limit: datetime) -> None:
        for name in self.records.names:
            while await self.records.delete_some(name, limit, run.id):
                pass
            await self.runs.deleted_all(run.id, name)


def _applied(done: Done) -> RetentionApplied:
    return RetentionApplied(
        erased=done.outcomes.get("erased", 0),
        held=done.outcomes.get("held", 0),
        kept=done.outcomes.get("kept", 0),
        deleted=tuple(
            DeletedRecords(name=name, count=count)
            for name, count in sorted(done.deleted.items())
        ),
    )


def _caller(request: Event, step: str) -> Caller:
    """Whoever requested the run is the actor of what it does."""
    meta, command_id = request.meta, f"{request.id}/{step}"
    return Caller(
        command_id=command_id,
        request_sha256=request.id,
        attempt=f"{command_id}/",
        actor=meta.actor,
        key_id=meta.key_id,
        correlation_id=meta.correlation_id,
        channel="retention",
    )
