"""What other systems publish about telling people, by the id of the case.

GoAlert's rules, order and bundles (ESC-082 to 089), LinkedIn iris' aggregation and
quotas (ESC-091, 092), Grafana OnCall's window (ESC-073). Decided here where it differs:

- ESC-086: ties at last by id, not by chance, so that the order is always the same.
- ESC-091: what finds no token waits for one, so the rest goes as one message each time.
- ESC-092: there is one limit, the hard one, and what is beyond it waits; it is not
  dropped.
"""

from datetime import datetime, timedelta

import pytest

from domain.escalation.facts import EscalationAcknowledged, EscalationEnded
from domain.event import Event
from domain.lifecycle.facts import TicketAcknowledged, TicketClosed
from domain.notification import dispatch_order as ordering
from domain.notification.dispatch_order import (
    KINDS,
    SentRecord,
    bundles,
    in_order,
    within_limits,
)
from domain.notification.fail_over import drop
from domain.notification.outcome import Outcome, settle, still_true
from domain.notification.planning import after_quiet
from domain.notification.rate_limits import Limit, next_token, taken
from domain.notification.relevance import no_longer_true
from tests.support.dsl import BY_ANN
from tests.support.notifications import (
    HOUR,
    MINUTE,
    NOON,
    SECOND,
    after,
    outgoing,
    person,
    planned,
    rule,
)


def due(notification, now):
    places = notification.waiting
    return [i for i in places if notification.messages[i].due_at <= now]


def spent_by(name, full_at, *tickets):
    return SentRecord(
        destination=f"email:{name}",
        person=name,
        tickets=tickets,
        at=NOON,
        full_at=full_at,
    )


def sent(notification, at):
    bundle = [outgoing(notification.id, message=i) for i in due(notification, at)]
    settled = settle(tuple(bundle), {notification.id: notification}, Outcome(), at)
    return after(notification, settled.get(notification.id, ()), at)


def test_esc_082_a_tick_fires_the_rules_that_fell_due_since_the_last():
    rules = [rule("email"), rule("webhook", "PT1M"), rule("apprise", "PT5M")]
    told = sent(planned(person(*rules)), NOON + 15 * SECOND)
    assert due(told, NOON + 75 * SECOND) == [1]


def test_esc_082_a_late_tick_sends_what_it_missed_to_one_destination_as_one():
    notification = planned(person(rule("email", "PT1M"), rule("email", "PT2M")))
    late = NOON + 3 * MINUTE
    waiting = [outgoing(notification.id, message=i) for i in due(notification, late)]
    [together] = bundles(in_order(waiting))
    assert len(together) == 2
    told = sent(notification, late)
    assert [m.state for m in told.messages] == ["sent", "sent"]
    assert [m.bundled_with for m in told.messages] == [None, notification.id]


def test_esc_083_without_a_rule_nobody_is_notified_and_it_is_said_at_once():
    found = planned(person(email=None, notify={"rules": []}))
    assert (found.state, found.unreachable) == ("unreachable", "no channel")


@pytest.mark.parametrize("fact", [TicketAcknowledged(by="bo"), TicketClosed()])
def test_esc_085_a_bundle_whose_alerts_are_all_done_is_dropped_before_it_is_sent(fact):
    reader = person(rule("email"), rule("webhook", "PT1H"))
    known = {n.id: n for n in (planned(reader, number=i) for i in (7, 8))}
    bundle = tuple(outgoing(number) for number in known)
    events = {"t-1": [Event("t-1", 9, NOON, BY_ANN, fact)]}
    true, dropped = still_true(bundle, known, events, NOON)
    assert true == ()
    ended = [after(known[number], facts, NOON) for number, facts in dropped.items()]
    assert [n.state for n in ended] == ["dropped", "dropped"]
    assert all("before the message was sent" in n.messages[1].detail for n in ended)


def test_esc_086_the_first_alert_goes_before_what_is_asked_for_and_that_before_more():
    wanted = [
        "first_alert",
        "verification",
        "test",
        "on_call_change",
        "further_alert",
        "status_update",
    ]
    mixed = [outgoing(f"t-{k}.1", kind=k) for k in reversed(wanted)]
    assert [m.kind for m in in_order(mixed)] == wanted == list(KINDS)


def test_esc_086_of_equals_who_was_told_longest_ago_then_what_was_served_longest_ago():
    told = {"told_at": NOON}
    first = outgoing("t-3.1", served_at=NOON - HOUR)
    second = outgoing("t-2.1", served_at=NOON)
    third = outgoing("t-1.1", **told)
    assert in_order([third, second, first]) == [first, second, third]


def test_esc_086_hundreds_about_one_ticket_do_not_delay_the_first_about_another():
    lately = [spent_by("ann", NOON, "t-1")]
    many = [
        ordering.since(outgoing(f"t-1.{i}", destination=f"email:{i}"), lately)
        for i in range(300)
    ]
    other = ordering.since(outgoing("t-2.1", destination="email:other"), lately)
    assert in_order([*many, other])[0] == other


