"""Who hears of what."""

from datetime import timedelta

import pytest

from activities.delivery import Answer, backoff_s, woken_by
from domain.errors import RuleError
from domain.event import Actor, Event
from domain.people.directory import Team
from domain.subscription.subscription import (
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionDeleted,
    SubscriptionDisabled,
    SubscriptionPaused,
    SubscriptionResumed,
    fold_subscriptions,
    pause,
    resume,
    retry,
    subscription_stream,
    unknown_types,
    wanted,
)
from tests.support.dsl import BY_ANN, NOON

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
        (["approval.*"], "approval.escalated", True),
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
    assert (made.maker, made.from_position) == (BY_ANN.actor, 7)


def test_a_subscription_wants_what_its_types_say():
    made = folded(CREATED).by_id["s"]
    assert made.wants("sla.met", 8)
    assert not made.wants("sla.met", 7)
    assert not made.wants("ticket.opened", 8)


def test_a_deleted_subscription_is_not_there():
    deleted = SubscriptionDeleted(subscription_id="s")
    assert folded(CREATED, deleted).there == ()


def test_a_family_leaves_out_what_comes_with_every_ticket_unless_it_is_named():
    assert not wanted("escalation.pinned", ["escalation.*"])
    assert wanted("escalation.pinned", ["escalation.*", "escalation.pinned"])


# --- what happens to it ---------------------------------------------------------------

PAUSED = SubscriptionPaused(subscription_id="s", reason="we move")
GONE = SubscriptionDisabled(subscription_id="s", status_code=410)


def resumed(held, position=20):
    return SubscriptionResumed(subscription_id="s", held=held, position=position)


def now(*facts):
    return folded(CREATED, *facts).by_id["s"]


def test_a_paused_subscription_delivers_nothing_and_says_why():
    assert not now(PAUSED).delivers
    assert (now(PAUSED).state, now(PAUSED).state_reason) == ("paused", "we move")
    assert woken_by([now(PAUSED)], [(9, "sla.met")]) == []


def test_one_whose_endpoint_is_gone_says_what_it_answered():
    assert now(GONE).state == "disabled"
    assert "410" in now(GONE).state_reason


@pytest.mark.parametrize("stopped", [PAUSED, GONE])
def test_resumed_it_delivers_again_from_where_it_stood(stopped):
    going = now(stopped, resumed("all"))
    assert going.delivers
    assert going.wants("sla.met", 8)
    assert going.state_reason is None


def test_what_was_held_can_be_skipped():
    going = now(PAUSED, resumed("skip", 20))
    assert not going.wants("sla.met", 20)
    assert going.wants("sla.met", 21)


def test_or_only_the_newest_of_each_subject_of_it_brought():
    assert now(PAUSED, resumed("newest", 20)).newest_until == 20


def changed(*types):
    return SubscriptionChanged(
        subscription_id="s",
        url="https://y",
        types=types,
        format="full",
        team="front",
        position=20,
    )


def test_a_type_that_is_added_begins_then_and_the_others_go_on():
    then = now(changed("sla.*", "ticket.*"))
    assert (then.url, then.format, then.team) == ("https://y", "full", "front")
    assert not then.wants("ticket.opened", 20)
    assert then.wants("ticket.opened", 21)
    assert then.wants("sla.met", 8)


def test_a_type_that_was_taken_away_and_added_again_begins_then():
    again = now(changed("ticket.*"), changed("sla.*"))
    assert not again.wants("sla.met", 20)


@pytest.mark.parametrize("stopped", [PAUSED, GONE])
def test_what_is_stopped_is_resumed_and_neither_paused_nor_retried(stopped):
    for ask in (lambda s: pause(s, None), retry):
        with pytest.raises(RuleError, match=now(stopped).state):
            ask(now(stopped))
    assert resume(now(stopped), "all", 20)


def test_what_is_active_has_nothing_to_resume():
    with pytest.raises(RuleError, match="active"):
        resume(now(), "all", 20)


# --- whose it is ----------------------------------------------------------------------

TEAMS = {"front": Team(name="front", members=("bo",), lead="mia")}


def by(name, kind="agent"):
    return Actor(id=name, kind=kind)


@pytest.mark.parametrize(
    ("actor", "theirs"),
    [
        (by("ann", "user"), True),
        (by("ann"), False),
        (by("bo"), True),
        (by("mia"), True),
        (by("bo", "user"), False),
        (by("chen"), False),
    ],
    ids=["maker", "agent called so", "member", "lead", "key called so", "stranger"],
)
def test_it_belongs_to_who_made_it_and_to_its_team(actor, theirs):
    assert now(changed("sla.*")).belongs_to(actor, TEAMS) is theirs


def test_without_a_team_it_belongs_to_who_made_it_alone():
    assert not now().belongs_to(by("bo"), TEAMS)


# --- how long it waits ----------------------------------------------------------------

IN_AN_HOUR = "Sun, 22 Nov 2026 13:00:00 GMT"


@pytest.mark.parametrize(
    ("failures", "status", "header", "seconds"),
    [
        (1, 500, None, 1),
        (2, None, None, 5),
        (9, 500, None, 3600),
        (1, 429, "20", 20),
        (1, 429, None, 60),
        (4, 429, None, 120),
        (1, 429, "nonsense", 60),
        (1, 429, "0", 1),
        (3, 503, "2", 30),
        (1, 503, "600", 600),
        (1, 503, IN_AN_HOUR, 3600),
        (1, 503, "86400", 7200),
        (1, 429, "99999999999", 60),
        (1, 200, None, None),
        (1, 410, "20", None),
    ],
)
def test_the_receiver_is_given_the_time_it_asks_for(failures, status, header, seconds):
    answer = Answer(status, "", header, timedelta(0))
    assert backoff_s(failures, answer, NOON) == seconds
