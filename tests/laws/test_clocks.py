"""Laws of the clocks: for any policy, any calendar, and whatever is done when.

The stories begin where calendars are hard: before a change of offset, at a weekend, at
a holiday.
"""

import contextlib
from dataclasses import replace
from datetime import timedelta
from itertools import count

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.calendar.business_time import elapsed, is_open, next_open, previous_open
from domain.errors import DomainError
from domain.lifecycle.facts import PRIORITIES
from domain.simulation.replay import Past, due_by, replay
from domain.sla.facts import SlaBreached, SlaMet, SlaMissed, SlaRestated, SlaWarned
from domain.sla.metric import BUILT_IN
from domain.ticket.decide import (
    Assign,
    Change,
    Close,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
)
from domain.ticket.evolve import evolve, fold
from domain.ticket.world import World
from tests.support.calendars import EVERY_DAY, local
from tests.support.clocks import OFFICE, said, with_directory
from tests.support.dsl import (
    AGENTS,
    ANSWER,
    BOT,
    CUSTOMER,
    NOTE,
    TEAMS,
    Story,
    configured,
    published,
)

MINUTE = timedelta(minutes=1)
ZERO = timedelta(0)
ALL_DAY, OVER_NIGHT = [["00:00", "24:00"]], [["22:00", "06:00"]]
LUNCH = [["08:00", "12:00"], ["13:00", "18:00"]]
CALENDARS = {
    "office": OFFICE | {"holidays": ["2026-04-03", "2026-04-06"]},
    "lunch": {"tz": "Europe/Berlin", "hours": dict.fromkeys(EVERY_DAY, LUNCH)},
    "night": {
        "tz": "Europe/Berlin",
        "hours": dict.fromkeys(EVERY_DAY, OVER_NIGHT),
    },
    "zone": {
        "tz": "Australia/Lord_Howe",
        "hours": dict.fromkeys(EVERY_DAY, ALL_DAY),
        "holidays": ["2026-04-05"],
    },
}
STARTS = [
    local("2026-03-27T15:40"),  # the weekend of summer time
    local("2026-04-02T16:59:59"),  # Easter
    local("2026-10-23T17:00"),  # the weekend of winter time
    local("2026-10-25T01:30"),
    local("2026-01-14T09:00"),
]
METRICS = tuple(BUILT_IN)
CHECK = {
    "start": [{"tags": "go"}, {"event": "ticket.assigned"}],
    "stop": [{"tags": "halt"}, {"finished": True}],
    "pause": {"visibility": "internal"},
    "resume": {"reply": True},
    "reset": {"author_kind": "bot"},
    "cancel": {"tags": "drop"},
}
few = settings(max_examples=40)

hours = st.sampled_from([None, "office", "lunch", "night", "zone"])
durations = st.sampled_from(["20m", "1h", "PT2H0.5S", "4h", "9h", "P2D"])
targets = st.dictionaries(
    st.sampled_from([*METRICS, "check"]), durations, min_size=1, max_size=5
)
rules_of_change = st.sampled_from(
    ["from_start", "carry_share", "restart", "keep", "keep_tighter"]
)
on_changes = st.fixed_dictionaries(
    {},
    optional={
        "priority": rules_of_change,
        "tier": rules_of_change,
        "other": rules_of_change,
        "reopen": st.sampled_from(["resume", "count", "new_cycle"]),
        "reopen_within": st.sampled_from(["2h", "1d"]),
        "grace": st.sampled_from(["PT0S", "30m"]),
    },
)


@st.composite
def rules(draw, **when):
    rule = {"targets": draw(targets), "calendar": draw(hours) or "always"}
    return rule | ({"when": when} if when else {})


@st.composite
def policies(draw, on_change=on_changes):
    optional = {
        "longest_pause": st.sampled_from(["45m", "1d"]),
        "quiet_hours": st.just({"tz": "Europe/Berlin", "from": "22:00", "to": "07:00"}),
        "replies": st.sampled_from([{"by": ["agent", "bot"]}, {"roles": ["lead"]}]),
    }
    return {
        "match": [
            draw(rules(priority=["high", "urgent"])),
            draw(rules(tier="gold")),
            draw(rules(type="question")),
        ],
        "clocks": {"check": CHECK},
        "warn_at": draw(st.sampled_from([[], ["50%"], ["PT30M", "80%", "10%"]])),
        "pauses": draw(st.lists(st.sampled_from(METRICS), max_size=3, unique=True)),
        "on_change": draw(on_change),
        **draw(st.fixed_dictionaries({}, optional=optional)),
    }


