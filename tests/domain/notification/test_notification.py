"""Who is told by what: urgency, fail-over, and a step that reaches nobody."""

import pytest

from domain.errors import InvalidError
from domain.escalation.commands import StepUndelivered
from domain.notification.facts import (
    NotificationDeferred,
    NotificationFailed,
    NotificationUnreachable,
)
from domain.notification.fail_over import OURS_TO_MEND, RETRIES, drop, failed, sent
from domain.notification.message import letter
from domain.notification.notification import ALL_FAILED, NOT_SET_UP
from domain.notification.outcome import Outcome, settle, still_true
from domain.notification.payload import Payload, Promised
from domain.notification.planning import NO_AGENT, plan
from domain.notification.undelivered import chosen_by, undelivered
from domain.notification.urgency import notification_reasons
from domain.people.contact import preferences_advice
from tests.support.documents import parse_preferences
from tests.support.dsl import Story, promising
from tests.support.notifications import (
    HOUR,
    MINUTE,
    NOON,
    after,
    events_of,
    outgoing,
    person,
    planned,
    rule,
)
from tests.support.notifications import occasion as told

HALF_AN_HOUR = 30 * MINUTE
STEPS = [
    {"after": "PT0S", "targets": [{"agent": "bo"}, {"agent": "chen"}]},
    {"after": "PT10M", "targets": [{"agent": "mia"}]},
]


def climbed():
    return Story(promising({"first_response": "PT30M"}, steps=STEPS)).enforce("2h")


def versions(story):
    return [
        e.originator_version
        for e in story.events
        if e.fact.topic == "escalation.step_fired"
    ]


def test_who_a_broken_promise_tells_is_notified_urgently_about_that_event():
    story = climbed()
    first = versions(story)[0]
    bo, chen = notification_reasons(story.events[:first])
    assert (bo.person, bo.about, bo.urgency) == ("bo", first, "high")
    assert (chen.person, chen.about) == ("chen", first)


def test_what_tells_nobody_is_no_occasion():
    assert notification_reasons(climbed().events[:1]) == ()


def test_who_is_not_there_any_more_cannot_be_notified():
    _, fact = plan(told(), None, NOON)
    assert fact == NotificationUnreachable(reason=NO_AGENT)


def test_a_rule_for_what_is_urgent_is_not_for_the_rest():
    reader = person(rule("webhook", urgency="high"))
    assert planned(reader, urgency="high").state == "waiting"
    found = planned(reader, urgency="low")
    assert found.unreachable == "no channel for what is of low urgency"


def test_each_chat_is_a_message_of_its_own():
    chats = {"apprise": ["team", "bridge"]}
    found = planned(person(rule("apprise"), notify=chats))
    assert [m.target for m in found.messages] == ["team", "bridge"]


def test_a_failure_that_may_pass_is_tried_again_after_longer_pauses_then_is_final():
    notification, at, pauses = planned(person(rule("email"))), NOON, []
    while notification.state == "waiting":
        facts = failed(notification, 0, "timeout", temporary=True, at=at)
        notification = after(notification, facts, at)
        if notification.due_at:
            pauses.append(notification.due_at - at)
            at = notification.due_at
    assert pauses == list(RETRIES)
    assert notification.state == "unreachable"


def test_when_one_channel_fails_for_good_the_next_is_due_at_once():
    notification = planned(person(rule("email"), rule("webhook", "PT1H")))
    facts = failed(notification, 0, "smtp_550", temporary=False, at=NOON + MINUTE)
    assert notification.due_at == NOON
    assert after(notification, facts, NOON + MINUTE).due_at == NOON + MINUTE


def test_a_channel_that_fails_after_another_notified_them_leaves_nobody_unreachable():
    notification = planned(person(rule("email"), rule("webhook")))
    notification = after(notification, sent(notification, 0, NOON), NOON)
    facts = failed(notification, 1, "http_410", temporary=False, at=NOON)
    assert [type(f) for f in facts] == [NotificationFailed]


