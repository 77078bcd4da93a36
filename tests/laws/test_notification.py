"""Whatever happens to a notification: it ends, in one way, and in time."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.event import Event
from domain.lifecycle.facts import TicketResolved
from domain.notification.dispatch_order import bundles, in_order
from domain.notification.facts import (
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnreachable,
)
from domain.notification.fail_over import RETRIES
from domain.notification.outcome import Outcome, settle, still_true
from domain.notification.rate_limits import Limit, next_token, taken
from tests.support.dsl import BY_ANN
from tests.support.notifications import (
    MINUTE,
    NOON,
    SECOND,
    after,
    outgoing,
    person,
    planned,
    rule,
)

CHANNELS = st.sampled_from(["email", "webhook", "apprise"])
RULES = st.lists(
    st.builds(
        lambda channel, minutes: rule(channel, f"PT{minutes}M"),
        CHANNELS,
        st.integers(0, 90),
    ),
    min_size=1,
    max_size=5,
)
OUTCOMES = st.lists(
    st.sampled_from(
        [
            Outcome(),
            Outcome(code="timeout", temporary=True),
            Outcome(code="circuit_open", temporary=True, broken=True),
            Outcome(code="smtp_550"),
        ]
    ),
    min_size=40,
    max_size=40,
)
LATENESS = st.lists(st.integers(0, 600), min_size=40, max_size=40)
URGENCIES = st.sampled_from(["high", "low"])
OVER = st.none() | st.integers(0, 120)


def run(rules, outcomes, lateness, over, urgency="high"):
    """Sends as the sender does, late by so many seconds, until nothing waits; `over`:
    after so many minutes the ticket is resolved. Returns the notification, its facts
    with their times, and when messages went out.
    """
    notification, now = planned(person(*rules), urgency=urgency), NOON
    facts, tries = [], []
    over_at = None if over is None else NOON + over * MINUTE
    for outcome, late in zip(outcomes, lateness, strict=True):
        if notification.due_at is None:
            break
        now = max(now, notification.due_at) + late * SECOND
        due = [
            outgoing(
                notification.id,
                message=place,
                channel=notification.messages[place].channel,
                destination=notification.messages[place].channel,
            )
            for place in notification.waiting
            if notification.messages[place].due_at <= now
        ]
        is_over = over_at is not None and now >= over_at
        resolved = Event("t-1", 9, now, BY_ANN, TicketResolved(code=None, note=None))
        events = {"t-1": [resolved] if is_over else []}
        for bundle in bundles(in_order(due)):
            known = {notification.id: notification}
            true, dropped = still_true(bundle, known, events, now)
            settled = dropped
            if true:
                tries.append(now)
                settled = settle(true, known, outcome, now)
            new = settled.get(notification.id, ())
            facts += [(now, fact) for fact in new]
            notification = after(notification, new, now)
    return notification, facts, tries


def final(fact):
    return isinstance(fact, NotificationSent | NotificationSuppressed) or (
        isinstance(fact, NotificationFailed) and not fact.temporary
    )


@given(RULES, OUTCOMES, LATENESS, OVER)
def test_each_message_ends_exactly_once(rules, outcomes, lateness, over):
    notification, facts, _ = run(rules, outcomes, lateness, over)
    ends = [fact.message for _, fact in facts if final(fact)]
    assert notification.waiting == ()
    assert sorted(ends) == list(range(len(notification.messages)))


@given(RULES, OUTCOMES, LATENESS, st.integers(0, 120))
def test_nothing_is_sent_after_it_was_over(rules, outcomes, lateness, over):
    _, facts, tries = run(rules, outcomes, lateness, over)
    over_at = NOON + timedelta(minutes=over)
    assert all(at < over_at for at in tries)
    assert all(at < over_at for at, fact in facts if isinstance(fact, NotificationSent))


@given(RULES, OUTCOMES, LATENESS, OVER)
def test_a_person_is_unreachable_if_and_only_if_every_channel_failed(
    rules, outcomes, lateness, over
):
    notification, facts, _ = run(rules, outcomes, lateness, over)
    every = all(m.state == "failed" for m in notification.messages)
    said = [f for _, f in facts if isinstance(f, NotificationUnreachable)]
    assert len(said) == every
    assert (notification.state == "unreachable") == every


@given(RULES, OUTCOMES, LATENESS, OVER, URGENCIES)
def test_a_channel_is_tried_a_few_times_and_then_the_next_is_due_at_once(
    rules, outcomes, lateness, over, urgency
):
    notification, facts, _ = run(rules, outcomes, lateness, over, urgency)
    assert all(m.attempts <= len(RETRIES) + 1 for m in notification.messages)
    for at, fact in facts:
        if isinstance(fact, NotificationFailed) and fact.next_message is not None:
            early = urgency == "high" or fact.code == "circuit_open"
            assert not fact.temporary or early
            later = [f for t, f in facts if t >= at and f is not fact]
            assert any(f.message == fact.next_message for f in later)


def began(notification, place):
    """The message whose failure began it, of those that stand in for one another."""
    before = notification.messages[place].stands_in_for
    return place if before is None else began(notification, before)


@given(RULES, OUTCOMES, LATENESS, URGENCIES)
def test_who_was_told_in_place_of_a_message_is_never_sent_its_retry(
    rules, outcomes, lateness, urgency
):
    notification, facts, _ = run(rules, outcomes, lateness, None, urgency)
    sends = [(t, f) for t, f in facts if isinstance(f, NotificationSent)]
    for told_at, told in sends:
        first = began(notification, told.message)
        again = [
            fact
            for at, fact in sends
            if at > told_at and began(notification, fact.message) == first
        ]
        assert all(fact.attempt == 1 for fact in again)


@given(
    st.integers(1, 6),
    st.integers(1, 90),
    st.lists(st.integers(0, 300), min_size=1, max_size=60),
)
def test_a_limit_lets_never_more_through_and_never_waits_for_ever(burst, every, gaps):
    limit, full_at = Limit(burst=burst, every=every * SECOND), None
    now, spent = NOON, []
    for gap in gaps:
        now += gap * SECOND
        if spent and now - spent[-1] >= limit.memory:
            assert full_at <= now, "after so long it is full"
        until = next_token(limit, full_at, now)
        assert now <= until <= now + limit.every
        spent.append(until)
        now, full_at = until, taken(limit, full_at, until)
    for first, at in enumerate(spent):
        within = [t for t in spent[first:] if t < at + limit.every]
        assert len(within) <= burst + 1
        longer = [t for t in spent[first:] if t < at + 10 * limit.every]
        assert len(longer) <= burst + 10
