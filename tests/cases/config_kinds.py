"""Drivers for the kinds of case that configuration answers: is it taken, what of it."""

from datetime import UTC, datetime, time
from typing import Any

from domain.calendar.business_time import is_open
from domain.calendar.document import parse_calendar
from domain.errors import InvalidError
from infra.calendars.holidays import ical
from tests.cases.model import Answer, Case, UndrivableError, instant
from tests.cases.ticket_policy import Setting, policy_of, targets_of
from tests.support.dsl import published, world

NOON = time(12, tzinfo=UTC)
YEARLY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//cases//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20000101T000000Z
SUMMARY:A holiday
DTSTART;VALUE=DATE:{day}
RRULE:FREQ=YEARLY
END:VEVENT
END:VCALENDAR
"""
ALWAYS_OPEN = {
    day: [["00:00", "24:00"]]
    for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
}


def validation(case: Case) -> Answer:
    """Whether the calendar and the targets of the case can be published."""
    if "valid" not in case["expected"]:
        raise UndrivableError("the input is in words only")
    config = world().config
    try:
        if case["calendar"] is not None:
            config = published(config, "calendars", "hours", case["calendar"])
        if targets := targets_of(case):
            setting = Setting(calendar=None, opened_at=datetime.min)  # noqa: DTZ901
            policy = policy_of(case, targets.values(), setting)
            published(config, "sla-policies", "care", policy)
    except InvalidError as error:
        got = {"valid": False, "refused": str(error)}
    else:
        got = {"valid": True}
    return Answer(got, got["valid"] == case["expected"]["valid"])


def holidays(case: Case) -> Answer:
    """Which of the expected days are holidays."""
    if case["events"][0].get("type") == "ical_import":
        return imported(case)
    entries = [entry for event in case["events"] for entry in _entries(event)]
    form = {"tz": "UTC", "hours": ALWAYS_OPEN, "holidays": entries}
    calendar = parse_calendar(form)
    got = {
        day: not is_open(calendar, datetime.combine(datetime.fromisoformat(day), NOON))
        for day in case["expected"]
    }
    return Answer(got, got == case["expected"])


def imported(case: Case) -> Answer:
    """Days of an iCalendar file with one yearly day, imported at the event."""
    (event,) = case["events"]
    if "yearly" not in event:
        raise UndrivableError("an iCalendar file in words only")
    day = f"2000{event['yearly'].replace('-', '')}"
    today = instant(event["at"], UTC).date()
    found = ical.found(YEARLY.format(day=day), "/holidays/0", today)
    got = {"holidays": sorted(map(str, found.holidays))}
    return Answer(got, got == case["expected"])


def _entries(event: dict[str, Any]) -> list[dict[str, str]]:
    begin, end = event["begin"], event.get("end", event["begin"])
    if not event.get("perpetual"):
        return [{"from": begin, "to": end}]
    if begin != end:
        raise UndrivableError("a yearly range: ours repeat day by day")
    return [{"yearly": begin[5:]}]