@pytest.mark.parametrize("code", sorted(OURS_TO_MEND))
def test_what_ops_must_set_up_is_not_a_failure_of_the_provider(code):
    notification = planned(person(rule("email")))
    facts = failed(notification, 0, code, temporary=False, at=NOON)
    assert after(notification, facts, NOON).unreachable == NOT_SET_UP


@pytest.mark.parametrize("code", ["smtp_550", "http_410", "no_answer"])
def test_where_one_provider_failed_all_channels_failed(code):
    notification = planned(person(rule("email"), rule("webhook")))
    facts = failed(notification, 0, "not_configured", temporary=False, at=NOON)
    notification = after(notification, facts, NOON)
    facts = failed(notification, 1, code, temporary=False, at=NOON)
    assert after(notification, facts, NOON).unreachable == ALL_FAILED


def test_what_ended_meanwhile_is_not_settled_a_second_time():
    notification = planned(person(rule("email")))
    ended = after(notification, drop(notification, [0], "closed"), NOON)
    bundle = (outgoing(notification.id),)
    assert settle(bundle, {notification.id: ended}, Outcome(), NOON) == {}


def lost(number, name):
    found = planned(parse_preferences(name, {"name": name}), number=number)
    assert found.state == "unreachable"
    return found


def test_a_step_reached_nobody_when_all_whom_it_told_are_unreachable():
    found = undelivered([lost(7, "bo"), lost(8, "chen")])
    assert found == StepUndelivered(
        clock="first_response/1",
        step=0,
        repetition=0,
        people=("ann",),
        reason="no channel",
    )


@pytest.mark.parametrize("other", [None, planned(person(rule("email")))])
def test_a_step_may_still_reach_somebody_while_one_is_not_known_to_be_lost(other):
    assert undelivered([lost(7, "bo"), other]) is None


def test_the_people_of_a_step_are_those_of_that_step_and_lap():
    story = climbed()
    about = versions(story)[0]
    assert chosen_by(story.events, "first_response/1", 0, 0) == [
        f"t-1.{about}.0",
        f"t-1.{about}.1",
    ]


def test_a_plan_is_recorded_under_the_version_that_tells_the_person():
    [event, *_] = events_of(plan(told(), person(rule("email")), NOON))
    assert event.originator_id == "notifications/t-1.7"


def test_who_said_nothing_is_notified_by_e_mail_at_once():
    reader = parse_preferences("ann", {"name": "Ann", "email": "ann@shop.example"})
    [message] = planned(reader).messages
    assert (message.channel, message.due_at) == ("email", NOON)


def item(**fields):
    return Payload(
        **{
            "ticket_id": "t-1",
            "number": 42,
            "subject": "Cold\nBcc: everybody@shop.example",
            "priority": "high",
            "cause": "step",
            "event": "escalation.step_fired",
            "person": "ann",
            "clock": "first_response/1",
            "step": 0,
            "reason": "member of front",
            "at": NOON,
            **fields,
        }
    )


def promised(due_at=NOON + HALF_AN_HOUR, *, broken=False, stopped_at=None):
    return Promised(
        metric="first_response",
        target=HALF_AN_HOUR,
        due_at=due_at,
        broken=broken,
        stopped_at=stopped_at,
    )


def test_a_letter_is_of_one_subject_line_and_in_the_readers_time():
    reader = parse_preferences("ann", {"time_zone": "Asia/Shanghai"})
    found = letter([item(promise=promised())], reader)
    assert "\n" not in found.subject
    assert "Cold Bcc: everybody@shop.example" in found.text
    assert "2026-11-22 20:30 (Asia/Shanghai)" in found.text


def test_a_ticket_that_escalated_further_is_reported_once_by_its_last_step():
    last = item(step=3, at=NOON + HOUR, person="bo", others=("mia",))
    found = letter([item(), last], parse_preferences("a", {}))
    assert found.text.count("Cold") == 1
    assert "Also notified: mia" in found.text


@pytest.mark.parametrize(
    ("document", "pointers"),
    [
        ({}, ["/notify"]),
        ({"email": "a@b.c"}, []),
        ({"email": "a@b.c", "notify": {"rules": [rule("email", "PT5M")]}}, 1),
    ],
)
def test_what_is_hardly_meant_is_advised_on(document, pointers):
    found = [e.pointer for e in preferences_advice(parse_preferences("a", document))]
    assert found == (pointers if isinstance(pointers, list) else ["/notify/rules"])


