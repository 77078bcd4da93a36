"""What is due to go: previewed, requested, and what came of it. Idempotent by
`Caller.command_id`.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from activities.ports import Appended, Caller, EventStore, NewId, Now
from activities.recording import recorded
from domain.errors import InvalidError, NotFoundError
from domain.event import Event, Fact
from domain.privacy.facts import RetentionRequested, subject_stream
from domain.privacy.retention import (
    Limits,
    Periods,
    RetentionRun,
    RunState,
    Standing,
    fold_run,
    judged,
    limits_of,
    retention_stream,
)
from domain.privacy.subject import Hold, fold_subject

MOST_SHOWN = 100
PAGE = 1000
Outcome = Literal["erased", "held", "kept"]


class Standings(Protocol):
    """Customers by their tickets; from read models, which are a moment behind."""

    async def untouched(
        self, before: datetime, after: str, limit: int
    ) -> Sequence[Standing]:
        """Those whose data can be read and whose tickets were touched last before that
        instant; sorted by `external_id`, from `after` on.
        """

    async def of(self, external_id: str) -> Standing | None:
        """None: nothing of them can be read, or they occur in no ticket."""


class OldRecords(Protocol):
    """Records of operation that are not in the log of events."""

    @property
    def names(self) -> Sequence[str]: ...

    async def counts(self, before: datetime) -> Mapping[str, int]:
        """How many of each are older."""

    async def delete_some(self, name: str, before: datetime, run_id: str) -> bool:
        """A batch of the older ones, counted for this run; whether there may be
        more.
        """


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a run has done so far. `share`: from 0 to 1."""

    share: float
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    deleted: Mapping[str, int] = field(default_factory=dict)


NOTHING_DONE = Done(share=0.0)


class Runs(Protocol):
    """What unfinished runs have done so far; not in the log."""

    async def done(self, run_id: str) -> Done | None:
        """None: it was not begun."""


@dataclass(frozen=True, kw_only=True)
class Kept:
    """A customer whom a legal hold keeps."""

    external_id: str
    hold: Hold


@dataclass
class Due:
    """Customers: how many would be erased, who is kept by a legal hold, and how many
    are kept because a ticket of theirs is not closed. `tickets`: of those who would be
    erased. Examples and holds: the first `MOST_SHOWN`.
    """

    people: int = 0
    tickets: int = 0
    examples: list[str] = field(default_factory=list)
    held: int = 0
    holds: list[Kept] = field(default_factory=list)
    not_closed: int = 0


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a run would do at this instant. None: it would leave this class alone."""

    at: datetime
    periods: Periods
    limits: Limits
    due: Due | None
    records: Mapping[str, int] | None


@dataclass(frozen=True, kw_only=True)
class Progress:
    run: RetentionRun
    state: RunState
    done: Done


@dataclass(frozen=True, kw_only=True)
class Retention:
    """`presets`: how long records are kept where a request says nothing."""

    store: EventStore
    standings: Standings
    records: OldRecords
    runs: Runs
    presets: Periods
    now: Now
    new_id: NewId

    async def preview(self, periods: Periods, at: datetime | None) -> Preview:
        """Writes nothing. Raises InvalidError for an instant outside the calendar."""
        at = at or self.now()
        limits = limits_of(periods, at)
        due = records = None
        if limits.transactions is not None:
            due = await self._due(limits.transactions)
        if limits.logs is not None:
            records = await self.records.counts(limits.logs)
        return Preview(at=at, periods=periods, limits=limits, due=due, records=records)

    async def _due(self, limit: datetime) -> Due:
        due = Due()
        async for page in untouched(self.standings, limit):
            verdicts = {one.external_id: judged(one, limit) for one in page}
            due.not_closed += [*verdicts.values()].count("not_closed")
            going = [one for one in page if verdicts[one.external_id] == "due"]
            holds = await self._holds([one.external_id for one in going])
            free = [one for one in going if one.external_id not in holds]
            due.people += len(free)
            due.tickets += sum(one.tickets for one in free)
            due.held += len(holds)
            due.examples += [one.external_id for one in free]
            due.holds += [Kept(external_id=e, hold=h) for e, h in holds.items()]
            del due.examples[MOST_SHOWN:], due.holds[MOST_SHOWN:]
        return due

    async def _holds(self, people: Sequence[str]) -> dict[str, Hold]:
        """Of those of them who are held."""
        streams = {subject_stream(one): one for one in people}
        found = await self.store.load_many([*streams])
        subjects = {streams[name]: fold_subject(found[name]) for name in sorted(found)}
        return {one: s.hold for one, s in subjects.items() if s.hold is not None}

    async def request(
        self, wanted: RetentionRequested, caller: Caller
    ) -> tuple[Progress, Appended]:
        """Raises InvalidError if it would do nothing, CommandReusedError."""
        periods = Periods(transactions=wanted.transactions, logs=wanted.logs)
        if periods.transactions is None and periods.logs is None:
            message = "both classes of records are off: there is nothing to do"
            raise InvalidError.at("/transactions", message)

        async def decided(_: list[Event], at: datetime) -> Fact:
            limits_of(periods, at)
            return wanted

        stream = retention_stream(self.new_id())
        done = await recorded(self.store, self.now, stream, decided, caller)
        run = fold_run(done.events)
        assert run is not None
        progress = Progress(run=run, state="waiting", done=NOTHING_DONE)
        return progress, done.appended

    async def find(self, run_id: str) -> Progress:
        run = fold_run(await self.store.load(retention_stream(run_id)))
        if run is None:
            raise NotFoundError("retention run", run_id)
        if run.applied is not None:
            return Progress(run=run, state="done", done=_all(run))
        done = await self.runs.done(run_id)
        if run.error is not None:
            return Progress(run=run, state="failed", done=done or NOTHING_DONE)
        state: RunState = "waiting" if done is None else "running"
        return Progress(run=run, state=state, done=done or NOTHING_DONE)


async def untouched(
    standings: Standings, before: datetime
) -> AsyncIterator[Sequence[Standing]]:
    """All of them, page by page."""
    after = ""
    while page := await standings.untouched(before, after, PAGE):
        yield page
        after = page[-1].external_id


def _all(run: RetentionRun) -> Done:
    applied = run.applied
    assert applied is not None
    return Done(
        share=1.0,
        outcomes={
            "erased": applied.erased,
            "held": applied.held,
            "kept": applied.kept,
        },
        deleted={one.name: one.count for one in applied.deleted},
    )
