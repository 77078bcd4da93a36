"""Two tickets about one thing: which promise stays, and what becomes of the other."""

from dataclasses import replace

import pytest

from domain.authority.approval import Approval
from domain.errors import InvalidError, RuleError
from domain.lifecycle.facts import TicketAbsorbed, TicketMerged
from domain.sla.facts import SlaAttached, SlaCancelled, SlaRestated
from domain.ticket.decide import PauseTicket, Resolve
from domain.ticket.merge import merge
from tests.support.dsl import Story, instant, promising, world

BOTH = {"first_response": "1h", "resolution": "8h"}


def given(targets=BOTH, at="PT0S", **fields):
    return Story(promising(targets), at, **fields)


def joined(absorbed, survivor, at="2h"):
    """The facts of both, and the surviving ticket."""
    other = type(survivor.ticket)(**{**vars(survivor.ticket), "id": "t-2"})
    ending, staying = merge(absorbed.ticket, other, instant(at), survivor.world)
    return [s.fact for s in ending.steps], [s.fact for s in staying.steps], staying


def unresolved():
    return Approval(
        number=1,
        kind="refund",
        amount="500",
        currency="EUR",
        reason="broken",
        requested_by="ann",
        requested_at=instant("PT0S"),
        state="unresolved",
    )


def of(facts, kind):
    return [fact for fact in facts if isinstance(fact, kind)]


def test_the_ticket_that_goes_in_is_closed_with_a_link():
    ending, _, _ = joined(given(), given(), at="30m")
    assert of(ending, TicketMerged)[0].into == "t-2"


def test_its_promises_are_cancelled_and_neither_met_nor_missed():
    ending, _, _ = joined(given(), given(), at="30m")
    assert {f.metric: f.by for f in of(ending, SlaCancelled)} == {
        "first_response": "merged",
        "resolution": "merged",
    }


def test_the_ticket_that_stays_says_what_came_in():
    _, staying, _ = joined(given(), given(), at="30m")
    assert of(staying, TicketAbsorbed)[0].absorbed == "t-1"


def test_the_earlier_start_stays():
    _, staying, draft = joined(given(), given(at="20m"), at="30m")
    assert {f.metric: f.rule_of_change for f in of(staying, SlaRestated)} == {
        "first_response": "merged",
        "resolution": "merged",
    }
    due = {c.metric: c.due_at for c in draft.ticket.clocks}
    assert due == {"first_response": instant("1h"), "resolution": instant("8h")}


def test_a_later_and_looser_one_changes_nothing():
    _, staying, _ = joined(given(at="20m"), given(), at="30m")
    assert of(staying, SlaRestated) == []


def test_a_promise_that_only_the_other_had_goes_on_from_its_start():
    _, staying, draft = joined(given(), given({"first_response": "1h"}), at="30m")
    assert [f.metric for f in of(staying, SlaAttached)] == ["resolution"]
    assert draft.ticket.clocks[-1].due_at == instant("8h")


def test_pauses_of_the_stricter_clock_come_with_it():
    absorbed = given({"resolution": "2h"}).when("10m", PauseTicket(reason="r"))
    _, _, draft = joined(absorbed, given({"resolution": "8h"}), at="40m")
    assert draft.ticket.clocks[-1].due_at == instant("PT2H30M")


def test_what_was_due_before_is_recorded_first():
    ending, _, _ = joined(given(), given(), at="2h")
    assert ending[0].topic == "sla.breached"


def test_a_refund_that_waits_for_its_decision_is_not_lost_in_a_merge():
    story, waiting = given(), unresolved()
    other = replace(story.ticket, id="t-2")
    asking = replace(story.ticket, approvals=(waiting,))
    with pytest.raises(RuleError, match="approval 1 is still open"):
        merge(asking, other, instant("2h"), story.world)
    decided = replace(asking, approvals=(replace(waiting, state="rejected"),))
    ending, _ = merge(decided, other, instant("2h"), story.world)
    assert ending.ticket.merged_into == "t-2"


def test_a_ticket_cannot_go_into_itself():
    story = given()
    with pytest.raises(InvalidError, match="/into"):
        merge(story.ticket, story.ticket, instant("1h"), story.world)


def test_a_finished_ticket_takes_nothing_in():
    with pytest.raises(RuleError, match="reopen it first"):
        joined(given(), given().when("10m", Resolve()))


def test_a_ticket_goes_in_once():
    story = given()
    other = type(story.ticket)(**{**vars(story.ticket), "id": "t-2"})
    ending, _ = merge(story.ticket, other, instant("10m"), story.world)
    with pytest.raises(RuleError, match="already"):
        merge(ending.ticket, other, instant("20m"), story.world)


def test_two_without_promises_merge_all_the_same():
    none = world({})
    _, staying, _ = joined(Story(none), Story(none))
    assert [f.topic for f in staying] == ["ticket.absorbed"]
