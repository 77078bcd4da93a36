"""Who is on call: at an instant, over a period, as a calendar, by a draft."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Query, Response

from activities.configuration_sources import spelled_out
from api.configuration.routes import Name, canonical
from api.configuration.schedule_schemas import (
    OnCallOut,
    OnCallShiftOut,
    SchedulePreviewIn,
    SchedulePreviewOut,
    ShiftsOut,
    WhoOut,
    WindowOut,
)
from api.http.auth import ServicesDep, guarded, reads
from api.http.fields import Cleaned, Instant
from api.http.responses import answer
from api.http.warning import WarningOut
from api.oncall.ical import MEDIA_TYPE, calendar_text
from domain.errors import FieldError, InvalidError, UnknownNameError
from domain.event import Json, PolicyRef
from domain.oncall.book import OnCallBook
from domain.oncall.on_call import OnCall, on_call_at
from domain.oncall.plan import Plan
from domain.oncall.schedule import Schedule
from domain.oncall.schedule_lint import schedule_warnings
from domain.oncall.shift_people import People, people_of
from domain.oncall.shift_sources import ShiftExpansion, placed
from domain.oncall.shifts import LONGEST_RANGE, Shift, gaps, shifts

ROUTER = APIRouter(prefix="/v1/schedules", tags=["on call"])
READ = reads("config:read", 404, 422)
TRY = guarded("config:read", 400, 413, 415, 422)
ICAL: dict[str, Any] = {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}
DRAFT = PolicyRef(name="draft", version=0, sha256="")
WEEKS_AHEAD = 26
LAYER_DAYS = 3660
T = TypeVar("T")


@ROUTER.get("/{name}/on-call", response_model=WhoOut, **READ)
async def get_on_call(
    name: Name,
    known: ServicesDep,
    at: Annotated[Instant | None, Query()] = None,
    begin: Annotated[Instant | None, Query(alias="from")] = None,
    to: Annotated[Instant | None, Query()] = None,
) -> Response:
    """Who is on call `at` an instant (if left out, now), who was before and is next,
    and why the others are not; or the shifts and gaps between `from` and `to`.
    """
    plan = (await known.registry.oncall()).plan(name)
    if begin is None and to is None:
        when = at or known.now()
        found = await of_query(lambda: on_call_at(plan, when))
        return answer(_shown(name, plan, found))
    if at is not None:
        raise InvalidError.at("?at", "is asked alone, or `from` and `to`")
    if begin is None or to is None:
        missing = "?from" if begin is None else "?to"
        raise InvalidError.at(missing, "a range has both `from` and `to`")
    covered = await of_query(lambda: _covered(plan, begin, to))
    return answer(ShiftsOut.of(schedule=name, begin=begin, end=to, **covered))


@ROUTER.post("/preview", response_model=SchedulePreviewOut, **TRY)
async def preview_schedule(body: SchedulePreviewIn, known: ServicesDep) -> Response:
    """Shifts and gaps of a draft. Nothing is saved."""
    document = canonical(body.schedule)
    expansion = await spelled_out(document, known.sources, known.now().date())
    book, config = await known.registry.oncall(), await known.registry.config()
    schedule = await asyncio.to_thread(_draft, expansion, people_of(config.agents))
    plan = Plan.of(schedule)
    if body.as_next_of is not None:
        published = book.plans.get(body.as_next_of)
        if published is None:
            where, wanted = "/as_next_of", body.as_next_of
            fault = UnknownNameError.of(where, "schedule", wanted, book.plans)
            raise InvalidError([fault])
        plan = published.revised(schedule, known.now())
    plan, agents, now = book.with_leaves(plan), config.directory.agents, known.now()
    covered = await asyncio.to_thread(_covered, plan, body.from_, body.to)
    advice = await asyncio.to_thread(schedule_warnings, schedule, agents, now)
    found = _below_schedule((*expansion.warnings, *placed(advice, document)))
    warnings = WarningOut.each(found)
    return answer(SchedulePreviewOut.of(**covered, warnings=warnings))


@ROUTER.get(
    "/{name}/calendar.ics",
    response_class=Response,
    **READ | {"responses": READ["responses"] | {200: ICAL}},
)
async def get_calendar_of_schedule(
    name: Name,
    known: ServicesDep,
    person: Annotated[str | None, Cleaned, Query(max_length=200)] = None,
) -> Response:
    """The shifts as iCalendar, to subscribe to: from last month to half a year ahead;
    of one `person`, or of all.
    """
    plan, now = (await known.registry.oncall()).plan(name), known.now()
    found = await asyncio.to_thread(_subscribed, plan, now)
    wanted = [shift for shift in found if person in (None, shift.person)]
    return Response(calendar_text(name, wanted, now), media_type=MEDIA_TYPE)


def _subscribed(plan: Plan, now: datetime) -> Sequence[Shift]:
    """What a calendar program is given: last month, and half a year ahead in whole
    days, so that the same day gives the same shifts.
    """
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    begin = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    end = min(today + timedelta(weeks=WEEKS_AHEAD), begin + _longest(plan))
    return shifts(plan, begin, end)


def subscribed_shifts(
    book: OnCallBook, person: str, now: datetime
) -> list[tuple[str, Shift]]:
    """Of one person, over all schedules, by their begin."""
    found = [
        (name, shift)
        for name, plan in sorted(book.plans.items())
        if person in plan.people
        for shift in _subscribed(book.plan(name), now)
        if shift.person == person
    ]
    return sorted(found, key=lambda one: (one[1].begin, one[0]))


def _draft(expansion: ShiftExpansion, people: People) -> Schedule:
    try:
        return expansion.schedule(DRAFT, people)[0]
    except InvalidError as error:
        raise InvalidError(_below_schedule(error.errors)) from error


def _below_schedule(errors: Iterable[FieldError]) -> tuple[FieldError, ...]:
    return tuple(FieldError(f"/schedule{e.pointer}", e.message) for e in errors)


async def of_query(ask: Callable[[], T]) -> T:
    """Off the loop. `/from` of the domain is `?from` here."""
    try:
        return await asyncio.to_thread(ask)
    except InvalidError as error:
        raise InvalidError(
            FieldError(e.pointer.replace("/", "?", 1), e.message) for e in error.errors
        ) from error


def _shown(name: str, plan: Plan, found: OnCall) -> Json:
    schedule = plan.schedule_at(found.at)
    version = None if schedule is None else schedule.ref.version
    since = plan.published_at
    return OnCallOut.of(found, schedule=name, version=version, published_at=since)


def _covered(plan: Plan, begin: datetime, end: datetime) -> Json:
    if end - begin > (longest := _longest(plan)):
        message = f"with so many layers at most {longest.days} days after `from`"
        raise InvalidError.at("/to", message)
    return {
        "shifts": OnCallShiftOut.each(shifts(plan, begin, end)),
        "gaps": WindowOut.each(gaps(plan, begin, end)),
    }


def _longest(plan: Plan) -> timedelta:
    """What is worked out in one request: two years of five layers, less of more."""
    layers = [len(v.schedule.layers) for v in plan.versions if v.schedule is not None]
    return min(LONGEST_RANGE, timedelta(days=LAYER_DAYS // max(layers, default=1)))
