"""Drivers for the kinds of case that a calendar answers on its own."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from domain.calendar.business_time import (
    Segment,
    back,
    breach_at,
    due_at,
    elapsed,
    is_open,
    next_open,
    previous_open,
    segments,
)
from domain.calendar.instants import wall_to_utc
from domain.calendar.working_days import working_days_later
from tests.cases.model import (
    Answer,
    Case,
    UndrivableError,
    budget_of,
    calendar_of,
    instant,
    local_days,
    pauses_of,
    show,
    start_of,
    stop_of,
    timed_events,
    zone_of,
)

SOME_START = datetime(2026, 1, 12, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LOOK = timedelta(days=60)


def deadline(case: Case) -> Answer:
    """Either instant passes: sources differ where a budget ends at closing time."""
    if "deadline_shift_min" in case["expected"]:
        return deadline_shift(case)
    calendar = calendar_of(case)
    question = (calendar, start_of(case), budget_of(case), pauses_of(case))
    due, breach = due_at(*question), breach_at(*question)
    (expected,) = case["expected"].values()
    got = {"due_at": show(due), "breach_at": show(breach)}
    if calendar is None and case["calendar"] is not None:
        got["rule"] = "never open is refused; the rule asked for is named `always`"
    return Answer(got, instant(expected, zone_of(case)) in (due, breach))


def deadline_shift(case: Case) -> Answer:
    """How far a pause half-way moves the deadline of some clock."""
    calendar = calendar_of(case)
    pause = timedelta(minutes=case["targets"]["pause_min"])
    begin = SOME_START + HOUR / 2
    paused = due_at(calendar, SOME_START, HOUR, [(begin, begin + pause)])
    plain = due_at(calendar, SOME_START, HOUR)
    assert paused is not None
    assert plain is not None
    got = {"deadline_shift_min": (paused - plain) / timedelta(minutes=1)}
    return Answer(got, got == case["expected"])


def elapsed_time(case: Case) -> Answer:
    seconds = elapsed(
        calendar_of(case), start_of(case), stop_of(case), pauses_of(case)
    ) / timedelta(seconds=1)
    return Answer({"elapsed_s": seconds}, seconds == case["expected"]["elapsed_s"])


def business_pieces(case: Case) -> Answer:
    """The first (or, before the origin, the last) pieces, as many as are expected."""
    expected = case["expected"]
    if "pauses" in expected or "pause_local" in expected:
        return paused_pieces(case)
    zone, origin = zone_of(case), start_of(case)
    wanted = [tuple(instant(at, zone) for at in pair) for pair in expected["segments"]]
    count = len(wanted)
    if wanted and wanted[0][1] <= origin:
        got = segments(calendar_of(case), origin - LOOK, origin)[: -count - 1 : -1]
    else:
        got = segments(calendar_of(case), origin, origin + LOOK)[:count]
    return Answer({"segments": [_shown(piece) for piece in got]}, list(got) == wanted)


def paused_pieces(case: Case) -> Answer:
    """Pauses in local time, those of `pause_local` cut at midnight."""
    zone, calendar = zone_of(case), calendar_of(case)
    local: dict[str, list[list[str]]] = {}
    for pause in pauses_of(case):
        if pause.end is None:
            raise UndrivableError("a pause without an end")
        for piece in segments(calendar, pause.start, pause.end):
            for day, begin, end in local_days(zone, *piece):
                times = [f"{at.astimezone(zone):%H:%M}" for at in (begin, end)]
                if times[1] == "00:00":
                    times[1] = "24:00"
                local.setdefault(str(day), []).append(times)
    if "pauses" in case["expected"]:
        pauses = [times for day in local.values() for times in day]
        return Answer({"pauses": pauses}, pauses == case["expected"]["pauses"])
    expected = case["expected"]["pause_local"]
    single = {day: t[0] if len(t) == 1 else t for day, t in local.items()}
    return Answer({"pause_local": single}, expected in (single, local))


def backward(case: Case) -> Answer:
    """Where the start falls on a closed stretch, either end of it passes."""
    calendar = calendar_of(case)
    (end,) = (at for _, at, _ in timed_events(case))
    if "before_business_days" in case["targets"]:
        days = case["targets"]["before_business_days"]
        found = working_days_later(calendar, end, -days)
    else:
        found = back(calendar, end, budget_of(case), pauses_of(case))
    return _one_instant(case, found, previous_open(calendar, found) if found else None)


def business_days(case: Case) -> Answer:
    targets, calendar = case["targets"], calendar_of(case)
    found = working_days_later(
        calendar,
        start_of(case),
        targets["business_days"],
        end_of_day=targets.get("end_of_working_day", False),
    )
    return _one_instant(case, found, next_open(calendar, found) if found else None)


def _one_instant(case: Case, *ends: datetime | None) -> Answer:
    ((name, expected),) = case["expected"].items()
    return Answer({name: show(ends[0])}, instant(expected, zone_of(case)) in ends)


def in_hours(case: Case) -> Answer:
    got = {"in_hours": is_open(calendar_of(case), start_of(case))}
    return Answer(got, got == case["expected"])


def wall_clock(case: Case) -> Answer:
    """Local time to UTC; a calendar is not needed, and the cases have empty ones."""
    zone, text = ZoneInfo(case["calendar"]["tz"]), case["events"][0]["at"]
    day, _, time = text.partition("T")
    hour, minute, *second = (int(part) for part in time.split(":"))
    since_midnight = timedelta(hours=hour, minutes=minute, seconds=sum(second))
    got = wall_to_utc(zone, datetime.fromisoformat(day) + since_midnight)
    return Answer({"utc": show(got)}, got == instant(case["expected"]["utc"], UTC))


def _shown(piece: Segment) -> list[str | None]:
    return [show(piece.start), show(piece.end)]
