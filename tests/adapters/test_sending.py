"""Sending, over a store in memory: what went out is on record, come what may."""

import json
from datetime import timedelta

import pytest

from activities.notification import send as sending
from activities.ports import CommandRow, StoreUnavailableError
from domain.errors import VersionConflictError
from domain.escalation.commands import StepUndelivered
from domain.event import Event
from domain.notification.dispatch_order import SentRecord
from domain.notification.facts import NotificationPlanned
from domain.notification.fail_over import RETRIES
from domain.notification.notification import fold
from domain.notification.outcome import Outcome
from domain.notification.rate_limits import LIMITS
from domain.ticket.decide import Assign, Resolve
from infra.eventstore.codec import decode, encode
from tests.support.dsl import BY_ANN, NOON, Story, promising, world
from tests.support.sending import Desk, Ways

OLD = NotificationPlanned(
    ticket_id="t-1",
    about=7,
    clock="first_response/1",
    step=2,
    repetition=0,
    person="bo",
    urgency="high",
    messages=(),
)
AT_ONCE = [{"channel": "email"}, {"channel": "webhook"}]


async def test_it_is_planned_once_however_often_it_is_asked_for():
    desk = await Desk(*AT_ONCE).planned()
    await desk.notifying.plan("t-1", desk.told)
    assert len(await desk.store.load(desk.stream)) == 1


async def test_who_was_published_a_moment_ago_is_notified_too():
    desk = Desk(*AT_ONCE)
    desk.registry.behind = True
    await desk.planned()
    await desk.send_all()
    assert [d.channel for d in desk.ways.got] == ["email", "webhook"]


async def test_what_was_sent_goes_not_again():
    desk = await Desk(*AT_ONCE).planned()
    await desk.send_all()
    await desk.send_all()
    assert [d.channel for d in desk.ways.got] == ["email", "webhook"]


async def test_two_channels_that_end_at_once_are_both_on_record():
    desk = await Desk(*AT_ONCE).planned()
    mail, hook = await desk.sending.ready()

    class Meanwhile(Ways):
        async def send(self, dispatch):
            if dispatch.channel == "email":
                await desk.sending.send(hook)
            return await super().send(dispatch)

    desk.sending._outbound = desk.ways = Meanwhile()
    await desk.sending.send(mail)
    assert [m.state for m in (await desk.notification()).messages] == ["sent", "sent"]
    assert len(desk.ways.got) == 2


@pytest.mark.parametrize(
    "refusal", [StoreUnavailableError(), VersionConflictError("notifications/t-1.7")]
)
async def test_what_was_sent_is_on_record_though_the_store_refuses_at_first(
    monkeypatch, refusal
):
    monkeypatch.setattr(sending, "AGAIN_S", 0)
    desk = await Desk({"channel": "email"}).planned()
    append, refusals = desk.store.append, [refusal] * 3

    async def refused(events, command):
        if desk.ways.got and refusals:
            raise refusals.pop()
        return await append(events, command)

    desk.store.append = refused
    await desk.send_all()
    assert (await desk.notification()).state == "sent"
    assert (len(desk.ways.got), refusals) == (1, [])


async def test_an_address_that_was_taken_away_fails_over_without_a_try():
    desk = await Desk(*AT_ONCE).planned()
    desk.registry.document = {
        "name": "Bo",
        "notify": {
            "rules": [{"channel": "webhook"}],
            "webhook": "https://bo.example/",
        },
    }
    await desk.send_all()
    await desk.send_all()
    mail, hook = (await desk.notification()).messages
    assert (mail.state, mail.detail) == ("failed", "no_address")
    assert hook.state == "sent"
    assert [d.channel for d in desk.ways.got] == ["webhook"]


async def test_what_is_urgent_goes_by_the_next_channel_once_one_answers_with_a_fault():
    desk = await Desk(
        {"channel": "webhook"}, {"channel": "email", "after": "PT1H"}
    ).planned()
    desk.ways.outcomes["webhook"] = Outcome(code="http_500", temporary=True)
    await desk.send_all()
    await desk.send_all()
    assert [d.channel for d in desk.ways.got] == ["webhook", "email"]
    hook, mail = (await desk.notification()).messages
    assert (hook.state, hook.detail) == ("dropped", "notified by email meanwhile")
    assert mail.state == "sent"


async def test_a_retry_in_line_behind_others_is_not_sent_to_whom_another_channel_told():
    desk = await Desk(
        {"channel": "webhook"}, {"channel": "email", "after": "PT1H"}
    ).planned()
    desk.ways.outcomes["webhook"] = Outcome(code="http_500", temporary=True)
    await desk.send_all()
    [mail] = await desk.sending.ready()
    desk.now += RETRIES[0]
    [hook] = await desk.sending.ready([mail[0].destination])
    await desk.sending.send(mail)
    await desk.sending.send(hook)
    assert [d.channel for d in desk.ways.got] == ["webhook", "email"]
    assert [m.state for m in (await desk.notification()).messages] == [
        "dropped",
        "sent",
    ]


async def test_a_destination_that_is_busy_gets_nothing_until_it_is_free():
    desk = await Desk({"channel": "email"}).planned()
    [bundle] = await desk.sending.ready()
    assert await desk.sending.ready({bundle[0].destination}) == []


