"""Three weeks of one ticket in office hours, on the real server with its clock moved:
a holiday, the night on which summer time begins, two pauses, a raised priority, a
resolution and a reopening; each event at its exact instant.

The weeks are those about the next last Sunday of March. Of 40 hours promised 25 are
used when the ticket pauses; the raised priority leaves 36, and the last half hour of
them is used after the reopening.
"""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.duration import format_duration
from domain.sla.facts import SlaMet, SlaMissed, SlaRestated, SlaWarned
from domain.ticket.decide import Change, PauseTicket, Reopen, Resolve
from domain.ticket.world import World
from tests.support.dsl import AGENTS, ANSWER, CUSTOMER, TEAMS, configured

pytestmark = pytest.mark.asyncio(loop_scope="session")
BERLIN = ZoneInfo("Europe/Berlin")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ANSWERS = {"first_response": "8h", "next_response": "4h"}
POLICY = {
    "match": [
        {
            "when": {"priority": "high"},
            "targets": ANSWERS | {"resolution": "36h"},
        },
        {"targets": ANSWERS | {"resolution": "40h"}},
    ],
    "calendar": "office",
    "warn_at": ["50%", "1h"],
    "escalation_policy": "climb",
    "on_change": {"reopen": "resume", "reopen_within": "14d"},
}
LADDER = {"steps": [{"after": "0s", "targets": [{"agent": "mia"}]}]}


def first_monday(now: datetime) -> datetime:
    """Midnight of the Monday before the next last Sunday of March."""
    for year in (now.year, now.year + 1):
        last = datetime(year, 3, 31, tzinfo=BERLIN)
        monday = last - timedelta(days=(last.weekday() + 1) % 7 + 6)
        if monday > now:
            return monday
    raise AssertionError("March comes every year")


class Weeks:
    def __init__(self, now: datetime) -> None:
        self.monday = first_monday(now)

    def at(self, week: int, day: str, at: str) -> datetime:
        date = self.monday.date() + timedelta(weeks=week - 1, days=DAYS.index(day))
        wall = datetime.combine(date, time.fromisoformat(at), BERLIN)
        return wall.astimezone(UTC)

    def seen(self, at: datetime) -> str:
        """`<week> <day> <time> <offset>` as people in Berlin saw it."""
        local = at.astimezone(BERLIN)
        week = (local.date() - self.monday.date()).days // 7 + 1
        return f"{week} {DAYS[local.weekday()]} {local:%H:%M:%S %z}"

    def office(self) -> dict[str, object]:
        holiday = self.at(2, "wed", "12:00").astimezone(BERLIN).date()
        hours = {day: [["09:00", "17:00"]] for day in DAYS[:5]}
        return {"tz": "Europe/Berlin", "hours": hours, "holidays": [str(holiday)]}


async def live(floor, weeks):
    """What people did, and when somebody looked."""
    spare_part = PauseTicket(
        reason="a spare part", status="on_hold", until=weeks.at(2, "thu", "12:00")
    )
    for week, day, at, command in [
        (1, "mon", "15:00", None),
        (1, "mon", "16:00", ANSWER),
        (1, "wed", "15:00", None),
        (1, "thu", "11:00", PauseTicket(reason="asked")),
        (2, "mon", "14:00", None),
        (2, "mon", "15:00", CUSTOMER),
        (2, "tue", "10:00", ANSWER),
        (2, "tue", "12:00", Change(priority="high")),
        (2, "tue", "16:00", spare_part),
        (2, "thu", "13:15", None),
        (2, "thu", "13:30", Resolve()),
        (3, "thu", "09:30", Reopen(reason="it came back")),
        (3, "thu", "12:00", None),
        (3, "fri", "15:00", Resolve()),
    ]:
        since = format_duration(weeks.at(week, day, at) - floor.opened_at)
        if command is None:
            await floor.until(since)
        else:
            await floor.do(since, command)
        if isinstance(command, Resolve):
            await floor.handle.result()