def test_esc_089_three_for_one_destination_are_one_message_and_say_so():
    known = {n.id: n for n in (planned(person(rule("email")), number=i) for i in "789")}
    [bundle] = bundles([outgoing(number) for number in known])
    settled = settle(bundle, known, Outcome(), NOON)
    carried = [facts[0].bundled_with for facts in settled.values()]
    assert carried == [None, "t-1.7", "t-1.7"]


def test_esc_089_the_first_is_not_held_back_for_others_to_come():
    assert due(planned(person(rule("email"))), NOON) == [0]


def test_esc_091_beyond_ten_a_minute_one_batch_goes_each_five_minutes():
    limit, full_at = Limit(burst=10, every=5 * MINUTE), None
    for second in range(0, 60, 6):
        now = NOON + second * SECOND
        assert next_token(limit, full_at, now) == now
        full_at = taken(limit, full_at, now)
    batch = next_token(limit, full_at, NOON + 60 * SECOND)
    assert batch == NOON + 5 * MINUTE
    full_at = taken(limit, full_at, batch)
    assert next_token(limit, full_at, batch) == batch + 5 * MINUTE


def test_esc_092_of_seven_at_once_five_go_and_two_wait():
    limit, full_at, went = Limit(burst=5, every=MINUTE), None, []
    for _ in range(7):
        goes = next_token(limit, full_at, NOON) == NOON
        full_at = taken(limit, full_at, NOON) if goes else full_at
        went.append(goes)
    assert went == [True] * 5 + [False] * 2


def test_esc_092_a_destination_at_its_limit_holds_up_no_other():
    spent = [spent_by("bo", NOON + 20 * 30 * SECOND)]
    full, free = (outgoing("t-1.1", "bo"),), (outgoing("t-2.1", "ann"),)
    within, postponed = within_limits([full, free], spent, NOON)
    assert within == [free]
    assert [m.due_at for m in postponed] == [NOON + 30 * SECOND]


BERLIN = {
    "time_zone": "Europe/Berlin",
    "notify": {"quiet_hours": {"from": "22:00", "to": "07:00"}},
}


def test_esc_114_what_is_not_urgent_waits_for_the_morning_over_the_lost_hour():
    reader = person(rule("email"), **BERLIN)
    asked = datetime.fromisoformat("2026-03-28T23:30:00+01:00")
    found = planned(reader, asked, urgency="low")
    assert found.due_at == datetime.fromisoformat("2026-03-29T07:00:00+02:00")
    assert found.due_at - asked == timedelta(hours=6.5)
    assert found.messages[0].detail == "quiet hours"


def test_esc_114_in_autumn_the_hour_that_comes_twice_is_waited_twice():
    reader = person(rule("email"), **BERLIN)
    asked = datetime.fromisoformat("2026-10-24T23:30:00+02:00")
    until = after_quiet(reader, "low", asked)
    assert until == datetime.fromisoformat("2026-10-25T07:00:00+01:00")
    assert until - asked == timedelta(hours=8.5)


def test_what_is_urgent_does_not_wait_for_the_morning():
    reader = person(rule("email"), **BERLIN)
    asked = datetime.fromisoformat("2026-03-28T23:30:00+01:00")
    assert planned(reader, asked, urgency="high").due_at == asked


@pytest.mark.parametrize(
    ("now", "goes"),
    [("08:00", "22T09:00"), ("12:00", "22T12:00"), ("17:00", "23T09:00")],
)
def test_esc_073_outside_the_hours_it_waits_for_the_next_opening(now, goes):
    quiet = {"quiet_hours": {"from": "17:00", "to": "09:00"}}
    reader = person(rule("email"), time_zone="UTC", notify=quiet)
    at = datetime.fromisoformat(f"2026-11-22T{now}+00:00")
    found = after_quiet(reader, "low", at)
    assert found == datetime.fromisoformat(f"2026-11-{goes}+00:00")


def test_what_came_before_the_person_was_notified_ends_nothing():
    earlier = Event("t-1", 6, NOON, BY_ANN, TicketAcknowledged(by="bo"))
    assert no_longer_true([earlier], planned(person(rule("email"))), NOON) is None


@pytest.mark.parametrize(
    ("clock", "over"), [("first_response/1", True), ("resolution/1", False)]
)
@pytest.mark.parametrize(
    "fact",
    [
        lambda clock: EscalationAcknowledged(clock=clock, by="bo", until=None),
        lambda clock: EscalationEnded(clock=clock, reason="answered"),
    ],
)
def test_only_the_escalation_of_the_same_clock_ends_it(fact, clock, over):
    later = Event("t-1", 8, NOON, BY_ANN, fact(clock))
    reason = no_longer_true([later], planned(person(rule("email"))), NOON)
    assert (reason is not None) == over


def test_what_is_dropped_says_so_for_each_message():
    notification = planned(person(rule("email"), rule("webhook", "PT1H")))
    facts = drop(notification, notification.waiting, "closed")
    assert [f.channel for f in facts] == ["email", "webhook"]