@pytest.mark.parametrize(
    "email", ["a b@c", "a@b\r\nBcc: x@y", "@b", "a@", "a,b@c", "<a@b>"]
)
def test_an_address_that_could_be_two_is_refused(email):
    with pytest.raises(InvalidError, match="/email"):
        parse_preferences("ann", {"email": email})


def broken(notification, message, at):
    facts = failed(
        notification, message, "circuit_open", temporary=True, broken=True, at=at
    )
    return after(notification, facts, at)


@pytest.mark.parametrize(
    ("begin", "end", "pointer"),
    [
        ("25:00", "07:00", "/notify/quiet_hours/from"),
        ("22:00", "7:00", "/notify/quiet_hours/to"),
        ("22:00", "22:00", "/notify/quiet_hours"),
        ("00:00", "24:00", "/notify/quiet_hours"),
    ],
)
def test_quiet_hours_that_are_none_or_all_day_are_refused_where_they_stand(
    begin, end, pointer
):
    quiet = {"quiet_hours": {"from": begin, "to": end}}
    with pytest.raises(InvalidError) as caught:
        person(notify=quiet, time_zone="Asia/Shanghai")
    assert [e.pointer for e in caught.value.errors] == [pointer]


def test_where_nothing_gets_through_the_next_channel_stands_in_at_once():
    notification = planned(person(rule("email"), rule("webhook", "PT1H")))
    found = broken(notification, 0, NOON)
    mail, hook = found.messages
    assert (mail.state, mail.due_at) == ("waiting", NOON + RETRIES[0])
    assert (hook.state, hook.due_at) == ("waiting", NOON)


def busy(notification, message, at):
    facts = failed(notification, message, "http_500", temporary=True, at=at)
    return after(notification, facts, at)


def taken(notification, message, at):
    return after(notification, sent(notification, message, at), at)


def states(notification):
    return [m.state for m in notification.messages]


LATER = [rule("webhook"), rule("email", "PT1H"), rule("apprise", "PT2H")]


def test_what_is_not_urgent_waits_for_the_tries_of_the_first_channel():
    found = busy(planned(person(*LATER), urgency="low"), 0, NOON)
    assert found.messages[1].due_at == NOON + HOUR


def test_what_is_urgent_goes_by_the_next_channel_at_the_first_failure_that_may_pass():
    found = busy(planned(person(*LATER)), 0, NOON)
    dues = [m.due_at for m in found.messages]
    assert dues == [NOON + RETRIES[0], NOON, NOON + 2 * HOUR]
    found = busy(found, 1, NOON)
    assert found.messages[2].due_at == NOON


def test_one_failure_after_another_of_one_channel_brings_no_third_forward():
    found = busy(planned(person(*LATER)), 0, NOON)
    found = busy(found, 0, NOON + RETRIES[0])
    assert found.messages[2].due_at == NOON + 2 * HOUR


@pytest.mark.parametrize("first", [0, 1])
def test_whoever_got_it_by_one_channel_is_not_sent_the_retry_of_another(first):
    found = busy(busy(planned(person(*LATER)), 0, NOON), 1, NOON)
    found = taken(found, first, NOON)
    other = found.messages[1 - first]
    assert other.state == "dropped"
    assert other.detail == f"notified by {found.messages[first].channel} meanwhile"


def test_a_try_that_fails_after_the_stand_in_was_sent_is_the_last_and_brings_none():
    at = NOON + RETRIES[0]
    found = taken(busy(planned(person(*LATER)), 0, NOON), 1, at)
    assert states(busy(found, 0, at)) == ["dropped", "sent", "waiting"]
    facts = failed(found, 0, "http_410", temporary=False, at=at)
    assert after(found, facts, at).messages[2].due_at == NOON + 2 * HOUR


def test_a_stand_in_that_was_not_tried_yet_still_comes_as_its_rule_wants():
    found = busy(planned(person(*LATER)), 0, NOON)
    wait = NotificationDeferred(message=1, reason="limit", until=NOON + MINUTE)
    found = taken(after(found, [wait], NOON), 0, NOON + RETRIES[0])
    assert states(found) == ["sent", "waiting", "waiting"]