HOUSE = configured({"agents": AGENTS, "teams": TEAMS, "calendars": CALENDARS})


def ruled(policy):
    return World(config=published(HOUSE, "sla-policies", "care", policy))


worlds = policies().map(ruled)
COMMANDS = st.sampled_from(
    [
        ANSWER,
        NOTE,
        BOT,
        CUSTOMER,
        said(role="lead"),
        said("customer", expects_reply=False),
        Assign(team="second"),
        Assign(team="front", agent="ann"),
        Assign(agent="bo"),
        PauseTicket(reason="r"),
        PauseTicket(reason="r", status="on_hold"),
        Resume(),
        Resume(),
        Resolve(),
        Close(),
        Reopen(reason="r"),
    ]
)
tags = st.lists(st.sampled_from(["go", "halt", "drop"]), max_size=2)
CHANGES = st.builds(
    lambda priority, tier, type_, tags: Change(
        priority=priority, tier=tier, fields={"type": type_, "tags": tags}
    ),
    st.sampled_from(PRIORITIES),
    st.sampled_from(["standard", "gold"]),
    st.sampled_from(["question", "other"]),
    tags,
)
UNTIL = st.integers(1, 3000).map(lambda minutes: minutes * MINUTE)
GAPS = st.sampled_from([0, 1, 7, 20, 45, 60, 120, 240, 900, 1440, 2900])
DEEDS = st.lists(
    st.tuples(GAPS, st.one_of(COMMANDS, CHANGES, UNTIL)), min_size=1, max_size=10
)
LOOKS = st.lists(st.integers(0, 20_000).map(lambda n: n * MINUTE), max_size=6)
FAR = timedelta(days=30)


class Told(Story):
    """Each command has an id of its own, as it has over HTTP."""

    def _add(self, draft):
        first = len(self.events)
        super()._add(draft)
        name = f"c-{next(NUMBERS)}"
        self.events[first:] = [
            replace(event, meta=replace(event.meta, command_id=name))
            for event in self.events[first:]
        ]


NUMBERS = count()


def done(world, start, deeds, looks=()):
    """The story of these deeds, with somebody enforcing at the looks as well."""
    story, at = Told(with_directory(world), start), start
    todo = sorted((start + look for look in looks), reverse=True)
    for minutes, command in deeds:
        at += minutes * MINUTE
        while todo and todo[-1] <= at:
            story.enforce(todo.pop())
        with contextlib.suppress(DomainError):
            story.when(at, _at(at, command))
    for look in reversed(todo):
        story.enforce(look)
    return story


def _at(at, command):
    """A duration stands for a pause that ends by itself."""
    if isinstance(command, timedelta):
        return PauseTicket(reason="r", until=at + command)
    return command


def promised(story):
    """When each clock is due and broken, as far as it runs."""
    return {
        clock.key: (clock.state, clock.due_at, clock.breach_at)
        for clock in story.ticket.clocks
        if clock.metric in METRICS
    }


def told(story, *kinds):
    return [
        (event.timestamp, event.fact)
        for event in story.events
        if not kinds or isinstance(event.fact, kinds)
    ]


starts = st.sampled_from(STARTS)


@given(worlds, starts, DEEDS)
@few
def test_folding_event_by_event_is_folding_the_whole(world, start, deeds):
    story, ticket = done(world, start, deeds), None
    for event in story.events:
        ticket = evolve(ticket, event.fact, event.timestamp, "t-1")
    assert ticket == fold(story.events) == story.ticket


@given(worlds, starts, DEEDS, LOOKS)
@few
def test_enforced_late_or_often_the_events_are_the_same(world, start, deeds, looks):
    often, late = done(world, start, deeds, looks), done(world, start, deeds)
    often.enforce(start + FAR)
    late.late(start + FAR)
    assert told(often) == told(late)


