"""Until when something is worth saying."""

from dataclasses import replace

import pytest

from domain.assignment.commands import AcceptOffer, DeclineOffer, RevokeOffer
from domain.authority.approvals import DecideApproval
from domain.notification.relevance import no_longer_true
from domain.ticket.decide import Assign, Close, Reopen, Resolve
from domain.ticket.world import World
from tests.support.dsl import AGENTS, NOON, NOTE, Story, configured, instant, published
from tests.support.notifications import MINUTE
from tests.support.tellings import (
    ASK,
    asked,
    decided,
    last_notified,
    led_by,
    notified,
    queue,
    told,
    verdict,
    watched,
    written,
)


def with_limit(story, amount):
    """The same ticket, of which Mia may grant that much from now on."""
    limit = {"refund": {"currency": "CNY", "amount": amount}}
    config = published(story.world.config, "authorities", "lead", limit)
    story.world = replace(story.world, config=config, directory=config.directory)
    return story


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (DeclineOffer(agent="bo", reason="at lunch"), "declined by bo"),
        (AcceptOffer(agent="bo"), "accepted by bo"),
        (Assign(team="second", agent="chen"), "assigned to chen"),
        (Resolve(), "resolved"),
        (Close(), "closed"),
    ],
)
def test_an_offer_that_is_over_is_sent_no_more(command, why):
    story = queue()
    offer = notified(story, "bo", "assignment.offered")
    assert no_longer_true(story.events, offer, instant("1m")) is None
    story.when("1m", command)
    assert why in no_longer_true(story.events, offer, instant("1m"))


def test_an_offer_that_ran_out_or_was_withdrawn_is_sent_no_more():
    story = queue()
    offer = notified(story, "bo", "assignment.offered")
    assert "expired" in no_longer_true(story.events, offer, NOON + 2 * MINUTE)
    expired = queue().enforce("3m").events
    assert "expired" in no_longer_true(expired, offer, instant("1m"))
    gone = {"name": "Bo", "active": False}
    config = published(story.world.config, "agents", "bo", gone)
    story.world = replace(story.world, config=config, directory=config.directory)
    story.when("1m", RevokeOffer(agent="bo", since=NOON))
    assert "withdrawn" in no_longer_true(story.events, offer, instant("1m"))


def test_a_ticket_that_is_no_longer_theirs_is_sent_no_more():
    story = queue("direct")
    given = last_notified(story)
    story.when("1m", Assign(team="second", agent="bo"))
    assert no_longer_true(story.events, given, instant("1m")) is None
    story.when("2m", Assign(team="second", agent="chen"))
    reason = no_longer_true(story.events, given, instant("2m"))
    assert reason == "the ticket was assigned to chen before the message was sent"


def test_a_decision_that_was_made_is_asked_for_no_more():
    story = asked()
    wish = notified(story, "mia", "approval.requested")
    story.when("2m", Resolve())
    assert no_longer_true(story.events, wish, instant("2m")) is None
    verdict = DecideApproval(number=1, grant=False, by="mia", reason="no photo")
    story.when("3m", verdict)
    reason = no_longer_true(story.events, wish, instant("3m"))
    assert reason == "rejected by mia before the message was sent"


def climbed():
    """Mia does not answer, and Top, whose lead she is, is asked."""
    documents = {
        "authorities": {"lead": {"refund": {"currency": "CNY", "amount": "1000"}}},
        "agents": {
            "top": {"name": "Top", "role": "lead"},
            **AGENTS,
            "mia": {"name": "Mia", "role": "lead", "manager": "top"},
        },
    }
    config = configured(documents)
    story = Story(World(config=config, directory=config.directory))
    return story.when("1m", ASK).enforce("PT4H1M")


def test_whom_an_approval_climbed_to_is_told_what_is_wanted_and_the_other_no_more():
    story = climbed()
    assert told(story) == ["mia by approval.requested", "top by approval.escalated"]
    found = written(story, "top", "approval.escalated")
    assert found.subject == "Approval needed, refund of 12.50 CNY: #1 Cold"
    earlier = notified(story, "mia", "approval.requested")
    reason = no_longer_true(story.events, earlier, instant("PT4H1M"))
    assert reason == "it was escalated above mia before the message was sent"
    wish = notified(story, "top", "approval.escalated")
    assert no_longer_true(story.events, wish, instant("PT4H1M")) is None


def test_a_decision_stays_true_whatever_comes_of_the_ticket():
    story = decided(asked())
    news = notified(story, "ann", "approval.granted")
    story.when("3m", Resolve(), Close())
    assert no_longer_true(story.events, news, instant("3m")) is None


def test_that_nobody_can_be_asked_is_sent_no_more_once_somebody_is():
    story = led_by("chen")
    news = notified(story, "chen", "approval.requested")
    assert no_longer_true(story.events, news, instant("1m")) is None
    with_limit(story, "1000").when("2m", NOTE)
    reason = no_longer_true(story.events, news, instant("2m"))
    assert reason == "mia was asked before the message was sent"


@pytest.mark.parametrize(
    ("command", "why"), [(Close(), "closed"), (verdict(), "granted by mia")]
)
def test_that_nobody_can_be_asked_is_sent_no_more_once_it_is_over(command, why):
    story = led_by("chen")
    news = notified(story, "ann", "approval.requested")
    with_limit(story, "1000").when("2m", command)
    assert why in no_longer_true(story.events, news, instant("2m"))


def test_another_decision_leaves_this_one_to_be_made():
    story = asked()
    wish = notified(story, "mia", "approval.requested")
    story.when("2m", ASK)
    story.when("3m", DecideApproval(number=2, grant=True, by="mia", reason="yes"))
    assert no_longer_true(story.events, wish, instant("3m")) is None


def test_who_watches_hears_of_the_end_and_not_of_what_led_there():
    story = watched()
    climbed = notified(story, "ann", "escalation.exhausted")
    assert no_longer_true(story.events, climbed, instant("2h")) is None
    story.when("3h", Resolve())
    assert "resolved" in no_longer_true(story.events, climbed, instant("3h"))
    over = notified(story, "mia", "ticket.resolved")
    assert no_longer_true(story.events, over, instant("3h")) is None
    story.when("4h", Reopen(reason="cold again"))
    assert "reopened" in no_longer_true(story.events, over, instant("4h"))
