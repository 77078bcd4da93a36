"""What holds for every ticket, whatever is done to it and when: random commands at
random times, under rules that use everything the policies can say.
"""

import contextlib
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.escalation.commands import Acknowledge
from domain.escalation.facts import EscalationEnded
from domain.lifecycle.facts import PRIORITIES
from domain.sla.facts import SlaBreached, SlaMet, SlaMissed, SlaWarned
from domain.ticket.decide import (
    Assign,
    CaptureFeedback,
    Change,
    Close,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
)
from domain.ticket.enforce import EPOCH, alarms, next_alarm, plan
from domain.ticket.evolve import evolve, fold
from tests.support.dsl import ANSWER, BOT, CUSTOMER, NOON, NOTE, Story, world

LADDERS = {
    "climb": {
        "steps": [
            {"after": "0s", "targets": [{"assignee": True}, {"team": "front"}]},
            {"after": "90s", "reassign": {"team": "second"}, "raise_priority": 1},
            {"after": "5m", "targets": [{"manager_of": "assignee"}]},
        ],
        "repeat": 1,
    },
    "short": {"steps": [{"reassign": {}, "raise_priority": 2}]},
}
POLICIES = {
    "gold": {
        "match": [
            {
                "when": {"tier": "gold", "priority": ["high", "urgent"]},
                "targets": {"first_response": "1m", "resolution": "10m"},
            },
            {"when": {"tier": "gold"}, "targets": {"resolution": "30m"}},
        ],
        "order": 1,
        "warn_at": ["50%", "PT30S"],
        "pauses": ["first_response", "resolution"],
        "escalation_policy": "short",
    },
    "care": {
        "match": [
            {
                "when": {"type": "question", "priority": "urgent"},
                "targets": {"first_response": "2m", "resolution": "15m"},
            },
            {
                "when": {"type": "question"},
                "targets": {"first_response": "5m", "resolution": "40m"},
            },
            {"when": {"type": "problem"}, "targets": {"resolution": "20m"}},
        ],
        "warn_at": ["50%", "80%", "PT1M"],
        "escalation_policy": "climb",
    },
}
RULES = world(POLICIES, LADDERS)
PLAIN = world(
    {name: {**policy, "escalation_policy": None} for name, policy in POLICIES.items()}
)
"""Without ladders: what was missed of one collapses, and that shows who looked when."""
WHOLE = st.sampled_from(
    [
        ANSWER,
        NOTE,
        BOT,
        CUSTOMER,
        Assign(team="second"),
        Assign(agent="ann"),
        Assign(agent="bo"),
        Assign(agent="nobody"),
        Acknowledge(by="bo"),
        PauseTicket(reason="r"),
        PauseTicket(reason="r", status="on_hold"),
        Resume(),
        Resolve(),
        Close(),
        Reopen(reason="r"),
        Change(tier="gold"),
        Change(tier="standard"),
        CaptureFeedback(feedback_id="f", text="t", kind="bug"),
    ]
)
CHANGES = st.builds(
    lambda priority, type_: Change(priority=priority, fields={"type": type_}),
    st.sampled_from(PRIORITIES),
    st.sampled_from(["question", "problem", "other"]),
)
GAPS = st.sampled_from([0, 1, 29, 30, 60, 90, 150, 300, 599, 600, 1800, 7200])
COMMANDS = st.lists(st.tuples(GAPS, st.one_of(WHOLE, CHANGES, GAPS)), max_size=12)
LOOKS = st.lists(st.integers(0, 20_000), max_size=10)
MOMENT = settings(max_examples=40)


def told(commands, looks=(), rules=RULES):
    """The story, with somebody enforcing at these seconds as well. With ladders nobody
    is ever late.
    """
    story, seconds = Story(rules), 0
    todo = sorted(looks, reverse=True)
    for gap, command in commands:
        seconds += gap
        while todo and todo[-1] <= seconds:
            story.enforce(NOON + timedelta(seconds=todo.pop()))
        at = NOON + timedelta(seconds=seconds)
        if rules is RULES:
            story.enforce(at)
        with contextlib.suppress(DomainError):
            story.when(at, _at(at, command))
    for look in reversed(todo):
        story.enforce(NOON + timedelta(seconds=look))
    return story


