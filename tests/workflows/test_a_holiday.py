"""A promise that breaks on the eve of a holiday, on the real server with its clock
moved: whoever has the holiday by somebody else's calendar is told on that day, nobody
of the working week is, and hours of business go on after a long weekend in which the
clocks change.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.configuration.configuration import fold_config
from domain.configuration.on_call_book import fold_oncall
from domain.configuration.publishing import publish
from domain.escalation.facts import EscalationStepFired, EscalationWaiting
from domain.event import Event
from domain.oncall.shift_sources import spell_out
from domain.ticket.world import World
from infra.calendars.sources import InstalledSources
from tests.support.dsl import BY_ANN, configured

pytestmark = pytest.mark.asyncio(loop_scope="session")
BERLIN = ZoneInfo("Europe/Berlin")
WEEK = ("mon", "tue", "wed", "thu", "fri")
AGENTS = {name: {"name": name.title()} for name in ("ann", "bo", "chen")}
ON_CALL = [{"on_call": "desk"}]
LADDER = {
    "steps": [
        {"after": "0s", "targets": ON_CALL},
        {"after": "PT3H", "targets": ON_CALL},
        {"after": "PT5H", "time": "business", "targets": ON_CALL},
    ],
    "nobody": "hold P1D",
}
POLICY = {
    "match": [{"targets": {"first_response": "4h"}}],
    "calendar": "office",
    "escalation_policy": "climb",
}


class Weekend:
    """The last of March, with its Thursday and Friday before and its Monday after."""

    def __init__(self, now: datetime) -> None:
        lasts = (datetime(now.year + n, 3, 31, tzinfo=BERLIN) for n in (0, 1))
        sundays = (last - timedelta(days=(last.weekday() + 1) % 7) for last in lasts)
        sunday = next(day for day in sundays if day > now + timedelta(days=9))
        self.thursday = sunday.date() - timedelta(days=3)

    def at(self, days: int, hour: int) -> datetime:
        """So many days after that Thursday."""
        day = self.thursday + timedelta(days=days)
        return datetime.combine(day, time(hour), BERLIN).astimezone(UTC)

    def seen(self, at: datetime) -> str:
        return f"{at.astimezone(BERLIN):%a %H:%M:%S %z}"

    @property
    def holiday(self):
        return self.thursday + timedelta(days=1)

    def office(self):
        hours = {day: [["09:00", "17:00"]] for day in WEEK}
        return {"tz": BERLIN.key, "hours": hours, "holidays": [str(self.holiday)]}

    def desk(self):
        """Ann and Bo by weeks, in working hours; on the holiday who the text says."""
        monday = self.thursday - timedelta(days=3)
        turns = {"start": f"{monday}T08:00", "unit": "week", "people": ["ann", "bo"]}
        hours = [{"days": list(WEEK), "from": "08:00", "to": "18:00"}]
        holiday = {
            "from": str(self.holiday),
            "until": str(self.holiday + timedelta(days=1)),
            "masks": True,
            "ical": self.text(),
            "people": {"Chen Wu": "chen"},
        }
        return {
            "tz": BERLIN.key,
            "layers": [
                {"name": "week", "rotation": turns, "restrict": hours},
                {"name": "holiday", **holiday},
            ],
        }

    def text(self) -> str:
        """One event of a yearly series that began the year before."""
        last_year = f"{self.holiday.year - 1}{self.holiday:%m%d}"
        return "\r\n".join(
            [
                *("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT"),
                f"DTSTART;TZID={BERLIN.key}:{last_year}T100000",
                f"DTEND;TZID={BERLIN.key}:{last_year}T160000",
                *("UID:1", "RRULE:FREQ=YEARLY", "SUMMARY:chen wu", "END:VEVENT"),
                *("END:VCALENDAR", ""),
            ]
        )


def around(weekend: Weekend) -> World:
    documents = {"agents": AGENTS, "calendars": {"office": weekend.office()}}
    config, desk = configured(documents), weekend.desk()
    sources, published_at = InstalledSources(), weekend.at(-7, 12)
    expansion = spell_out(desk, lambda s: sources.shifts(s, published_at.date()))
    fact = publish(config, "schedules", "desk", desk, expansion, published_at)
    event = Event("schedules/desk", 1, published_at, BY_ANN, fact)
    config = fold_config([event], config)
    rest = {"escalation-policies": {"climb": LADDER}, "sla-policies": {"care": POLICY}}
    config = configured(rest, config)
    return World(config=config, directory=config.directory, oncall=fold_oncall([event]))


async def test_a_holiday(floor):
    weekend = Weekend(floor.opened_at)
    floor.opened_at = weekend.at(0, 12)
    await floor.open(around(weekend))
    for day, hour in [(0, 17), (0, 23), (1, 9), (1, 17), (3, 12), (4, 10), (4, 12)]:
        left = weekend.at(day, hour) - floor.opened_at
        await floor.until(f"PT{left // timedelta(hours=1)}H")

    events = floor.log.streams[floor.queue]
    told = [f"{weekend.seen(event.timestamp)} {_named(event.fact)}" for event in events]
    assert [line for line in told if "sla" in line or "escalation" in line] == [
        "Thu 12:00:00 +0100 sla.matched",
        "Thu 12:00:00 +0100 escalation.pinned",
        "Thu 12:00:00 +0100 sla.attached",
        "Thu 16:00:00 +0100 sla.breached",
        "Thu 16:00:00 +0100 escalation.started",
        "Thu 16:00:00 +0100 escalation.step_fired ann",
        "Thu 19:00:00 +0100 escalation.waiting",
        "Fri 10:00:00 +0100 escalation.step_fired chen",
        "Mon 11:00:00 +0200 escalation.step_fired bo",
        "Mon 11:00:00 +0200 escalation.exhausted",
    ]
    held = next(e.fact for e in events if isinstance(e.fact, EscalationWaiting))
    assert held.until == weekend.at(1, 10)


def _named(fact) -> str:
    if not isinstance(fact, EscalationStepFired):
        return fact.topic
    return " ".join([fact.topic, *(chosen.person for chosen in fact.chosen)])
