"""The events of an iCalendar text (RFC 5545), as shifts.

A series is expanded from 31 days back to 400 days ahead of today; single events are
kept whatever their date. Times without a zone are in that of the layer. A wall time
that occurs twice is the first one; a time that does not exist is as far after the jump
as it would have been, as the RFC says; days begin and end as layers do, at local
midnight.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Event

from domain.calendar.instants import Span, from_us, to_us
from domain.errors import FieldError
from domain.oncall.dated_shifts_form import MOST_SHIFTS
from domain.oncall.schedule_words import YEARS
from domain.oncall.shift_people import MOST_TOGETHER, FoundShift
from domain.oncall.shift_sources import FoundShifts, ShiftSource
from domain.oncall.wall_time import first_instant, last_instant
from infra.calendars.ical.refusal import IcalError, refusing
from infra.calendars.ical.series import in_series, spelled_out
from infra.calendars.ical.text import LENGTH, events_of, length_of

ONE_DAY = timedelta(days=1)
DAYS_BACK, DAYS_AHEAD = timedelta(days=31), timedelta(days=400)
NOBODY = ("ROOM", "RESOURCE")


class Days(NamedTuple):
    """The days for which series are expanded, the last one excluded, in which zone."""

    first: date
    last: date
    zone: ZoneInfo

    def reach(self, span: Span) -> bool:
        return span[0] < _begin(self.last, self) and span[1] > _begin(self.first, self)


def found(source: ShiftSource, today: date) -> FoundShifts:
    """Raises InvalidError for an invalid or too large calendar."""
    days = Days(today - DAYS_BACK, today + DAYS_AHEAD, ZoneInfo(source.tz))
    where = f"{source.pointer}/ical"
    with refusing(where):
        alone, series = in_series(_checked(events_of(source.ical)))
        spelled = spelled_out(series, days.first, days.last)
        shifts: list[FoundShift] = []
        for shift in _shifts(alone, spelled.occurrences, days):
            shifts.append(shift)
            if len(shifts) > MOST_SHIFTS:
                raise IcalError(f"more than {MOST_SHIFTS:,} shifts")
    lasting = tuple(shift for shift in shifts if shift.begin < shift.end)
    until = days.last if spelled.goes_on else None
    warnings = _warnings(len(shifts), len(lasting), until)
    return FoundShifts(
        shifts=lasting, warnings=tuple(FieldError(where, w) for w in warnings)
    )


def _warnings(events: int, lasting: int, until: date | None) -> Iterator[str]:
    if not events:
        yield "holds no event of these days"
    if events > lasting:
        yield f"{events - lasting} events without a length are no shifts: left out"
    if until is not None:
        yield f"its series are expanded until {until}: publish again before then"


def _checked(events: list[Event]) -> list[Event]:
    for event in events:
        _check_length(event)
        start, end = event.start, event.end
        if isinstance(start, datetime) != isinstance(end, datetime) or end < start:
            raise IcalError("an event that ends before it begins")
    return events


def _check_length(event: Event) -> None:
    length, start = length_of(event), event.get("DTSTART")
    if length is None:
        return
    what = f"DURATION:{event[LENGTH]}"
    if min(length.days, length.exact // ONE_DAY) < 0:
        raise IcalError(f"{what}: an event that ends before it begins")
    if length.exact and not isinstance(getattr(start, "dt", None), datetime):
        raise IcalError(f"{what} of an all-day event: only days, for example P1D")


def _shifts(
    alone: list[Event], occurrences: Iterator[Event], days: Days
) -> Iterator[FoundShift]:
    for event in alone:
        yield _shift(event, _span(event, days))
    for event in occurrences:
        if days.reach(span := _span(event, days)):
            yield _shift(event, span)


def _shift(event: Event, span: Span) -> FoundShift:
    begin, end = from_us(span[0]), from_us(span[1])
    for year in {begin.year, end.year} - set(YEARS):
        raise IcalError(f"an event of the year {year}")
    texts, attendees = _list(event.get("SUMMARY")), _list(event.get("ATTENDEE"))
    if len(attendees) > MOST_TOGETHER:
        raise IcalError(f"an event of more than {MOST_TOGETHER} people")
    return FoundShift(
        begin=begin,
        end=end,
        summary=str(texts[0]).strip() if texts else "",
        mails=tuple(_mails(attendees)),
    )


def _mails(attendees: Iterable[Any]) -> Iterator[str]:
    for attendee in attendees:
        declined = str(attendee.params.get("PARTSTAT", "")).upper() == "DECLINED"
        thing = str(attendee.params.get("CUTYPE", "")).upper() in NOBODY
        if not declined and not thing:
            address = str(attendee).strip()
            at = len("mailto:") if address.lower().startswith("mailto:") else 0
            yield address[at:]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _span(event: Event, days: Days) -> Span:
    start, end = event.start, event.end
    if not isinstance(start, datetime):
        end = max(end, start + ONE_DAY)  # some write the same day twice
        return _begin(start, days), last_instant(days.zone, _midnight(end))
    length = length_of(event)
    # An occurrence may have an end of its own.
    if length is not None and start + length.days * ONE_DAY + length.exact == end:
        # Hours are exact, also in the night when the clocks change; days are not.
        day = _begin(start + length.days * ONE_DAY, days)
        return _begin(start, days), day + length.exact // timedelta(microseconds=1)
    return _begin(start, days), _begin(end, days)


def _begin(at: date, days: Days) -> int:
    if not isinstance(at, datetime):
        return first_instant(days.zone, _midnight(at))
    return to_us(at if at.tzinfo else at.replace(tzinfo=days.zone))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min)
