"""Who hears of what."""

import pytest

from domain.event import Event
from domain.subscription import (
    SubscriptionCreated,
    SubscriptionDeleted,
    fold_subscriptions,
    subscription_stream,
    unknown_types,
    wanted,
)
from tests.dsl import BY_ANN, NOON

TOPICS = ("ticket.opened", "sla.breached", "sla.met", "key.created")
CREATED = SubscriptionCreated(
    subscription_id="s",
    url="https://x",
    types=("sla.*",),
    format="thin",
    from_position=7,
)


def folded(*facts):
    events = (
        Event(subscription_stream("s"), i, NOON, BY_ANN, fact)
        for i, fact in enumerate(facts, start=1)
    )
    return fold_subscriptions(events)


@pytest.mark.parametrize(
    ("types", "topic", "answer"),
    [
        (["sla.breached"], "sla.breached", True),
        (["sla.breached"], "sla.met", False),
        (["sla.*"], "sla.met", True),
        (["sla.*"], "ticket.opened", False),
        (["approval.*"], "approval.climbed", True),
        ([], "sla.met", False),
        (["key.created"], "key.created", False),
        (["key.*"], "key.created", False),
        (["subscription.*"], "subscription.created", False),
    ],
)
def test_a_subscriber_hears_what_it_named_and_nobody_hears_of_keys(
    types, topic, answer
):
    assert wanted(topic, types) is answer


def test_a_type_that_no_event_has_is_named_by_its_place():
    found = unknown_types(["sla.met", "sla.brached", "key.created", "sla.*"], TOPICS)
    assert [(e.pointer, e.message) for e in found] == [
        (
            "/types/1",
            "there is no event type 'sla.brached'; did you mean 'sla.breached'?",
        ),
        ("/types/2", "there is no event type 'key.created'"),
    ]


def test_a_subscription_knows_who_made_it_and_from_where_it_listens():
    made = folded(CREATED).by_id["s"]
    assert (made.created_by, made.from_position) == ("ann", 7)


def test_a_subscription_wants_what_its_types_say():
    assert folded(CREATED).by_id["s"].wants("sla.met")


def test_a_deleted_subscription_is_not_active():
    deleted = SubscriptionDeleted(subscription_id="s")
    assert folded(CREATED, deleted).active == ()


def test_a_family_leaves_out_what_comes_with_every_ticket_unless_it_is_named():
    assert not wanted("escalation.pinned", ["escalation.*"])
    assert wanted("escalation.pinned", ["escalation.*", "escalation.pinned"])
