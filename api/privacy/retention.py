"""Retention: what is due to go, shown before it goes; and runs that let it go."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response

from activities.retention import Due, Preview, Progress
from api.http.answers import page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.fields import Identifier
from api.http.responses import answer, made_at, written
from api.ports import AuditFilter
from api.privacy.retention_schemas import (
    DueCustomersOut,
    DueRecordsOut,
    HeldOut,
    RecordCountOut,
    RetentionPreviewIn,
    RetentionPreviewOut,
    RetentionRunIn,
    RetentionRunOut,
)
from domain.duration import format_duration
from domain.event import Json
from domain.privacy.facts import RetentionRequested

ROUTER = APIRouter(prefix="/v1/retention", tags=["personal data"])
ASK = guarded("audit:read", 400, 413, 415, 422)
RUN = guarded("personal:erase", 400, 409, 413, 415, 422)
READ = reads("audit:read", 404, 422)
LIST = reads("audit:read", 422)
REQUESTS = AuditFilter(topics=frozenset({RetentionRequested.topic}))


@ROUTER.post("/preview", response_model=RetentionPreviewOut, **ASK)
async def preview_retention(body: RetentionPreviewIn, known: ServicesDep) -> Response:
    """What a run would do now, or would do at another instant; nothing is changed."""
    periods = body.periods(known.retention.presets)
    await known.tickets.wait_for(await known.feed.head(), texts=True)
    return answer(_previewed(await known.retention.preview(periods, body.at)))


@ROUTER.post("/runs", status_code=202, response_model=RetentionRunOut, **RUN)
async def start_retention_run(
    body: RetentionRunIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Start a job that erases the customers and deletes the records that are due, as
    the preview shows them; poll for its state. Nobody is erased under a legal hold.
    """
    periods = body.periods(known.retention.presets)
    wanted = RetentionRequested(
        transactions=periods.transactions, logs=periods.logs, reason=body.reason
    )
    started, appended = await known.retention.request(wanted, caller)
    headers = made_at("retention", "runs", started.run.id) | written(appended)
    return answer(_shown(started), status=202, headers=headers)


@ROUTER.get("/runs", response_model=page_of(RetentionRunOut), **LIST)
async def list_retention_runs(
    known: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 100,
    cursor: Annotated[int | None, Query(ge=0, le=2**62)] = None,
) -> Response:
    """All runs, the newest first."""
    entries, following = await known.audit.page(REQUESTS, limit, cursor)
    ids = [entry.stream_id.partition("/")[2] for entry in entries]
    items = [_shown(await known.retention.find(run_id)) for run_id in ids]
    next_cursor = None if following is None else str(following)
    return answer({"items": items, "next_cursor": next_cursor})


@ROUTER.get("/runs/{run_id}", response_model=RetentionRunOut, **READ)
async def get_retention_run(run_id: Identifier, known: ServicesDep) -> Response:
    """The state of the run, and what it has done."""
    return answer(_shown(await known.retention.find(run_id)))


def _previewed(found: Preview) -> Json:
    periods, limits = found.periods, found.limits
    due, records = found.due, found.records
    return RetentionPreviewOut.of(
        at=found.at,
        transactions=due and _customers(due, periods.transactions, limits.transactions),
        logs=None
        if records is None
        else DueRecordsOut.of(
            period=_text(periods.logs), limit=limits.logs, records=_counts(records)
        ),
    )


def _customers(due: Due, period: timedelta | None, limit: datetime | None) -> Json:
    return DueCustomersOut.of(
        period=_text(period),
        limit=limit,
        people=due.people,
        tickets=due.tickets,
        examples=due.examples,
        held=due.held,
        holds=HeldOut.each(due.holds),
        not_closed=due.not_closed,
    )


def _shown(found: Progress) -> Json:
    run, done = found.run, found.done
    return RetentionRunOut.of(
        id=run.id,
        state=found.state,
        progress=round(done.share, 4),
        transactions=_text(run.wanted.transactions),
        logs=_text(run.wanted.logs),
        reason=run.wanted.reason,
        requested_at=run.requested_at,
        requested_by=run.requested_by,
        finished_at=run.finished_at,
        erased=done.outcomes.get("erased", 0),
        held=done.outcomes.get("held", 0),
        kept=done.outcomes.get("kept", 0),
        deleted=_counts(done.deleted),
        error=run.error,
    )


def _text(period: timedelta | None) -> str | None:
    return None if period is None else format_duration(period)


def _counts(counts: Mapping[str, int]) -> list[Json]:
    return [RecordCountOut.of(name=n, count=c) for n, c in counts.items()]