def test_a_retry_that_waited_in_line_is_spared_who_was_notified_meanwhile():
    at = NOON + RETRIES[0]
    found = taken(busy(planned(person(*LATER)), 0, NOON), 1, at)
    bundle = (outgoing(found.id),)
    true, dropped = still_true(bundle, {found.id: found}, {}, at)
    found = after(found, dropped[found.id], at)
    assert true == ()
    assert states(found) == ["dropped", "sent", "waiting"]


def test_where_the_stand_in_fails_for_good_what_was_not_tried_goes_before_a_retry():
    found = busy(planned(person(*LATER)), 0, NOON)
    facts = failed(found, 1, "smtp_550", temporary=False, at=NOON)
    found = after(found, facts, NOON)
    dues = [m.due_at for m in found.messages]
    assert dues == [NOON + RETRIES[0], NOON, NOON]
    assert states(taken(found, 2, NOON)) == ["dropped", "failed", "sent"]


def test_a_second_rule_for_the_address_that_fails_is_no_fail_over():
    rules = [rule("email"), rule("email", "PT10M"), rule("webhook", "PT1H")]
    found = busy(planned(person(*rules)), 0, NOON)
    assert [m.due_at for m in found.messages[1:]] == [NOON + 10 * MINUTE, NOON]


def test_nothing_is_brought_forward_for_whom_a_later_rule_has_told():
    rules = [rule("email"), rule("webhook"), rule("apprise", "PT1H")]
    found = busy(taken(planned(person(*rules)), 1, NOON), 0, NOON)
    assert found.messages[2].due_at == NOON + HOUR
    assert found.messages[0].state == "waiting"


def test_who_was_notified_by_the_stand_in_is_not_notified_again_by_the_broken_channel():
    rules = [rule("email"), rule("webhook", "PT1H"), rule("apprise", "PT2H")]
    notification = broken(broken(planned(person(*rules)), 0, NOON), 1, NOON)
    assert notification.messages[2].due_at == NOON
    found = after(notification, sent(notification, 2, NOON), NOON)
    assert [m.state for m in found.messages] == ["dropped", "dropped", "sent"]
    assert found.messages[0].detail == "notified by apprise meanwhile"


def test_the_broken_channel_is_tried_again_where_the_stand_in_fails_too():
    found = planned(person(rule("email"), rule("webhook", "PT1H")))
    found = broken(broken(found, 0, NOON), 1, NOON)
    assert [m.due_at for m in found.messages] == [NOON + RETRIES[0]] * 2
    facts = failed(found, 1, "http_410", temporary=False, at=NOON + RETRIES[0])
    found = after(found, facts, NOON + RETRIES[0])
    assert (found.state, found.waiting) == ("waiting", (0,))


def test_a_channel_of_a_rule_of_its_own_time_is_no_stand_in_and_both_are_used():
    found = broken(planned(person(rule("email"), rule("webhook"))), 0, NOON)
    found = after(found, sent(found, 1, NOON), NOON)
    assert [m.state for m in found.messages] == ["waiting", "sent"]


def test_a_log_in_which_two_messages_brought_each_other_forward_is_read():
    """As it was written when a failure for good also hurried a retry."""
    found = planned(person(rule("email"), rule("webhook", "PT1H")))
    found = broken(found, 0, NOON)
    back = NotificationFailed(
        message=1,
        channel="webhook",
        attempt=1,
        code="http_410",
        temporary=False,
        next_message=0,
    )
    found = after(found, [back], NOON)
    assert (found.waiting, found.due_at) == ((0,), NOON)
    assert states(taken(found, 0, NOON)) == ["sent", "failed"]


def test_what_is_on_its_way_when_the_stand_in_was_sent_is_left_to_its_end():
    found = broken(planned(person(rule("email"), rule("webhook", "PT1H"))), 0, NOON)
    at = NOON + RETRIES[0]
    found = after(found, sent(found, 1, at), at)
    assert [m.state for m in found.messages] == ["waiting", "sent"]
