"""What a case expects of a ticket, field by field, and what ours answers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from domain.calendar.business_time import due_at, next_open
from domain.calendar.working_days import working_days_later
from domain.sla.clock import Clock
from domain.sla.facts import SlaWarned
from tests.cases import ticket_words
from tests.cases.asked import SECOND, Asked, all_of, broken
from tests.cases.model import Answer, Case, UndrivableError, show, zone_of
from tests.cases.ticket_policy import metric_of
from tests.cases.ticket_story import Seen, TicketStory

DAY = timedelta(days=1)
OFFSET = "escalation_level_offset_s"
AFTER_A_BREACH = "levels: ladders count wall time, business_time is asked itself"
IN_WHOLE_DAYS = "levels: whole days are working days, working_days is asked itself"
Found = re.Match[str]
Answerer = Callable[[Asked, Found, Any], Answer]


def ticket(case: Case) -> Answer:
    return answer(TicketStory(case))


def answer(story: TicketStory) -> Answer:
    """All fields of `expected`, those of the events too unless they are a mistake."""
    end = Asked(story, story.ticket, story.now)
    expected = story.case["expected"]
    found = all_of({name: _field(end, name, expected[name]) for name in expected})
    if story.case.get("adopt") == "do_not_adopt":
        return found
    inline = ticket_words.inline(story)
    got = found.got | ({"in_events": inline.got} if inline.got else {})
    return replace(found, got=got, agrees=found.agrees and inline.agrees)


def _field(asked: Asked, name: str, expected: Any) -> Answer:
    for pattern, answerer in ANSWERERS.items():
        if found := re.fullmatch(pattern, name):
            return answerer(asked, found, expected)
    raise UndrivableError(f"{name!r} is not asked of tickets")


def _deadlines(asked: Asked, _: Found, expected: Any) -> Answer:
    """Of all clocks that are named, else of the one there is or the next of many."""
    if isinstance(expected, dict):
        return all_of({name: asked.due(name, at) for name, at in expected.items()})
    if len(asked.story.targets) > 1:
        return asked.nearest(expected)
    return asked.due(asked.metric, expected)


def _projected(asked: Asked, _: Found, expected: dict[str, Any]) -> Answer:
    """The deadlines that the clocks stopped under."""
    clocks = {name: asked.last(metric_of(name)) for name in expected}
    return all_of(
        {
            name: Answer(None, agrees=False)
            if clock is None or expected[name] is None
            else asked.due_of(clock, expected[name])
            for name, clock in clocks.items()
        }
    )


def _one_deadline(asked: Asked, found: Found, expected: Any) -> Answer:
    if not isinstance(expected, dict) or "unchanged" not in expected:
        return asked.due(found["metric"], expected)
    answer = asked.due(found["metric"], expected["at"])
    metric = metric_of(found["metric"])
    same = len({_due_of(seen, metric) for seen in asked.story.seen}) == 1
    return replace(answer, agrees=answer.agrees and same)


def _deadline_unchanged(asked: Asked, found: Found, expected: Any) -> Answer:
    """By the last event."""
    metric = metric_of(found["metric"])
    before, after = (_due_of(seen, metric) for seen in asked.story.seen[-2:])
    same = before is not None and before == after
    return Answer(same, same is expected)


def _due_of(seen: Seen, metric: str) -> datetime | None:
    clocks = [c for c in seen.ticket.clocks if c.metric == metric]
    return clocks[-1].due_at if clocks else None


def _due(asked: Asked, found: Found, expected: Any) -> Answer:
    """`D`: the deadline that an event of the case calls so."""
    if expected != "D":
        return _deadlines(asked, found, expected)
    named = ticket_words.named_deadline(asked.story, "D")
    got = ticket_words.due_shown(asked.ticket)
    return Answer({"D": show(named), "due": show(got)}, named == got)


def _at_a_moment(asked: Asked, found: Found, expected: Any) -> Answer:
    """`due_at_open`, `status_at_12:30`, `solution_due_after_resume`."""
    seen = _moment(asked.story, found["when"])
    then = Asked(asked.story, seen.ticket, seen.at)
    return _field(then, found["field"], expected)


def _before_and_after(asked: Asked, found: Found, expected: Any) -> Answer:
    """The last event, which changes what applies."""
    seen = asked.story.seen[-2 if found["when"] == "before" else -1]
    then = Asked(asked.story, seen.ticket, seen.at)
    return _field(then, found["field"] or "due_at", expected)


def _moment(story: TicketStory, when: str) -> Seen:
    kind, _, word = when.partition("_")
    if when == "open":
        return story.seen[0]
    if kind == "after":
        fitting = [seen for seen in story.seen if _is_called(seen, word)]
    else:
        zone = zone_of(story.case)
        fitting = [s for s in story.seen if f"{s.at.astimezone(zone):%H:%M}" <= word]
    if not fitting:
        raise UndrivableError(f"no moment {when!r} in the events")
    return fitting[-1]


def _is_called(seen: Seen, word: str) -> bool:
    goes_on = "state" in seen.words and seen.ticket.status == "open"
    return word in seen.words or (word == "resume" and goes_on)


def _statistics(asked: Asked, found: Found, expected: Any) -> Answer:
    worst = asked.worst(found["metric"])
    if not isinstance(expected, dict):
        return asked.statistic(worst, "verdict", expected)
    return all_of({n: asked.statistic(worst, n, v) for n, v in expected.items()})


def _statistic(asked: Asked, found: Found, expected: Any) -> Answer:
    worst = asked.worst(found["metric"] or asked.metric)
    return asked.statistic(worst, found["what"], expected)


def _next_escalation(asked: Asked, _: Found, expected: Any) -> Answer:
    return asked.nearest(expected)


def _starts_at(asked: Asked, _: Found, expected: Any) -> Answer:
    got = next_open(asked.story.calendar, asked.clock.counted_from)
    return asked.at_instant(got, expected)


def _paused(asked: Asked, _: Found, expected: Any) -> Answer:
    """Business seconds."""
    got = asked.paused(asked.clock) / SECOND
    return Answer(got, got == expected)


def _level(asked: Asked, _: Found, expected: Any) -> Answer:
    """Before the deadline it is a warning of the clock. After it, and in whole days,
    our ladders and warnings have no business time: the same arithmetic is asked.
    """
    if OFFSET not in asked.story.case["targets"]:
        return asked.nearest(expected)
    clock, calendar = asked.clock, asked.story.calendar
    due, offset = clock.due_at, asked.story.case["targets"][OFFSET] * SECOND
    if due is None:
        return Answer(None, expected is None)
    got: datetime | None
    if not offset % DAY:
        got, why = working_days_later(calendar, due, offset // DAY), IN_WHOLE_DAYS
    elif offset > timedelta(0):
        got, why = due_at(calendar, due, offset, clock.pauses), AFTER_A_BREACH
    else:
        got, why = next(_warnings(asked, clock), None), None
    return replace(asked.at_instant(got, expected), why=why)


def _warnings(asked: Asked, clock: Clock) -> Iterator[datetime]:
    yield from (warning.at for warning in clock.warnings)
    yield from (fact.warn_at for fact in asked.story.story.all(SlaWarned))


def _status(asked: Asked, _: Found, expected: Any) -> Answer:
    got = ticket_words.status(asked.ticket, expected)
    return Answer(got, got == expected)


def _misses(asked: Asked, _: Found, expected: dict[str, int]) -> Answer:
    got = {n: sum(map(broken, asked.cycles(metric_of(n)))) for n in expected}
    return Answer(got, got == expected)


def _overrun(asked: Asked, _: Found, expected: Any) -> Answer:
    """Frozen at the stop event of that metric: the same then and at the end."""
    metric = metric_of(expected)
    overruns = [
        Asked(asked.story, seen.ticket, seen.at).used(clock) - clock.target
        for seen in asked.story.seen
        for clock in seen.ticket.clocks
        if clock.metric == metric and not clock.live
    ]
    same = len(overruns) > 1 and len(set(overruns)) == 1
    got = [overrun / SECOND for overrun in overruns]
    return Answer(got, same and overruns[0] > timedelta(0))


def _clock_stops(asked: Asked, found: Found, expected: Any) -> Answer:
    if isinstance(expected, str):
        raise UndrivableError(f"in words only: {expected!r}")
    ends = [s for s in asked.story.seen if s.words[0].startswith(expected["stops_at"])]
    clock = asked.last(metric_of(found["metric"]))
    if clock is None:
        raise UndrivableError(f"no clock of {found['metric']} started")
    got = {"state": clock.state, "stopped_at": show(clock.stopped_at)}
    return Answer(
        got, clock.state == "met" and [clock.stopped_at] == [s.at for s in ends]
    )


def _mean(asked: Asked, found: Found, expected: Any) -> Answer:
    cycles = asked.cycles(metric_of(found["metric"]))
    lengths = [asked.used(clock) for clock in cycles if not clock.live]
    got = sum(lengths, timedelta(0)) / len(lengths) / SECOND if lengths else None
    return Answer(got, got == expected)


def _waiting_on_agent(asked: Asked, _: Found, expected: Any) -> Answer:
    clock = asked.last("waiting_on_agent")
    got = asked.used(clock) / SECOND if clock else None
    return Answer(got, got == expected)


def _marks(asked: Asked, found: Found, expected: list[str]) -> Answer:
    got = ticket_words.marks(asked.story.story.events, metric_of(found["metric"]))
    return Answer(got, got == expected)


def _sequence(asked: Asked, _: Found, expected: Any) -> Answer:
    got = ticket_words.sequence(asked.story)
    return Answer(got, got == expected)


def _ok(asked: Asked, _: Found, expected: Any) -> Answer:
    """What the events themselves say of the deadline holds."""
    inline = ticket_words.inline(asked.story)
    return Answer(inline.agrees, bool(inline.got) and inline.agrees is expected)


ANSWERERS: dict[str, Answerer] = {
    r"(?P<field>(\w+_)?(status|due|due_at))_(?P<when>open|after_\w+|at_\d\d:\d\d)": (
        _at_a_moment
    ),
    r"((?P<field>(\w+_)?due(_at)?)_)?(?P<when>before|after)": _before_and_after,
    r"due_at|breach_at": _deadlines,
    r"projected_due_at": _projected,
    r"due": _due,
    r"(?P<metric>\w+)_due_unchanged": _deadline_unchanged,
    r"(?P<metric>\w+?)_due(_at)?": _one_deadline,
    r"next_escalation": _next_escalation,
    r"starts_at": _starts_at,
    r"waiting_s|paused?(_business)?_s|(total_)?hold_time_s": _paused,
    r"escalation_at": _level,
    r"status": _status,
    r"events": _misses,
    r"overrun_frozen_at": _overrun,
    r"sequence": _sequence,
    r"ok": _ok,
    r"avg_(?P<metric>\w+)_s": _mean,
    r"resolution_minus_waiting_on_customer_s": _waiting_on_agent,
    r"((?P<metric>\w+?)_)?(?P<what>verdict)": _statistic,
    r"((?P<metric>\w+?)_)?(?P<what>(elapsed|wall|margin|remaining|overrun)_(s|min))": (
        _statistic
    ),
    r"(?P<metric>\w+)_clock": _clock_stops,
    r"(?P<metric>requester_wait_time|agent_work_time)": _marks,
    r"(?P<metric>((first_|next_)?(response|reply))|update|solution|resolution)": (
        _statistics
    ),
}
"""By the first pattern that fits the name."""
