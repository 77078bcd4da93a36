"""Evaluate a calendar before it is published. Nothing is saved."""

from collections.abc import Iterable
from datetime import UTC, datetime, tzinfo

from fastapi import APIRouter, Response

from activities.configuration_sources import expanded
from api.configuration.calendar_schemas import (
    CalendarIn,
    EvaluationIn,
    EvaluationOut,
    SegmentOut,
)
from api.configuration.routes import canonical
from api.http.auth import ServicesDep, guarded
from api.http.responses import answer
from api.http.warning import WarningOut
from api.ports import Services
from domain.calendar.calendar import ALWAYS, Calendar
from domain.calendar.evaluation import Question, Trial, try_out
from domain.calendar.span import Span
from domain.duration import format_duration, parse_duration
from domain.errors import FieldError, InvalidError, UnknownNameError
from domain.event import Json

ROUTER = APIRouter(prefix="/v1/calendars", tags=["configuration"])
READ = guarded("config:read", 400, 413, 415, 422)


@ROUTER.post(
    "/evaluate",
    response_model=EvaluationOut,
    operation_id="evaluate_calendar",
    **READ,
)
async def evaluate(body: EvaluationIn, known: ServicesDep) -> Response:
    """Compute a deadline or the elapsed business time with a draft or a published
    calendar.
    """
    calendar, warnings = await _calendar(body.calendar, known)
    trial = try_out(calendar, _question(body))
    zone = UTC if calendar is None else calendar.zone
    return answer(_shown(trial, zone, warnings))


async def _calendar(
    wanted: CalendarIn | str, known: Services
) -> tuple[Calendar | None, tuple[FieldError, ...]]:
    if wanted == ALWAYS:
        return None, ()
    if isinstance(wanted, str):
        config = await known.registry.config()
        published = config.entry("calendars", wanted).current
        if published is None:
            names = [p.name for p in config.current("calendars")]
            fault = UnknownNameError.of("/calendar", "calendar", wanted, names)
            raise InvalidError([fault])
        return published.calendar, published.warnings
    today = known.now().date()
    expansion = await expanded(canonical(wanted), known.sources, today)
    try:
        calendar = expansion.calendar()
    except InvalidError as error:
        raise InvalidError(_below_calendar(error.errors)) from error
    return calendar, _below_calendar(expansion.advice(calendar))


def _below_calendar(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    return tuple(FieldError(f"/calendar{e.pointer}", e.message) for e in errors)


def _question(body: EvaluationIn) -> Question:
    try:
        budget = None if body.budget is None else parse_duration(body.budget)
    except ValueError as error:
        raise InvalidError.at("/budget", str(error)) from error
    return Question(
        start=body.start,
        budget=budget,
        end=body.end,
        pauses=tuple(Span(pause.from_, pause.to) for pause in body.pauses),
    )


def _shown(trial: Trial, zone: tzinfo, warnings: tuple[FieldError, ...]) -> Json:
    segments = [
        SegmentOut.of(begin=_local(begin, zone), end=_local(end, zone))
        for begin, end in trial.segments
    ]
    return EvaluationOut.of(
        trial,
        due_at=_local(trial.due_at, zone),
        breach_at=_local(trial.breach_at, zone),
        elapsed=None if trial.elapsed is None else format_duration(trial.elapsed),
        segments=segments,
        warnings=WarningOut.each(warnings),
    )


def _local(at: datetime | None, zone: tzinfo) -> datetime | None:
    return None if at is None else at.astimezone(zone)
