"""What other systems publish about their escalations, by the id of the case.

GoAlert (ESC-060 to 069, 080, 081), Grafana OnCall (ESC-067, 073, 074), LinkedIn iris
(ESC-078, 079), Keep (ESC-110). Where a case shows a system's mistake or a thing that
Pledge does otherwise, the test states Pledge's answer:

- ESC-061: what reaches nobody is skipped at once and not after its delay, for one
  round; the next round comes after its time, so that a ladder in vain never spins.
- ESC-066: the end of the last round is on record, and a ladder is never climbed for
  ever. To escalate by hand afterwards starts a new climb and repeats nothing by itself.
- ESC-068: there is no maintenance of a service: a pause of the ticket defers in
  the same way. A person may escalate in it all the same, as nobody else would.
- ESC-069: one acknowledgement stands for all, until it expires; each is on record.
- ESC-074: nothing waits for "enough alerts"; what holds a climb has a longest wait.
- ESC-079: GoAlert's check of the length never fired; here each check has its failure.
- ESC-080: a ticket is never closed by itself, so no ladder outlasts it.
- ESC-081: there is no limit at which new tickets are refused; who is full gets nothing
  more, and what then reaches nobody goes to the catch-all.

Cases of schedules are in `test_oncall_cases`, of notifications in
`test_notification_cases`, of offers in `test_offers`.
"""

import json
import re
from dataclasses import replace

import pytest