@given(worlds, starts, DEEDS)
@settings(max_examples=100)
def test_the_log_replayed_gives_every_recorded_verdict_and_breach(world, start, deeds):
    story = done(world, start, deeds).enforce(start + FAR)
    drafts = list(replay(story.events, Past(world=story.world)))
    drafts.append(due_by(drafts[-1].ticket, start + FAR, story.world))
    again = [(step.at, step.fact) for draft in drafts for step in draft.steps]
    assert again == told(story)


@given(worlds, starts, DEEDS)
@few
def test_a_running_clock_has_used_its_target_when_it_is_due(world, start, deeds):
    story = done(world, start, deeds)
    for clock in story.ticket.clocks:
        if clock.state == "running" and clock.due_at is not None:
            calendar = story.world.calendar(clock.calendar)
            counted = clock.counted_from, clock.due_at, clock.pauses
            used = clock.carried + elapsed(calendar, *counted)
            assert used == max(clock.target, clock.carried)


@given(worlds, starts, DEEDS, LOOKS)
@few
def test_no_breach_is_before_its_time_and_no_warning_after_it(
    world, start, deeds, looks
):
    story = done(world, start, deeds, looks).enforce(start + FAR)
    broken = set()
    for event in story.events:
        fact = event.fact
        if isinstance(fact, SlaBreached):
            assert fact.due_at <= fact.breach_at or fact.inherited
            assert event.timestamp == fact.breach_at
            broken.add((fact.metric, fact.cycle))
        if isinstance(fact, SlaWarned):
            assert event.timestamp >= fact.warn_at
            assert (fact.metric, fact.cycle) not in broken


@given(worlds, starts, DEEDS)
@few
def test_where_nothing_was_restated_what_was_missed_was_broken_and_else_not(
    world, start, deeds
):
    story = done(world, start, deeds).enforce(start + FAR)
    restated = {(f.metric, f.cycle) for f in story.all(SlaRestated)}
    broken = {(f.metric, f.cycle) for f in story.all(SlaBreached)}
    for fact in story.all((SlaMet, SlaMissed)):
        key = (fact.metric, fact.cycle)
        if key not in restated:
            assert isinstance(fact, SlaMissed) == (key in broken)
            assert isinstance(fact, SlaMissed) == (fact.elapsed > fact.target)


TAKEN_BACK = policies(
    on_change=st.sampled_from([{}, {"other": "keep", "reopen": "count"}])
)


@given(TAKEN_BACK, starts, DEEDS, GAPS, durations)
@few
def test_a_change_that_is_taken_back_leaves_every_deadline_as_it_was(
    policy, start, deeds, minutes, other
):
    """Of the metrics of the contract: a condition of one's own may ask about the change
    itself.
    """
    first = policy["match"][-1]
    stricter = first | {
        "when": {"type": "question", "product_area": "other"},
        "targets": dict.fromkeys(first["targets"], other),
    }
    world = ruled(policy | {"match": [stricter, *policy["match"]]})
    plain, changed = done(world, start, deeds), done(world, start, deeds)
    assume(plain.ticket.status != "closed")
    at = plain.ticket.updated_at
    changed.when(at, Change(fields={"product_area": "other"}))
    changed.when(at + minutes * MINUTE, Change(fields={"product_area": None}))
    plain.enforce(at + minutes * MINUTE)
    assert promised(changed) == promised(plain)


@given(
    st.sampled_from(sorted(CALENDARS)), starts, st.integers(0, 6000), durations, LOOKS
)
@few
def test_a_pause_outside_hours_changes_no_deadline(name, start, minutes, target, looks):
    both = {"resolution": target, "agent_work": target}
    world = ruled({"match": [{"targets": both}], "calendar": name})
    calendar = world.config.calendar(name, 1)
    around = start + minutes * MINUTE
    closed = max(previous_open(calendar, around), start)
    opening = next_open(calendar, around)
    plain = done(world, start, [], looks).enforce(opening)
    paused = done(world, start, []).when(closed, PauseTicket(reason="r"))
    paused.when(opening, Resume())
    assert closed == opening or not is_open(calendar, closed)
    assert promised(paused) == promised(plain)
    plain.enforce(start + FAR)
    paused.enforce(start + FAR)
    assert told(paused, SlaBreached) == told(plain, SlaBreached)
