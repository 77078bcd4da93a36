"""Laws of on-call schedules, for any layers, overrides, leaves and ranges."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendar.calendar import WEEKDAYS
from domain.calendar.instants import to_us
from domain.oncall.layer_holders import layer_holders, open_hours
from domain.oncall.on_call import on_call_at
from domain.oncall.override import Leave, Override, Swap
from domain.oncall.plan import Plan
from domain.oncall.shifts import Shift, gaps, shifts
from tests.support.oncall import DAY, PEOPLE, at, layer, local, people_at, schedule

HALF_HOUR = timedelta(minutes=30)
ZONES = ["UTC", "America/Chicago", "Australia/Lord_Howe", "Africa/Casablanca"]
# weeks with a change of the clocks in Chicago, Casablanca, Lord Howe; one without
STARTS = ["2026-03-06", "2026-02-13", "2026-04-03", "2026-10-30", "2026-07-01"]
TIMES = [f"{h:02}:{m:02}" for h in range(24) for m in (0, 30)]


@st.composite
def layers(draw: st.DrawFn, index: int) -> dict[str, object]:
    fields: dict[str, object] = {
        "name": f"l{index}",
        "priority": draw(st.integers(0, 2)),
    }
    fields["unit"] = draw(st.sampled_from(["hour", "hour", "day", "week", "month"]))
    fields["length"] = draw(st.integers(1, 30))
    fields["start"] = f"{draw(st.sampled_from(STARTS))}T{draw(st.sampled_from(TIMES))}"
    fields["tz"] = draw(st.sampled_from(ZONES))
    if draw(st.booleans()):
        fields["restrict"] = draw(st.lists(restrictions(), min_size=1, max_size=3))
    if draw(st.booleans()):
        fields["from"], fields["until"] = "2026-03-07T01:30", "2026-11-01T01:30"
        fields["masks"] = draw(st.booleans())
    people = draw(st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=4))
    return layer(*people, **fields)


@st.composite
def dated_layers(
    draw: st.DrawFn, index: int, start: str | None = None
) -> dict[str, object]:
    """Shifts on the walls of some zone or in UTC, that may overlap and leave gaps."""
    fields: dict[str, object] = {
        "name": f"l{index}",
        "priority": draw(st.integers(0, 2)),
        "tz": draw(st.sampled_from(ZONES)),
        "shifts": draw(st.lists(dated_shifts(start), max_size=12)),
    }
    if draw(st.booleans()):
        fields["restrict"] = draw(st.lists(restrictions(), min_size=1, max_size=3))
    if draw(st.booleans()):
        fields["from"], fields["until"] = "2026-03-07T01:30", "2026-11-01T01:30"
        fields["masks"] = draw(st.booleans())
    return fields


@st.composite
def dated_shifts(draw: st.DrawFn, start: str | None) -> dict[str, object]:
    begin, end = draw(windows(reach=60, start=start))
    form = "%Y-%m-%dT%H:%M" + draw(st.sampled_from(["", ":00Z"]))
    person = draw(st.sampled_from(PEOPLE))
    return {"from": f"{begin:{form}}", "to": f"{end:{form}}", "person": person}


def any_layers(index: int) -> st.SearchStrategy[dict[str, object]]:
    return st.one_of(layers(index), layers(index), dated_layers(index))


@st.composite
def restrictions(draw: st.DrawFn) -> dict[str, object]:
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=7))
    opens = draw(st.sampled_from(TIMES))
    closes = draw(st.sampled_from([t for t in TIMES[1:] if t != opens] + ["24:00"]))
    return {"days": days, "from": opens, "to": closes}


@st.composite
def windows(
    draw: st.DrawFn, reach: int = 240, start: str | None = None
) -> tuple[datetime, datetime]:
    day = local(start or draw(st.sampled_from(STARTS)), "UTC")
    begin = day + timedelta(minutes=draw(st.integers(-60 * 24, 60 * 24 * 5)))
    return begin, begin + timedelta(minutes=draw(st.integers(1, 60 * reach)))


@st.composite
def changes(draw: st.DrawFn) -> Override | Swap:
    begin, end = draw(windows(reach=48))
    one, other = draw(st.permutations(PEOPLE))[:2]
    cancelled = draw(st.none() | windows().map(lambda window: window[0]))
    if draw(st.integers(0, 3)) == 0:
        back = draw(st.none() | windows(reach=48))
        window = {"begin": begin, "end": end, "cancelled_at": cancelled}
        return Swap(id="s", asker=one, taker=other, back=back, **window)
    kind = draw(st.sampled_from(["add", "remove", "replace"]))
    return Override(
        id="o",
        kind=kind,
        person=one,
        replaces=draw(st.none() | st.just(other)) if kind == "replace" else None,
        begin=begin,
        end=end,
        by="lead",
        priority=draw(st.integers(0, 1)),
        cancelled_at=cancelled,
    )


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    def drawn() -> list[dict[str, object]]:
        return [draw(any_layers(index)) for index in range(draw(st.integers(1, 3)))]

    leaves = [
        Leave(person=person, begin=begin, end=end)
        for person in draw(st.lists(st.sampled_from(PEOPLE), max_size=2))
        for begin, end in [draw(windows(reach=96))]
    ]
    made = tuple(draw(st.lists(changes(), max_size=3)))
    first = Plan.of(schedule(*drawn()), changes=made, leaves=tuple(leaves))
    if draw(st.booleans()):
        return first
    return first.revised(
        schedule(*drawn()), local(draw(st.sampled_from(STARTS)), "UTC")
    )


@settings(max_examples=60)
@given(plan=plans(), window=windows())
def test_shifts_and_gaps_share_the_range_between_them(plan, window):
    begin, end = window
    found, uncovered = shifts(plan, begin, end), gaps(plan, begin, end)
    edges = sorted(
        {begin, end} | {e for s in (*found, *uncovered) for e in (s.begin, s.end)}
    )
    assert (edges[0], edges[-1]) == (begin, end)
    for instant in edges[:-1]:
        covered = any(s.begin <= instant < s.end for s in found)
        open_ = any(g.begin <= instant < g.end for g in uncovered)
        assert covered != open_


@settings(max_examples=60)
@given(plan=plans(), window=windows())
def test_nobody_is_on_call_twice_at_an_instant(plan, window):
    by_person: dict[str, list[Shift]] = {}
    for shift in shifts(plan, *window):
        by_person.setdefault(shift.person, []).append(shift)
    for own in by_person.values():
        assert all(one.end <= following.begin for one, following in pairwise(own))
        assert all(
            one.end < following.begin or one.reason != following.reason
            for one, following in pairwise(own)
        )


@settings(max_examples=60)
@given(form=layers(0), window=windows())
def test_a_layer_of_turns_has_at_most_one_holder_at_each_instant(form, window):
    single = schedule(form).layers[0]
    begin, end = map(to_us, window)
    away = {"a": [(begin, (begin + end) // 2)]}
    held = list(layer_holders(single, away, begin, end))
    assert all(piece.begin < piece.end for piece in held)
    assert all(one.end <= following.begin for one, following in pairwise(held))


def on_the_walls(form: dict[str, Any]) -> list[tuple[str, datetime, datetime]]:
    """(person, begin, end) of the shifts as they are written; by looking it up in the
    zone, the first instant that shows the begin, the last that shows the end.
    """
    zone, found = ZoneInfo(form["tz"]), []
    for shift in form["shifts"]:
        begin, end = (datetime.fromisoformat(shift[side]) for side in ("from", "to"))
        if not begin.tzinfo:
            begins = (_shown(begin, zone, fold) for fold in (0, 1))
            ends = (_shown(end, zone, fold) for fold in (0, 1))
            begin, end = min(begins), max(ends)
        found.append((shift["person"], begin.astimezone(UTC), end.astimezone(UTC)))
    return found


def _shown(wall: datetime, zone: ZoneInfo, fold: int) -> datetime:
    """The instant of a wall time; where the clocks jump over it, that of the jump."""
    instant = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == wall:
        return instant
    jump = instant - timedelta(hours=3)
    while jump.astimezone(zone).replace(tzinfo=None) < wall:
        jump += timedelta(minutes=1)
    return jump


@st.composite
def dated_and_asked(draw: st.DrawFn) -> tuple[dict[str, object], Any]:
    """Of the same days."""
    start = draw(st.sampled_from(STARTS))
    return draw(dated_layers(0, start)), draw(windows(start=start))


@settings(max_examples=150)
@given(case=dated_and_asked())
def test_a_layer_of_dated_shifts_has_whom_they_say_and_each_once(case):
    form, window = case
    single = schedule(form).layers[0]
    begin, end = map(to_us, window)
    away = {"a": [(begin, (begin + end) // 2)]}
    held = list(layer_holders(single, away, begin, end))
    assert held == sorted(held)
    assert all(begin <= piece.begin < piece.end <= end for piece in held)
    open_ = open_hours(single, *_cut(single.validity, (begin, end)))
    told = on_the_walls(form)
    edges = {begin, end, *(to_us(i) for _, *both in told for i in both)}
    edges |= {edge for piece in held for edge in piece[:2]}
    for instant in sorted(edge for edge in edges if begin <= edge < end):
        said = [p.person for p in held if p.begin <= instant < p.end]
        assert len(said) == len(set(said))
        there = any(first <= instant < last for first, last in open_)
        gone = {p for p, ((first, last),) in away.items() if first <= instant < last}
        meant = {p for p, b, e in told if to_us(b) <= instant < to_us(e)}
        assert set(said) == (meant - gone if there else set())


def _cut(span: tuple[int, int], to: tuple[int, int]) -> tuple[int, int]:
    begin, end = max(span[0], to[0]), min(span[1], to[1])
    return begin, max(begin, end)


@settings(max_examples=60)
@given(plan=plans(), window=windows(), parts=st.tuples(*[st.floats(0, 1)] * 2))
def test_a_part_of_a_range_is_answered_as_in_the_whole(plan, window, parts):
    begin, end = window
    first, last = sorted(begin + (end - begin) * part for part in parts)
    if first == last:
        return
    cut = [
        (max(s.begin, first), min(s.end, last), s.person, s.reason)
        for s in shifts(plan, begin, end)
        if s.begin < last and s.end > first
    ]
    found = [(s.begin, s.end, s.person, s.reason) for s in shifts(plan, first, last)]
    assert found == sorted(cut)


@settings(max_examples=40)
@given(plan=plans(), window=windows())
def test_who_is_on_call_at_an_instant_is_who_has_a_shift_then(plan, window):
    instant = window[0]
    found = on_call_at(plan, instant)
    assert {s.person for s in found.now} == set(people_at(plan, instant))
    now = {s.person for s in found.now}
    assert all(s.begin > instant and s.person not in now for s in found.next)
    assert all(s.end <= instant and s.person not in now for s in found.previous)
    assert not now & {absent.person for absent in found.absent}


@settings(max_examples=40)
@given(form=layers(0), more=st.lists(st.sampled_from("vwxyz"), unique=True))
def test_a_change_of_people_never_changes_who_is_on_call(form, more):
    turns = form["rotation"]
    now = local("2026-07-08T13:00", "UTC")
    before = Plan.of(schedule({**form, "from": "2026-01-01", "masks": False}))
    people = [*more, *turns["people"], *more]
    grown = {**form, "rotation": {**turns, "people": people}}
    after = before.revised(
        schedule({**grown, "from": "2026-01-01", "masks": False}), now
    )
    assert people_at(after, now) == people_at(before, now)


@settings(max_examples=40)
@given(form=layers(0), window=windows())
def test_turns_go_round_in_order_and_skip_nobody_who_opens(form, window):
    single = schedule(form).layers[0]
    begin, end = map(to_us, window)
    held = list(layer_holders(single, {}, begin, end))
    numbers = [int(piece.reason.rsplit(" ", 1)[1]) for piece in held]
    people = single.rotation.people
    assert [p.person for p in held] == [people[(n - 1) % len(people)] for n in numbers]
    steps = [following - one for one, following in pairwise(numbers)]
    assert all(step >= 0 for step in steps)
    if single.rotation.unit != "hour":
        assert all(step <= 1 for step in steps)


def open_at(instant: datetime, windows: list[dict[str, Any]]) -> bool:
    """Half an hour from there, in UTC, looked up as it is written."""
    shown, yesterday = (f"{WEEKDAYS[(instant - n * DAY).weekday()]}" for n in (0, 1))
    time = f"{instant:%H:%M}"
    return any(
        (shown in w["days"] and w["from"] <= time and (time < w["to"] or _night(w)))
        or (yesterday in w["days"] and _night(w) and time < w["to"])
        for w in windows
    )


def _night(window: dict[str, Any]) -> bool:
    return bool(window["to"] < window["from"])


@settings(max_examples=60)
@given(
    windows=st.lists(restrictions(), min_size=1, max_size=3),
    unit=st.sampled_from(["hour", "day"]),
    length=st.integers(1, 40),
    time=st.sampled_from(TIMES),
)
def test_turns_are_those_of_a_walk_from_the_start(windows, unit, length, time):
    form = layer(*"abcde", unit=unit, length=length, start=f"2026-03-02T{time}")
    days = Plan.of(schedule({**form, "restrict": windows}))
    hours = length * (24 if unit == "day" else 1)
    start = local(f"2026-03-02T{time}", "UTC")
    turn, counted, walked = -1, -1, []
    for half in range(2 * 24 * 21):
        if open_at(start + half * HALF_HOUR, windows):
            turn += counted != half // (2 * hours)
            counted = half // (2 * hours)
            walked.append((half, "abcde"[turn % 5]))
    assert walked == [
        (half, shift.person)
        for shift in shifts(days, start, start + 21 * DAY)
        for half in range(
            (shift.begin - start) // HALF_HOUR, (shift.end - start) // HALF_HOUR
        )
    ]


def test_a_range_of_two_years_is_answered():
    form = layer("a", "b", unit="hour")
    assert shifts(Plan.of(schedule(form)), at(0), at(0) + 732 * DAY)