from domain.configuration.publishing import publish
from domain.errors import InvalidError
from domain.escalation.commands import Acknowledge, Escalate
from domain.escalation.facts import (
    EscalationAcknowledged,
    EscalationExhausted,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.ticket.decide import Close, PauseTicket, Resume
from domain.ticket.enforce import EPOCH, next_alarm, plan
from tests.support.dsl import configured, instant
from tests.support.escalation_policies import (
    AGENTS,
    ANN,
    BO,
    CHEN,
    GONE,
    given,
    told,
    who,
)
from tests.support.files import TESTS, VECTORS

CASES = VECTORS / "escalation.jsonl"
TOP = {"catch_all": {"agent": "top"}}
HALF_AN_HOUR = {"after": "30m", "targets": [{"agent": "bo"}]}


def rounds(story):
    """(round, step) of every step that was fired."""
    return [(f.repetition, f.step) for f in story.all(EscalationStepFired)]


# when the next step is due


def test_esc_060_a_step_is_due_so_long_after_the_one_before_it_fired():
    story = given(ANN, HALF_AN_HOUR).enforce("9h")
    assert told(story) == [("PT1H", "ann"), ("PT1H30M", "bo")]


def test_esc_060_a_step_that_fires_later_moves_the_next_one():
    story = given(ANN, HALF_AN_HOUR).enforce("61m")
    story.when("80m", Escalate(by="mia", reason="r", to_step=0)).enforce("9h")
    assert told(story)[1:] == [("PT1H20M", "ann"), ("PT1H50M", "bo")]


def test_esc_061_what_reaches_nobody_is_on_record_and_skipped_at_once():
    story = given(GONE, CHEN).enforce("9h")
    skipped = story.one(EscalationStepSkipped)
    assert (skipped.step, skipped.reason) == (
        0,
        "it reaches nobody and changes nothing",
    )
    assert told(story) == [("PT1H", "chen")]


def test_esc_061_a_policy_in_vain_is_passed_over_once_and_not_again_at_once():
    gone = {**GONE, "after": "10m"}
    story = given(GONE, gone, repeat=100).enforce("61m")
    assert [f.repetition for f in story.all(EscalationStepSkipped)] == [0, 0]
    assert next_alarm(story.ticket).at == instant("70m")


def test_esc_061_then_the_catch_all_is_notified():
    assert told(given(GONE, nobody=TOP).enforce("9h")) == [("PT1H", "top")]


def test_esc_110_silence_escalates_by_a_timer_at_its_very_instant():
    tiers = {"after": "15m", "targets": [{"agent": "ann"}]}, HALF_AN_HOUR
    story = given(*tiers).enforce("80m")
    due = plan(story.ticket).next_due_ms
    assert due == (instant("90m") - EPOCH).total_seconds() * 1000
    assert told(story.enforce("90m")) == [("PT1H15M", "ann"), ("PT1H30M", "bo")]


# repeat


def test_esc_066_an_escalation_policy_of_three_that_repeats_twice_runs_three_times():
    story = given(ANN, BO, CHEN, repeat=2).enforce("48h")
    assert rounds(story) == [
        (repetition, step) for repetition in range(3) for step in range(3)
    ]


def test_esc_066_that_nobody_answered_to_the_end_is_on_record():
    story = given(ANN, repeat=2).enforce("48h")
    story.one(EscalationExhausted)
    assert story.ticket.runs[-1].state == "exhausted"


def test_esc_066_an_escalation_policy_at_its_end_can_be_run_again_by_hand():
    story = given(ANN, BO).enforce("9h")
    story.when("10h", Escalate(by="mia", reason="still nobody"))
    assert told(story.enforce("20h"))[2:] == [("PT10H", "ann"), ("PT10H10M", "bo")]
    assert story.log()[-1].endswith("escalation.exhausted")


@pytest.mark.parametrize("repeat", [-1, 101, "forever", 1.5])
def test_esc_066_for_ever_is_refused(repeat):
    with pytest.raises(InvalidError, match="/repeat"):
        given(ANN, repeat=repeat)


def test_esc_067_after_a_round_the_next_begins_with_the_first_step():
    run = given(ANN, BO, repeat=5).enforce("71m").ticket.runs[-1]
    assert (run.repetition, run.step) == (1, 0)


def test_esc_067_after_the_last_round_there_is_nothing_more():
    story = given(ANN, repeat=5).enforce("99h")
    assert len(rounds(story)) == 6
    assert story.log()[-1].endswith("escalation.exhausted")


# what holds a climb


def test_esc_068_a_pause_defers_the_escalation_and_loses_nothing_of_it():
    story = given(ANN, BO, policy={"pauses": ["first_response"]})
    story.when("1m", PauseTicket(reason="works on the line")).enforce("5h")
    assert told(story) == []
    story.when("5h", Resume()).enforce("6h")
    assert told(story) == [("PT5H59M", "ann")]


def test_esc_068_a_person_may_escalate_also_while_it_is_paused():
    story = given(ANN, BO, policy={"pauses": ["first_response"]})
    story.when("1m", PauseTicket(reason="r"))
    story.when("5m", Escalate(by="mia", reason="it burns")).enforce("9h")
    assert told(story) == [("PT5M", "ann")]
    assert story.ticket.runs[-1].state == "paused"


def test_esc_068_the_steps_after_it_come_when_the_pause_is_over():
    story = given(ANN, BO).when("1m", PauseTicket(reason="r"))
    story.when("5m", Escalate(by="mia", reason="it burns")).when("20m", Resume())
    assert told(story.enforce("31m")) == [("PT5M", "ann"), ("PT30M", "bo")]


def test_esc_069_an_acknowledgement_stands_for_all_until_it_expires():
    both = {"after": "0s", "targets": [{"agent": "ann"}, {"agent": "bo"}]}
    story = given(both, CHEN).when("61m", Acknowledge(by="ann"))
    assert [person for _, person in told(story.enforce("90m"))] == ["ann", "bo"]
    assert told(story.enforce("91m"))[2:] == [("PT1H31M", "chen")]


def test_esc_069_a_second_acknowledgement_is_on_record_and_counts_from_then():
    story = given(ANN, BO).when("61m", Acknowledge(by="ann"))
    story.when("70m", Acknowledge(by="bo"))
    assert [f.by for f in story.all(EscalationAcknowledged)] == ["ann", "bo"]
    assert told(story.enforce("9h"))[1] == ("PT1H40M", "bo")


def test_esc_069_closing_ends_it_for_all():
    story = given(ANN, BO).when("61m", Acknowledge(by="ann")).when("62m", Close())
    assert told(story.enforce("9h")) == [("PT1H", "ann")]


@pytest.mark.parametrize(
    ("fired", "following"),
    # The office is open on Sunday 09:00-14:00 and on Monday 09:00-17:00; 0s is noon.
    [("0s", "PT30M"), ("2h", "PT21H30M"), ("20h", "PT21H30M"), ("29h", "P6DT21H30M")],
    ids=["within", "as they end", "before they begin", "after the last of the week"],
)
def test_esc_073_a_step_waits_for_the_hours_in_which_it_counts(fired, following):
    late = {"after": "30m", "time": "business", "targets": [{"agent": "bo"}]}
    rules = {"match": [{"targets": {"first_response": "20h"}}], "calendar": "office"}
    story = given(ANN, late, policy=rules)
    story.when(fired, Escalate(by="mia", reason="r")).enforce(following)
    assert told(story)[1:] == [(following, "bo")]


def test_esc_074_an_escalation_that_is_held_has_a_longest_wait_with_a_timer():
    story = given(ANN, BO, longest_pause="1h").when("65m", PauseTicket(reason="r"))
    assert story.ticket.runs[-1].until == instant("125m")
    assert plan(story.ticket).next_due_ms is not None


def test_esc_074_a_step_that_waits_for_a_shift_cannot_be_without_a_longest_wait():
    with pytest.raises(InvalidError, match="/nobody"):
        given(ANN, nobody="hold")


# nobody


def test_esc_078_what_cannot_be_resolved_is_skipped_with_its_reason():
    story = given({"after": "0s", "targets": [{"lead_of": "empty"}]}, BO).enforce("9h")
    assert told(story) == [("PT1H", "bo")]
    assert story.one(EscalationStepSkipped).step == 0


def test_esc_078_what_must_reach_somebody_goes_to_the_catch_all():
    assert who({"lead_of": "empty"}) == []
    story = given({"targets": [{"lead_of": "empty"}]}, nobody=TOP).enforce("9h")
    assert told(story) == [("PT1H", "top")]


def test_esc_078_a_policy_that_fails_from_its_first_step_is_not_tried_for_ever():
    story = given(GONE).enforce("999h")
    assert len(story.all(EscalationStepSkipped)) == 1
    assert len(story.all(EscalationStarted)) == 1


def test_esc_081_who_is_full_gets_no_more_and_no_ticket_is_refused_for_it():
    story = given({"targets": [{"least_loaded": "second"}]}, nobody=TOP)
    config = configured({"agents": FULL, "teams": {"second": {"members": [*FULL]}}})
    agents = {**story.world.directory.agents, **config.directory.agents}
    directory = replace(
        story.world.directory, agents=agents, loads=dict.fromkeys(FULL, 2)
    )
    story.world = replace(story.world, directory=directory)
    fired = story.enforce("61m").one(EscalationStepFired)
    assert told(story) == [("PT1H", "top")]
    assert {p.reason for p in fired.excluded} == {"full: 2 of 2"}


FULL = {name: {"name": name, "capacity": 2} for name in ("ann", "bo", "chen")}


# what is refused, and what is only said


@pytest.mark.parametrize(
    ("step", "pointer"),
    [
        ({"after": "10m"}, "/steps/1/targets"),
        ({"after": "10m", "targets": []}, "/steps/1/targets"),
        ({"after": "10m", "targets": [{"duty": "x"}]}, "/steps/1/targets/0"),
        ({"after": "10m", "targets": [{"team": "gone"}]}, "/steps/1/targets/0/team"),
        ({"after": "-1m", "targets": [{"agent": "bo"}]}, "/steps/1/after"),
        ({"after": "P6Y", "targets": [{"agent": "bo"}]}, "/steps/1/after"),
        ({**BO, "raise_priority": 4}, "/steps/1/raise_priority"),
        ({**BO, "time": "dog years"}, "/steps/1/time"),
    ],
    ids=str,
)
def test_esc_079_a_step_that_could_not_work_is_refused_by_its_pointer(step, pointer):
    with pytest.raises(InvalidError) as refused:
        given(ANN, step)
    assert pointer in [error.pointer for error in refused.value.errors]


def test_esc_080_no_ticket_is_closed_before_its_escalation_policy_ends():
    story = given(ANN, {"after": "P365D", "targets": [{"agent": "bo"}]})
    assert told(story.enforce("P400D"))[1] == ("P365DT1H", "bo")
    assert story.ticket.status == "open"


def test_esc_080_that_nothing_uses_a_policy_is_a_warning_on_its_next_version():
    escalation_policy = {"steps": [ANN]}
    documents = {"agents": AGENTS, "escalation-policies": {"spare": escalation_policy}}
    fact = publish(
        configured(documents), "escalation-policies", "spare", escalation_policy
    )
    assert "no SLA policy uses it" in [w.message for w in fact.warnings]


# none is forgotten


def test_each_case_of_the_file_is_named_by_a_test():
    lines = CASES.read_text("utf-8").splitlines()
    wanted = {json.loads(line)["id"].removeprefix("ESC-") for line in lines}
    files = TESTS.rglob("test_*.py")
    written = "\n".join(path.read_text("utf-8") for path in files)
    found = re.findall(r"def test_\w*?esc_(\d{3})|\"ESC-(\d{3})\"", written)
    named = {by_name or in_table for by_name, in_table in found}
    assert wanted - named == set()
