"""An approval that is not answered goes to the next above."""

from dataclasses import replace

import pytest

from domain.assignment.commands import RevokeOffer
from domain.authority.facts import ApprovalEscalated, ApprovalGranted, ApprovalRequested
from domain.errors import InvalidError
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.ticket.decide import Close, RetryWaiting
from tests.support.approvals import (
    CONFIG,
    WORLD,
    ask,
    asked,
    away,
    decide,
    delegation,
    story,
)
from tests.support.dsl import instant, published
from tests.support.money import cny


def test_who_does_not_answer_in_time_is_passed_and_the_next_above_is_asked():
    made = asked("600").enforce("PT4H9M")
    assert made.ticket.approvals[0].approver == "mia"
    climbed = made.enforce("PT4H10M").one(ApprovalEscalated)
    assert (climbed.from_approver, climbed.approver) == ("mia", "top")
    assert climbed.reason == "did not answer in time"
    assert made.event(ApprovalEscalated).meta.actor.id == "pledge"
    assert made.ticket.approvals[0].asked == ("mia", "top")


def test_above_the_last_there_is_nobody_and_it_is_said_once():
    made = asked("600").enforce("99h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == ["top", None]
    assert made.ticket.approvals[0].state == "unresolved"
    assert made.when("100h", decide("mia")).one(ApprovalGranted).actor == "mia"


def test_how_long_they_may_take_is_said_by_their_role():
    made = story()
    made.world = replace(made.world, config=with_lead(answer_within="PT15M"))
    made.when("10m", ask("600")).enforce("25m")
    assert made.one(ApprovalEscalated).approver == "top"
    slow = story()
    slow.world = replace(slow.world, config=with_lead(answer_within="never"))
    assert not slow.when("10m", ask("600")).enforce("99h").all(ApprovalEscalated)


def with_lead(**fields):
    document = {**CONFIG["authorities"]["lead"], **fields}
    return published(WORLD, "authorities", "lead", document)


def test_how_long_must_be_a_time():
    with pytest.raises(InvalidError, match="/answer_within"):
        with_lead(answer_within="soon")


@pytest.mark.parametrize("end", [decide("mia"), decide("top", grant=False), Close()])
def test_what_is_decided_or_closed_escalates_no_more(end):
    assert not asked("600").when("1h", end).enforce("99h").all(ApprovalEscalated)


def test_what_waits_for_somebody_who_goes_on_leave_waits_for_the_next_above():
    made = asked("600")
    made.world = replace(made.world, oncall=OnCallBook(plans={}, leaves=away("mia")))
    made.when("1h", RevokeOffer(agent="mia", since=instant("1h")))
    climbed = made.one(ApprovalEscalated)
    assert (climbed.approver, climbed.escalates_at) == ("top", instant("5h"))
    assert climbed.reason.startswith("on leave until")


def test_who_is_there_after_all_keeps_what_they_were_asked():
    made = asked("600").when("1h", RevokeOffer(agent="mia", since=instant("1h")))
    assert not made.all(ApprovalEscalated)


def alone(**leaves):
    """Mia is the only one above; `600` is within her limit."""
    mia = {"name": "Mia", "role": "lead"}
    return asked("600", agents={"mia": mia}, leaves=leaves)


def test_where_all_above_are_away_who_comes_back_is_asked_then():
    made = alone(**leave_until("mia", "3h")).enforce("9h")
    assert made.one(ApprovalRequested).escalates_at == instant("3h")
    assert made.log(ApprovalEscalated)[0] == "PT3H approval.escalated"
    [first, *_] = made.all(ApprovalEscalated)
    assert (first.from_approver, first.approver) == (None, "mia")
    assert first.escalates_at == instant("7h")


def test_who_went_on_leave_before_they_answered_is_asked_once_they_are_back():
    made = alone()
    leaves = leave_until("mia", "3h")
    made.world = replace(made.world, oncall=OnCallBook(plans={}, leaves=leaves))
    made.when("1h", RevokeOffer(agent="mia", since=instant("1h"))).enforce("3h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == [None, "mia"]
    assert made.enforce("99h").ticket.approvals[0].no_response == ("mia",)


def test_who_was_away_when_it_escalated_past_them_is_asked_before_it_is_given_up():
    made = asked("600", leaves=leave_until("mia", "3h")).enforce("5h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == ["mia"]


def test_who_is_delegated_the_authority_is_asked_when_that_begins():
    lent = delegation("top", "mia", amount="9000", begin=instant("1h"))
    gone = {"name": "Top", "role": "head"}
    made = asked("5000", agents={"top": gone}, leaves=away("top"), lent=lent)
    assert made.enforce("1h").one(ApprovalEscalated).approver == "mia"


def test_who_may_more_than_before_is_asked_for_what_nobody_could_be_asked_for():
    made = asked("10000.51")
    config = published(WORLD, "authorities", "head", {"refund": cny("20000")})
    made.world = replace(made.world, config=config)
    made.when("1h", RetryWaiting())
    assert made.one(ApprovalEscalated).approver == "top"


def test_nobody_is_asked_again_on_a_closed_ticket():
    made = alone(**leave_until("mia", "3h")).when("1h", Close()).enforce("9h")
    assert not made.all(ApprovalEscalated)


def leave_until(person, end):
    leave = Leave(person=person, begin=instant("-1h"), end=instant(end))
    return {person: (leave,)}