def _at(at, command):
    """A number stands for a pause of so many seconds."""
    if isinstance(command, int):
        return PauseTicket(reason="r", until=at + timedelta(seconds=command))
    return command


@given(COMMANDS)
@MOMENT
def test_folding_event_by_event_is_folding_the_whole(commands):
    story = told(commands)
    ticket = None
    for event in story.events:
        ticket = evolve(ticket, event.fact, event.timestamp, "t-1")
    assert ticket == fold(story.events) == story.ticket


@given(COMMANDS)
@MOMENT
def test_versions_have_no_gap_and_time_never_runs_backwards(commands):
    events = told(commands).enforce("9h").events
    assert [e.originator_version for e in events] == list(range(1, len(events) + 1))
    assert all(a.timestamp <= b.timestamp for a, b in pairwise(events))


@given(COMMANDS, st.integers(0, 40_000))
@MOMENT
def test_enforcing_twice_adds_nothing_the_second_time(commands, seconds):
    at = NOON + timedelta(seconds=seconds)
    story = told(commands).enforce(at)
    once = len(story.events)
    assert len(story.enforce(at).events) == once


@given(COMMANDS, LOOKS)
@MOMENT
def test_it_makes_no_difference_who_looks_in_between(commands, looks):
    watched, alone = told(commands, looks, PLAIN), told(commands, rules=PLAIN)
    assert watched.enforce("20h").events == alone.late("20h").events


@given(COMMANDS, LOOKS)
@MOMENT
def test_nor_on_an_escalation_policy_as_long_as_nobody_is_late(commands, looks):
    watched, alone = told(commands, looks), told(commands)
    assert watched.enforce("20h").events == alone.enforce("20h").events


@given(COMMANDS)
@MOMENT
def test_no_timer_is_early_and_each_makes_progress_until_nothing_is_due(commands):
    story = told(commands)
    for _ in range(200):
        due, alarm = plan(story.ticket).next_due_ms, next_alarm(story.ticket)
        if due is None:
            break
        at = EPOCH + timedelta(milliseconds=due)
        assert timedelta(0) <= at - alarm.due_from < timedelta(milliseconds=1)
        version = story.ticket.version
        story.enforce(at)
        assert story.ticket.version > version
    assert plan(story.ticket).next_due_ms is None


@given(COMMANDS, st.sampled_from([Resolve(), Close()]))
@MOMENT
def test_a_finished_ticket_has_nothing_more_due(commands, finish):
    story = told(commands)
    at = max(NOON + timedelta(days=1), story.ticket.updated_at)
    with contextlib.suppress(DomainError):
        story.when(at, finish)
    assert story.ticket.finished
    assert list(alarms(story.ticket)) == []
    assert plan(story.ticket).done


@given(COMMANDS, LOOKS)
@MOMENT
def test_no_metric_has_two_clocks_running(commands, looks):
    live = [c.metric for c in told(commands, looks).ticket.clocks if c.live]
    assert len(live) == len(set(live))


@given(COMMANDS)
@MOMENT
def test_each_promise_is_judged_once_and_by_the_time_used(commands):
    story = told(commands).enforce("9h")
    verdicts = story.all((SlaMet, SlaMissed))
    assert len({(v.metric, v.cycle) for v in verdicts}) == len(verdicts)
    assert all(isinstance(v, SlaMet) == (v.elapsed <= v.target) for v in verdicts)


@given(COMMANDS)
@MOMENT
def test_each_promise_is_broken_once_and_not_warned_of_afterwards(commands):
    broken = set()
    for fact in told(commands).enforce("9h").all((SlaBreached, SlaWarned)):
        assert (fact.metric, fact.cycle) not in broken
        if isinstance(fact, SlaBreached):
            broken.add((fact.metric, fact.cycle))


@given(COMMANDS)
@MOMENT
def test_each_escalation_ends_at_most_once(commands):
    ended = [f.clock for f in told(commands).enforce("9h").all(EscalationEnded)]
    assert len(ended) == len(set(ended))