async def test_three_weeks_of_a_ticket(floor):
    weeks = Weeks(floor.opened_at)
    floor.opened_at = weeks.at(1, "mon", "10:00")
    documents = {
        "agents": AGENTS,
        "teams": TEAMS,
        "calendars": {"office": weeks.office()},
        "escalation-policies": {"climb": LADDER},
        "sla-policies": {"care": POLICY},
    }
    config = configured(documents)
    await floor.open(World(config=config, directory=config.directory))
    await live(floor, weeks)
    events = floor.log.streams[floor.queue]
    told = [f"{weeks.seen(event.timestamp)} {_named(event.fact)}" for event in events]
    assert told == [
        "1 mon 10:00:00 +0100 ticket.opened",
        "1 mon 10:00:00 +0100 sla.matched",
        "1 mon 10:00:00 +0100 escalation.pinned",
        "1 mon 10:00:00 +0100 sla.attached first_response/1",
        "1 mon 10:00:00 +0100 sla.attached resolution/1",
        "1 mon 14:00:00 +0100 sla.warned first_response/1 50%",
        "1 mon 16:00:00 +0100 ticket.message_added",
        "1 mon 16:00:00 +0100 sla.met first_response/1",
        "1 wed 14:00:00 +0100 sla.warned resolution/1 50%",
        "1 thu 11:00:00 +0100 ticket.paused",
        "1 thu 11:00:00 +0100 sla.paused resolution/1",
        "2 mon 15:00:00 +0200 ticket.message_added",
        "2 mon 15:00:00 +0200 ticket.resumed",
        "2 mon 15:00:00 +0200 sla.resumed resolution/1",
        "2 mon 15:00:00 +0200 sla.attached next_response/1",
        "2 mon 17:00:00 +0200 sla.warned next_response/1 50%",
        "2 tue 10:00:00 +0200 sla.warned next_response/1 1h",
        "2 tue 10:00:00 +0200 ticket.message_added",
        "2 tue 10:00:00 +0200 sla.met next_response/1",
        "2 tue 12:00:00 +0200 ticket.priority_changed",
        "2 tue 12:00:00 +0200 sla.matched",
        "2 tue 12:00:00 +0200 sla.restated resolution/1",
        "2 tue 16:00:00 +0200 ticket.paused",
        "2 tue 16:00:00 +0200 sla.paused resolution/1",
        "2 thu 12:00:00 +0200 ticket.resumed",
        "2 thu 12:00:00 +0200 sla.resumed resolution/1",
        "2 thu 13:00:00 +0200 sla.warned resolution/1 1h",
        "2 thu 13:30:00 +0200 ticket.resolved",
        "2 thu 13:30:00 +0200 sla.met resolution/1",
        "3 thu 09:30:00 +0200 ticket.reopened",
        "3 thu 09:30:00 +0200 sla.attached resolution/2",
        "3 thu 10:00:00 +0200 sla.breached resolution/2",
        "3 thu 10:00:00 +0200 escalation.started",
        "3 thu 10:00:00 +0200 escalation.step_fired",
        "3 thu 10:00:00 +0200 escalation.exhausted",
        "3 fri 15:00:00 +0200 ticket.resolved",
        "3 fri 15:00:00 +0200 sla.missed resolution/2",
        "3 fri 15:00:00 +0200 escalation.ended",
    ]
    restated, kept, missed = (
        next(event.fact for event in reversed(events) if isinstance(event.fact, kind))
        for kind in (SlaRestated, SlaMet, SlaMissed)
    )
    assert weeks.seen(restated.old_due_at) == "2 thu 14:00:00 +0200"
    assert weeks.seen(restated.new_due_at) == "2 thu 10:00:00 +0200"
    assert kept.elapsed == timedelta(hours=35, minutes=30)
    assert (missed.elapsed, missed.overrun) == (
        timedelta(hours=49),
        timedelta(hours=13),
    )


def _named(fact) -> str:
    words = [fact.topic]
    if hasattr(fact, "metric"):
        words.append(f"{fact.metric}/{fact.cycle}")
    if isinstance(fact, SlaWarned):
        words.append(fact.threshold)
    return " ".join(words)
