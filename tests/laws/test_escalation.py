"""What holds for every climb: no step is lost, and nobody is told too late for it to
matter. Random ladders, and whatever people may do to the ticket meanwhile.
"""

import contextlib
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from domain.errors import DomainError
from domain.escalation.commands import Acknowledge, Escalate
from domain.escalation.facts import (
    EscalationBreached,
    EscalationExhausted,
    EscalationForced,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.lifecycle.facts import TicketClosed, TicketReopened, TicketResolved
from domain.sla.facts import SlaBreached, SlaCancelled, SlaMet, SlaMissed, SlaResumed
from domain.ticket.decide import (
    Assign,
    Change,
    Close,
    PauseTicket,
    Reopen,
    Resolve,
    RestatePromises,
    Resume,
)
from domain.ticket.draft import Draft
from domain.ticket.enforce import enforce, next_alarm
from tests.support.dsl import ANSWER, CUSTOMER, NOON, NOTE, Story, promising, published

TARGETS = st.sampled_from(
    [
        {"assignee": True},
        {"agent": "ann"},
        {"team": "second"},
        {"manager_of": "assignee"},
    ]
)
DONE = st.fixed_dictionaries(
    {"targets": st.lists(TARGETS, min_size=1, max_size=2)},
    optional={
        "raise_priority": st.integers(0, 2),
        "reassign": st.just({"team": "second"}),
        "when": st.sampled_from([{"priority": "urgent"}, {"type": "question"}]),
    },
)
EARLY = ["50%", "80%", "-PT40M", "-PT10M", "-PT5M"]
"""As a ladder may have them; -PT40M of an hour comes before 50% all the same."""
LATE = st.sampled_from([0, 0, 60, 600, 3600])


@st.composite
def escalation_policies(draw):
    early = draw(st.sets(st.sampled_from(EARLY), max_size=2))
    late = sorted(draw(st.lists(LATE, min_size=1, max_size=3)))
    whens = [*sorted(early, key=EARLY.index), *(f"PT{seconds}S" for seconds in late)]
    return {
        "steps": [{"after": when, **draw(DONE)} for when in whens],
        "repeat": draw(st.integers(0, 2)),
    }


COMMANDS = st.lists(
    st.tuples(
        st.integers(0, 5000),
        st.sampled_from(
            [
                ANSWER,
                NOTE,
                CUSTOMER,
                Assign(agent="ann"),
                Assign(agent="bo"),
                Acknowledge(by="bo"),
                PauseTicket(reason="r"),
                Resume(),
                Resolve(),
                Close(),
                Reopen(reason="r"),
                Change(priority="urgent"),
                Escalate(by="mia", reason="r"),
                Escalate(by="mia", reason="r", to_step=0),
            ]
        ),
    ),
    max_size=8,
)
SHORT = settings(max_examples=25)


def opened(escalation_policy):
    targets = {"first_response": "1h", "resolution": "2h"}
    steps, repeat = escalation_policy["steps"], escalation_policy["repeat"]
    return Story(promising(targets, steps=steps, repeat=repeat))


def told(escalation_policy, commands, between=Story.enforce):
    story, at = opened(escalation_policy), NOON
    for seconds, command in commands:
        at += timedelta(seconds=seconds)
        between(story, at)
        if between is refold:
            story.enforce(at)
        with contextlib.suppress(DomainError):
            story.when(at, command)
    between(story, NOON + timedelta(days=9))
    return story.enforce(NOON + timedelta(days=9))


def refold(story, _):
    story.ticket = story.folded()


def somewhat_late(story, until):
    """Each thing a minute after its time, and all of them by `until`."""
    while (alarm := next_alarm(story.ticket)) and alarm.due_from <= until:
        draft = Draft("t-1", story.ticket)
        late = min(alarm.due_from + timedelta(minutes=1), until)
        enforce(draft, late, story._world())
        story._add(draft)


def told_at(*whens):
    """A ladder that tells Ann at these times."""
    return {
        "steps": [{"after": when, "targets": [{"agent": "ann"}]} for when in whens],
        "repeat": 0,
    }


@given(escalation_policies(), COMMANDS)
@example(told_at("80%", "-PT40M", "PT0S"), [])  # due in another order than they stand
@example(told_at("50%", "80%", "-PT20M", "PT0S"), [])
@example(told_at("50%", "80%", "PT0S"), [(2400, Acknowledge(by="bo"))])
@SHORT
def test_no_step_is_lost(escalation_policy, commands):
    """Each is fired or skipped with a reason before the one after it, in each round."""
    expected = {}
    late = sum(not _early(step) for step in escalation_policy["steps"])
    first_late = len(escalation_policy["steps"]) - late
    for event in told(escalation_policy, commands).events:
        match event.fact:
            case EscalationStarted(clock=clock):
                expected[clock] = (0, 0)
            case EscalationForced(clock=clock, to_step=step):
                expected[clock] = (step, expected[clock][1])
            case EscalationBreached(clock=clock, step=step):
                reached, repetition = expected[clock]
                expected[clock] = (min(reached, step), repetition)
            case EscalationStepFired() | EscalationStepSkipped() as fact:
                place, following = (
                    (fact.step, fact.repetition),
                    (fact.next_step, fact.next_repetition),
                )
                again = isinstance(fact, EscalationStepSkipped) and (
                    expected[fact.clock] == following
                )  # fired, and skipped since it did nothing
                assert again or place == expected[fact.clock]
                assert following in _after(place, escalation_policy, first_late)
                assert isinstance(fact, EscalationStepFired) or fact.reason
                expected[fact.clock] = following
            case EscalationExhausted(clock=clock):
                last = len(escalation_policy["steps"]) - 1
                assert expected[clock] == (last, escalation_policy["repeat"])


def _early(step):
    return step["after"].endswith("%") or step["after"].startswith("-")


def _after(place, escalation_policy, first_late):
    step, repetition = place
    if step + 1 < len(escalation_policy["steps"]):
        return [(step + 1, repetition)]
    if repetition == escalation_policy["repeat"]:
        return [(step, repetition), (step + 1, repetition)]
    return [(first_late, repetition + 1), (step + 1, repetition)]


@given(escalation_policies(), COMMANDS)
@SHORT
def test_nobody_is_told_after_the_ticket_is_finished_or_the_promise_judged(
    escalation_policy, commands
):
    over, finished = set(), False
    for event in told(escalation_policy, commands).events:
        match event.fact:
            case TicketClosed() | TicketResolved():
                finished = True
            case TicketReopened():
                finished = False
            case SlaMet() | SlaMissed() | SlaCancelled() as fact:
                over.add(f"{fact.metric}/{fact.cycle}")
            case SlaResumed() as fact:
                over.discard(f"{fact.metric}/{fact.cycle}")
            case EscalationStepFired(clock=clock, chosen=(_, *_)):
                assert not finished
                assert clock not in over


@pytest.mark.parametrize("between", [refold, somewhat_late], ids=lambda f: f.__name__)
@given(escalation_policies(), COMMANDS)
@SHORT
def test_the_same_log_gives_the_same_events(between, escalation_policy, commands):
    """Also to who has only the log, and to who looks a minute late."""
    assert (
        told(escalation_policy, commands, between).events
        == told(escalation_policy, commands).events
    )


def _heard(story):
    """The breached clocks of which anybody was notified."""
    breached = {f"{f.metric}/{f.cycle}" for f in story.all(SlaBreached)}
    return {c.clock for c in story.chosen() if c.clock in breached}


TO_ASSIGNEE = {"targets": [{"assignee": True}]}
ASSIGNED_BY_THE_LAST = {
    "steps": [
        {"after": "50%", **TO_ASSIGNEE},
        {"after": "-PT40M", **TO_ASSIGNEE},
        {"after": "PT0S", **TO_ASSIGNEE},
        {"after": "PT0S", "targets": [{"agent": "ann"}], "raise_priority": 1},
        {
            "after": "PT60S",
            **TO_ASSIGNEE,
            "when": {"priority": "urgent"},
            "reassign": {"team": "second"},
        },
    ],
    "repeat": 1,
}
"""An outage skips the first raise, so the priority is not urgent in time, and a step
before the breach of the other promise finds no assignee. That promise is not breached.
"""


@given(escalation_policies(), st.integers(0, 30_000))
@example(ASSIGNED_BY_THE_LAST, 4800)
@SHORT
def test_an_outage_keeps_no_broken_promise_from_everybody(escalation_policy, seconds):
    at = NOON + timedelta(seconds=seconds)
    assert _heard(opened(escalation_policy).late(at)) == _heard(
        opened(escalation_policy).enforce(at)
    )


@given(escalation_policies(), escalation_policies(), st.integers(0, 12_000))
@example(told_at("50%", "80%", "PT0S"), told_at("PT0S"), 0)
@SHORT
def test_an_escalation_that_is_migrated_comes_to_its_end(
    escalation_policy, other, seconds
):
    story, at = opened(escalation_policy), NOON + timedelta(seconds=seconds)
    document = {"steps": other["steps"], "repeat": other["repeat"]}
    config = published(story.world.config, "escalation-policies", "climb", document)
    story.enforce(at).world = replace(story.world, config=config)
    order = RestatePromises(
        policies=False, calendars=False, escalation_policies=True, reason="r"
    )
    story.when(at, order).enforce(NOON + timedelta(days=9))
    assert {run.clock for run in story.ticket.runs if run.state == "exhausted"} == {
        "first_response/1",
        "resolution/1",
    }
