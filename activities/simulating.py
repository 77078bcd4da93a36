"""Drafts of configuration tried out on past tickets: one job at a time, in slices off
the loop, so that the server goes on answering.

Jobs and their results are kept in memory only: the latest `MOST_JOBS`, gone with the
process. Nothing of a draft is stored.
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from activities.ports import Caller, EventStore, NewId, Now, Registry
from activities.sources import Sources, all_looked_up
from domain.bundle import Bundle, Documents
from domain.config_draft import Trial, overlaid
from domain.config_warnings import ConfigWarning
from domain.errors import (
    CommandReusedError,
    InvalidError,
    NotFoundError,
    UnreadableError,
)
from domain.event import Event
from domain.replay import Histories, absorbed_by
from domain.simulation import Summary, TicketDifference, compare, is_ticket

LOG = logging.getLogger(__name__)
MOST_JOBS = 20
MOST_SHOWN = 1_000
MOST_TICKETS = 100_000
PAGE = 100
SLICE = 25

JobState = Literal["waiting", "running", "done", "failed"]


class PastTickets(Protocol):
    """Which tickets there were."""

    async def opened(
        self, since: datetime, until: datetime, after: str, limit: int
    ) -> Sequence[str]:
        """Opened in [since, until): ids greater than `after`, in order."""


class BusyError(Exception):
    """As many jobs as are kept are waiting already."""

    def __init__(self) -> None:
        super().__init__(f"{MOST_JOBS} simulations are waiting already; try again")


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Tickets by id, or those opened in [since, until)."""

    tickets: tuple[str, ...] = ()
    opened: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class LeftOut:
    ticket_id: str
    reason: str


@dataclass(kw_only=True)
class Job:
    """Grows while it runs. `tickets`: the first `MOST_SHOWN` in which anything differs;
    the summary is of all. `as_of`: until when the draft is followed.
    """

    id: str
    as_of: datetime
    warnings: tuple[ConfigWarning, ...]
    total: int
    state: JobState = "waiting"
    done: int = 0
    summary: Summary = field(default_factory=Summary)
    tickets: list[TicketDifference] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    error: str | None = None
    command_id: str = ""
    request_sha256: str = ""

    @property
    def over(self) -> bool:
        return self.state in ("done", "failed")

    def as_started(self) -> "Job":
        """As it was when it was asked for."""
        return Job(
            id=self.id, as_of=self.as_of, warnings=self.warnings, total=self.total
        )

    def add(self, found: TicketDifference) -> None:
        self.summary = self.summary.plus(found)
        if found.differs and len(self.tickets) < MOST_SHOWN:
            self.tickets.append(found)


