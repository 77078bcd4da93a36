"""Who is on call at an instant, in every schedule."""

from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from api.configuration.schedule_schemas import WindowOut
from api.http.answers import Answer, Made, page_of
from api.http.auth import ServicesDep, reads
from api.http.fields import Cleaned, Instant
from api.http.paging import PageDep
from api.http.responses import answer
from api.oncall.schedules import of_query
from domain.configuration.configuration import Configuration, Published
from domain.documents.kinds import SINGULAR
from domain.errors import InvalidError
from domain.event import Json
from domain.nearest import did_you_mean
from domain.oncall.book import OnCallBook
from domain.oncall.on_call import on_call_at
from domain.oncall.shifts import Shift

ROUTER = APIRouter(prefix="/v1/on-call", tags=["on call"])
READ = reads("config:read", 422)


class LocalShiftOut(WindowOut):
    """`local_from`, `local_to`: the same in `time_zone`."""

    local_from: Made[datetime]
    local_to: Made[datetime]
    person: str
    reason: str


class CalledByOut(BaseModel):
    kind: str = Field(description="`escalation policy` or `team`")
    name: str


class OnCallByScheduleOut(Answer):
    """`now`: empty if nobody is on call; each until `to`. `next`: the next people other
    than those. `called_by`: what notifies people by this schedule.
    """

    schedule: Made[str]
    time_zone: Made[str]
    now: Made[list[LocalShiftOut]]
    next: Made[list[LocalShiftOut]]
    called_by: Made[list[CalledByOut]]


@ROUTER.get("", response_model=page_of(OnCallByScheduleOut, "OnCallPage"), **READ)
async def list_on_call(
    known: ServicesDep,
    asked: PageDep,
    at: Annotated[Instant | None, Query(description="If left out, now")] = None,
    tz: Annotated[
        str | None,
        Cleaned,
        Query(
            max_length=64,
            description=("The zone of local times; if left out, each schedule's own"),
        ),
    ] = None,
) -> Response:
    """Who is on call, until when, and who is next, in every schedule in force."""
    if tz is not None and tz not in available_timezones():
        near = did_you_mean(tz, available_timezones())
        raise InvalidError.at("?tz", f"{tz!r} is not an IANA time zone{near}")
    config, book = await known.registry.config(), await known.registry.oncall()
    when = at or known.now()

    def shown(published: Published) -> Json:
        return _shown(published, config, book, when, tz)

    current = [*config.current("schedules")]
    return answer(await of_query(lambda: asked.of(current, lambda p: p.name, shown)))


def _shown(
    published: Published,
    config: Configuration,
    book: OnCallBook,
    at: datetime,
    tz: str | None,
) -> Json:
    name = published.name
    found = on_call_at(book.plan(name), at)
    zone = ZoneInfo(tz or published.schedule.tz)
    return OnCallByScheduleOut.of(
        schedule=name,
        time_zone=zone.key,
        now=[_local(shift, zone) for shift in found.now],
        next=[_local(shift, zone) for shift in found.next],
        called_by=[*_called_by(name, config)],
    )


def _local(shift: Shift, zone: ZoneInfo) -> Json:
    begin, end = shift.begin.astimezone(zone), shift.end.astimezone(zone)
    return LocalShiftOut.of(shift, local_from=begin, local_to=end)


def _called_by(schedule: str, config: Configuration) -> list[Json]:
    return [
        {"kind": SINGULAR[kind], "name": user.name}
        for kind in ("escalation-policies", "teams")
        for user in config.current(kind)
        if ("schedules", schedule) in {r[1:] for r in user.reading.references}
    ]