async def test_what_was_done_meanwhile_is_dropped_at_the_last_moment():
    desk = await Desk({"channel": "email"}).planned()
    [bundle] = await desk.sending.ready()
    before = len(desk.story.events)
    desk.story.when("61m", Resolve())
    row = CommandRow(
        command_id="c-2",
        request_sha256="",
        attempt="b",
        stream_id="t-1",
        version=len(desk.story.events),
    )
    await desk.store.append(desk.story.events[before:], row)
    await desk.sending.send(bundle)
    assert desk.ways.got == []
    assert (await desk.notification()).state == "dropped"


async def test_a_step_whose_people_are_all_unreachable_is_reported():
    desk = await Desk({"channel": "email"}).planned()
    desk.ways.outcomes["email"] = Outcome(code="smtp_550")
    await desk.notifying.report("t-1", [desk.stream])
    assert desk.undelivered == []
    await desk.send_all()
    await desk.notifying.report("t-1", [desk.stream])
    step = StepUndelivered(
        clock="first_response/1",
        step=0,
        repetition=0,
        people=("bo",),
        reason="all channels failed",
    )
    assert desk.undelivered == [("t-1", step)]


async def test_who_was_chosen_is_reported_as_notified_when_a_message_left():
    desk = await Desk({"channel": "webhook"}, {"channel": "email"}).planned()
    desk.ways.outcomes["webhook"] = Outcome(code="http_410")
    await desk.notifying.sent("t-1", desk.stream)
    assert desk.notified == []
    await desk.send_all()
    await desk.notifying.sent("t-1", desk.stream)
    [(ticket_id, found)] = desk.notified
    assert (ticket_id, found.chosen.person, found.channel) == ("t-1", "bo", "email")
    assert (found.clock, found.step, found.repetition) == ("first_response/1", 0, 0)
    assert found.sent_at == desk.now


async def test_what_no_step_tells_is_not_reported():
    desk = Desk({"channel": "email"})
    desk.story = Story(
        world(
            teams={"second": {"members": ["bo"], "assignment": {"mode": "offer"}}},
            agents={"bo": {"name": "Bo"}},
        )
    )
    desk.story.when("1m", Assign(team="second"))
    desk.now = desk.story.events[-1].timestamp
    topics = [e.fact.topic for e in desk.story.events]
    offered = topics.index("assignment.offered") + 1
    await desk.stored()
    await desk.notifying.plan("t-1", offered)
    await desk.send_all()
    await desk.notifying.sent("t-1", f"notifications/t-1.{offered}")
    assert desk.notified == []


async def test_each_who_watches_is_notified_once_of_the_same_event():
    desk = Desk({"channel": "email"})
    others = {n: {"name": n, "email": f"{n}@shop.example"} for n in ("ann", "mia")}
    desk.registry.others = others
    steps = [{"targets": [{"agent": "bo"}], "watch": ["ann", "mia"]}]
    desk.story = Story(promising({"first_response": "PT30M"}, steps=steps))
    desk.story.enforce("1h")
    await desk.planned()
    topics = [e.fact.topic for e in desk.story.events]
    about = topics.index("escalation.exhausted") + 1
    for _ in range(2):
        await desk.notifying.plan("t-1", about)
    await desk.send_all()
    first, *others = desk.ways.got
    assert (first.person, {d.person for d in others}) == ("bo", {"ann", "mia"})
    since = [i for i, t in enumerate(topics, start=1) if t == "ticket.watched"]
    assert {d.id for d in others} == {f"t-1.{about}.{v}.0" for v in since}
    assert len(others) == 2


async def test_who_was_offered_a_ticket_and_cannot_be_reached_is_no_step():
    desk = Desk({"channel": "email"})
    second = {"members": ["bo"], "assignment": {"mode": "offer"}}
    desk.story = Story(world(teams={"second": second}, agents={"bo": {"name": "Bo"}}))
    desk.story.when("1m", Assign(team="second"))
    desk.now = desk.story.events[-1].timestamp
    topics = [e.fact.topic for e in desk.story.events]
    offered = topics.index("assignment.offered") + 1
    await desk.stored()
    await desk.notifying.plan("t-1", offered)
    desk.ways.outcomes["email"] = Outcome(code="smtp_550")
    await desk.send_all()
    stream = f"notifications/t-1.{offered}"
    found = fold(await desk.store.load(stream))
    assert (found.cause, found.state) == ("offered", "unreachable")
    await desk.notifying.report("t-1", [stream])
    assert desk.undelivered == []


def test_a_notification_from_before_there_were_causes_is_of_a_step():
    stored = json.loads(encode(Event("n/1", 1, NOON, BY_ANN, OLD)))
    del stored["data"]["cause"]
    state = json.dumps(stored).encode()
    event = decode("notifications/t-1.7", 1, "notification.planned", state)
    found = fold([event])
    assert (found.cause, found.chosen_by) == ("step", ("first_response/1", 2, 0))


@pytest.mark.parametrize("hours", [0, 7])
async def test_what_is_beyond_the_limit_waits_for_a_token(hours):
    desk = await Desk({"channel": "email"}).planned()
    [bundle] = await desk.sending.ready()
    at = desk.now - timedelta(hours=hours)
    desk.table.spends = [
        SentRecord(
            destination=bundle[0].destination,
            person="bo",
            tickets=("t-2",),
            at=at,
            full_at=at + 20 * LIMITS["email"].every,
        )
    ]
    waits = await desk.sending.ready() == []
    assert waits == (hours == 0)
    if waits:
        assert (await desk.notification()).messages[0].detail == "limit"