class Simulating:
    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        tickets: PastTickets,
        sources: Sources,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._store, self._registry, self._tickets = store, registry, tickets
        self._sources, self._now, self._new_id = sources, now, new_id
        self._jobs: dict[str, Job] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._turn = asyncio.Lock()

    async def start(
        self, documents: Documents, wanted: Selection, caller: Caller
    ) -> Job:
        """Idempotent by `Caller.command_id` as long as the job is kept: see `started`.
        Raises InvalidError for what is wrong with the draft, at `/draft/…`, and
        BusyError.
        """
        at = self._now()
        trial = await self._trial(documents, at)
        ids = await self._ids(wanted)
        job = Job(
            id=self._new_id(),
            as_of=at,
            warnings=trial.warnings,
            total=len(ids),
            command_id=caller.command_id,
            request_sha256=caller.request_sha256,
        )
        self._keep(job)
        task = asyncio.create_task(self._run(job, ids, trial))
        self._tasks[job.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(job.id, None))
        return job

    def started(self, caller: Caller) -> Job | None:
        """The job that this very request asked for before. Raises CommandReusedError
        if it was another request.
        """
        for job in self._jobs.values():
            if job.command_id == caller.command_id:
                if job.request_sha256 != caller.request_sha256:
                    raise CommandReusedError
                return job
        return None

    def forget(self, job_id: str) -> None:
        """Wherever it stands."""
        del self._jobs[self.find(job_id).id]
        if (task := self._tasks.get(job_id)) is not None:
            task.cancel()

    def find(self, job_id: str) -> Job:
        if job_id not in self._jobs:
            raise NotFoundError("simulation", job_id)
        return self._jobs[job_id]

    async def idle(self) -> None:
        """Until no job is left to do."""
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def close(self) -> None:
        for task in self._tasks.values():
            task.cancel()
        await self.idle()

    async def _trial(self, documents: Documents, at: datetime) -> Trial:
        registry = self._registry
        config, book = await registry.config_to_check(), await registry.oncall()
        try:
            expansions = await all_looked_up(documents, self._sources, at.date())
            draft = Bundle(documents=documents, expansions=expansions)
            return await asyncio.to_thread(overlaid, draft, config, book, at)
        except InvalidError as error:
            raise error.under("/draft") from error

    async def _ids(self, wanted: Selection) -> list[str]:
        """Each once, in an order that does not depend on the question."""
        if wanted.opened is None:
            return sorted({*wanted.tickets})
        found: list[str] = []
        while page := await self._tickets.opened(
            *wanted.opened, found[-1] if found else "", MOST_TICKETS
        ):
            found += page
            if len(found) > MOST_TICKETS:
                message = f"more than {MOST_TICKETS:,} tickets: take a shorter time"
                raise InvalidError.at("/from", message)
        return found

    def _keep(self, job: Job) -> None:
        if len(self._jobs) >= MOST_JOBS:
            oldest = next((j.id for j in self._jobs.values() if j.over), None)
            if oldest is None:
                raise BusyError
            del self._jobs[oldest]
        self._jobs[job.id] = job

    async def _run(self, job: Job, ids: Sequence[str], trial: Trial) -> None:
        """The outermost loop of a job: whatever fails is told to who asks for it."""
        try:
            async with self._turn:
                job.state = "running"
                for begin in range(0, len(ids), PAGE):
                    await self._page(job, ids[begin : begin + PAGE], trial)
                job.state = "done"
        except Exception as error:
            LOG.exception("simulation %s", job.id)
            job.state, job.error = "failed", f"{type(error).__name__}: {error}"

    async def _page(self, job: Job, ids: Sequence[str], trial: Trial) -> None:
        streams = await self._load(job, ids)
        others = await self._absorbed(streams)
        for begin in range(0, len(ids), SLICE):
            part = ids[begin : begin + SLICE]
            histories = [streams[i] for i in part if is_ticket(streams.get(i, []))]
            found = await asyncio.to_thread(
                _compare, histories, trial, job.as_of, others
            )
            for difference in found:
                job.add(difference)
            job.done += len(part)

    async def _absorbed(
        self, streams: dict[str, list[Event]]
    ) -> dict[str, list[Event]]:
        """Histories of the tickets that went into these, and of those that went into
        those. What cannot be read is left out by name in its own place.
        """
        known = dict(streams)
        while wanted := {i for e in known.values() for i in absorbed_by(e)} - {*known}:
            empty: dict[str, list[Event]] = {ticket_id: [] for ticket_id in wanted}
            known |= empty | await self._readable(sorted(wanted))
        return known

    async def _readable(self, ids: Sequence[str]) -> dict[str, list[Event]]:
        try:
            return await self._store.load_many(ids)
        except UnreadableError:
            if len(ids) == 1:
                return {}
            middle = len(ids) // 2
            first = await self._readable(ids[:middle])
            return first | await self._readable(ids[middle:])

    async def _load(self, job: Job, ids: Sequence[str]) -> dict[str, list[Event]]:
        """One history that cannot be read must not hide the others."""
        try:
            streams = await self._store.load_many(ids)
        except UnreadableError as error:
            if len(ids) == 1:
                job.left_out.append(LeftOut(ids[0], str(error)))
                return {}
            middle = len(ids) // 2
            first = await self._load(job, ids[:middle])
            return first | await self._load(job, ids[middle:])
        for ticket_id in ids:
            if not is_ticket(streams.get(ticket_id, [])):
                job.left_out.append(LeftOut(ticket_id, "there is no such ticket"))
        return streams


def _compare(
    histories: Sequence[Sequence[Event]], trial: Trial, at: datetime, others: Histories
) -> list[TicketDifference]:
    return [compare(events, trial, at, others) for events in histories]
