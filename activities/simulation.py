"""Simulations of configuration drafts on past tickets: jobs in the database, run by a
workflow page by page, readable in every API process.

Of the finished jobs the latest `MOST_KEPT` are kept, none for longer than `KEPT_FOR`.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from activities.configuration_sources import Sources, all_looked_up
from activities.ports import BusyError, Caller, NewId, Now, Registry
from domain.configuration.bundle import Bundle, Documents
from domain.configuration.configuration import Configuration
from domain.configuration.warnings import ConfigWarning
from domain.errors import (
    CommandReusedError,
    FieldError,
    InvalidError,
    NotFoundError,
)
from domain.event import Json
from domain.oncall.book import OnCallBook
from domain.simulation.comparison import Summary
from domain.simulation.overlay import Trial, with_draft

MOST_WAITING = 20
MOST_KEPT = 50
KEPT_FOR = timedelta(days=7)
MOST_SHOWN = 1_000
MOST_TICKETS = 100_000
MOST_NAMED = 20

JobState = Literal["waiting", "running", "done", "failed"]


class PastTickets(Protocol):
    """The tickets that exist."""

    async def opened(
        self, since: datetime, until: datetime, after: str, limit: int
    ) -> Sequence[str]:
        """Opened in [since, until): ids greater than `after`, in order."""

    async def unknown(self, ids: Sequence[str]) -> Sequence[str]:
        """Those of these ids that are not tickets."""


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Tickets by id, or those opened in [since, until)."""

    tickets: tuple[str, ...] = ()
    opened: tuple[datetime, datetime] | None = None


@dataclass(frozen=True)
class LeftOut:
    ticket_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Order:
    """The request. `as_of`: until when tickets are followed. `ticket_ids`: all of them,
    or a page. `revision`: of the configuration with which it began.
    """

    id: str
    as_of: datetime
    documents: Documents
    ticket_ids: Sequence[str]
    total: int
    warnings: tuple[ConfigWarning, ...] = ()
    revision: int | None = None


@dataclass(frozen=True, kw_only=True)
class Job:
    """`tickets`: the first `MOST_SHOWN` that the draft changes; `summary`: of all."""

    id: str
    as_of: datetime
    warnings: object
    total: int
    state: JobState = "waiting"
    done: int = 0
    summary: Summary = field(default_factory=Summary)
    tickets: Sequence[Json] = ()
    left_out: Sequence[Json] = ()
    error: str | None = None

    def as_started(self) -> "Job":
        """As it was when it was requested."""
        return Job(
            id=self.id, as_of=self.as_of, warnings=self.warnings, total=self.total
        )


class Jobs(Protocol):
    """The storage of jobs."""

    async def add(self, order: Order, caller: Caller) -> bool:
        """False: this command has a job already. Raises BusyError if `MOST_WAITING`
        jobs are unfinished.
        """

    async def asked_for_by(self, command_id: str) -> tuple[str, str] | None:
        """The id of the job, and the hash of the request."""

    async def find(self, job_id: str) -> Job | None: ...

    async def delete(self, job_id: str) -> bool: ...


class Simulating:
    def __init__(
        self,
        jobs: Jobs,
        registry: Registry,
        tickets: PastTickets,
        sources: Sources,
        now: Now,
        new_id: NewId,
    ) -> None:
        self._jobs, self._registry, self._tickets = jobs, registry, tickets
        self._sources, self._now, self._new_id = sources, now, new_id

    async def start(
        self, documents: Documents, wanted: Selection, caller: Caller
    ) -> Job:
        """Idempotent by `Caller.command_id`. Raises InvalidError for faults of the
        draft, at `/draft/…`, or for unknown tickets; BusyError.
        """
        at = self._now()
        config = await self._registry.config_to_check()
        book = await self._registry.oncall()
        trial = await trial_of(documents, config, book, self._sources, at)
        ids = await self._ids(wanted)
        order = Order(
            id=self._new_id(),
            as_of=at,
            documents=documents,
            ticket_ids=ids,
            total=len(ids),
            warnings=trial.warnings,
        )
        if not await self._jobs.add(order, caller):
            again = await self.started(caller)
            if again is None:
                raise BusyError("the same request was deleted meanwhile: try again")
            return again
        return await self.find(order.id)

    async def started(self, caller: Caller) -> Job | None:
        """The job of the same request before. Raises CommandReusedError if it was
        another request.
        """
        found = await self._jobs.asked_for_by(caller.command_id)
        if found is None:
            return None
        job_id, request_sha256 = found
        if request_sha256 != caller.request_sha256:
            raise CommandReusedError
        return await self._jobs.find(job_id)

    async def forget(self, job_id: str) -> None:
        """In any state: its workflow ends at the next page."""
        if not await self._jobs.delete(job_id):
            raise NotFoundError("simulation", job_id)

    async def find(self, job_id: str) -> Job:
        job = await self._jobs.find(job_id)
        if job is None:
            raise NotFoundError("simulation", job_id)
        return job

    async def _ids(self, wanted: Selection) -> list[str]:
        """Each once, in an order that does not depend on the request."""
        if wanted.opened is None:
            ids = sorted({*wanted.tickets})
            if unknown := {*await self._tickets.unknown(ids)}:
                raise InvalidError(_unknown(wanted.tickets, unknown))
            return ids
        found: list[str] = []
        while page := await self._tickets.opened(
            *wanted.opened, found[-1] if found else "", MOST_TICKETS
        ):
            found += page
            if len(found) > MOST_TICKETS:
                message = f"more than {MOST_TICKETS:,} tickets: take a shorter time"
                raise InvalidError.at("/from", message)
        return found


def _unknown(asked: Sequence[str], unknown: set[str]) -> list[FieldError]:
    return [
        FieldError(f"/tickets/{place}", f"there is no ticket {ticket_id!r}")
        for place, ticket_id in enumerate(asked)
        if ticket_id in unknown
    ][:MOST_NAMED]


async def trial_of(
    documents: Documents,
    config: Configuration,
    book: OnCallBook,
    sources: Sources,
    at: datetime,
) -> Trial:
    """Raises InvalidError for faults of the draft, at `/draft/…`."""
    try:
        expansions = await all_looked_up(documents, sources, at.date())
        draft = Bundle(documents=documents, expansions=expansions)
        return await asyncio.to_thread(with_draft, draft, config, book, at)
    except InvalidError as error:
        raise error.under("/draft") from error
