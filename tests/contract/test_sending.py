"""Sending, over a store in memory: what went out is on record, come what may."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from activities.notification import send as sending
from activities.notification.message import Dispatch
from activities.notification.plan import Notifying, StepReport
from activities.notification.send import Sending
from activities.ports import CommandRow, StoreUnavailableError
from domain.errors import VersionConflictError
from domain.escalation.commands import PersonNotified, StepUndelivered
from domain.event import Event
from domain.notification.dispatch_order import SentRecord
from domain.notification.facts import NotificationPlanned
from domain.notification.fail_over import RETRIES
from domain.notification.notification import fold
from domain.notification.outcome import Outcome
from domain.notification.rate_limits import LIMITS
from domain.ticket.decide import Assign, Resolve
from infra.eventstore.codec import decode, encode
from tests.dsl import BY_ANN, NOON, Story, configured, promising, world
from tests.memory import InMemoryEventStore

STEPS = [{"targets": [{"agent": "bo"}]}]
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


class Table:
    """What is due, by notification."""

    def __init__(self) -> None:
        self.due_at: dict[str, datetime | None] = {}
        self.spends: list[SentRecord] = []

    async def show(self, notification) -> None:
        self.due_at[notification.id] = notification.due_at

    async def due(self, now, limit) -> list[str]:
        found = [n for n, at in self.due_at.items() if at and at <= now]
        return found[:limit]

    async def spent(self, _now) -> Sequence[SentRecord]:
        return self.spends

    async def spend(self, spent) -> None:
        self.spends.append(spent)


class Registry:
    """Bo's document, and those of others who have nothing else to do here. `behind`:
    they were published a moment ago.
    """

    def __init__(self, document) -> None:
        self.document = document
        self.others = {}
        self.behind = False

    async def config(self):
        people = {} if self.behind else {"bo": self.document, **self.others}
        return configured({"agents": people})

    async def refresh(self):
        self.behind = False


class Ways:
    """Keeps what it is given; answers with `outcomes` by channel, else takes it."""

    def __init__(self) -> None:
        self.got: list[Dispatch] = []
        self.outcomes: dict[str, Outcome] = {}

    async def send(self, dispatch: Dispatch) -> Outcome:
        self.got.append(dispatch)
        return self.outcomes.get(dispatch.channel, Outcome())


class Desk:
    """One ticket whose step told Bo, and everything that sends."""

    def __init__(self, *rules, **document) -> None:
        self.store, self.table, self.ways = InMemoryEventStore(), Table(), Ways()
        self.story = Story(promising({"first_response": "PT30M"}, steps=STEPS))
        self.story.enforce("1h")
        self.registry = Registry(
            {
                "name": "Bo",
                "email": "bo@shop.example",
                "notify": {"rules": list(rules), "webhook": "https://bo.example/"},
                **document,
            }
        )
        self.now = self.story.events[-1].timestamp
        self.ids = 0
        self.undelivered: list[tuple[str, StepUndelivered]] = []
        self.notified: list[tuple[str, PersonNotified]] = []
        self.sending = Sending(
            self.store,
            self.registry,
            self.table,
            self.ways,
            lambda: self.now,
            self.new_id,
        )
        self.notifying = Notifying(
            self.store,
            self.registry,
            self.table,
            lambda: self.now,
            self.new_id,
            self.report,
        )

    async def report(self, ticket_id: str, step: StepReport) -> None:
        if isinstance(step, StepUndelivered):
            self.undelivered.append((ticket_id, step))
        else:
            self.notified.append((ticket_id, step))

    def new_id(self) -> str:
        self.ids += 1
        return str(self.ids)

    @property
    def told(self) -> int:
        return next(
            e.originator_version
            for e in self.story.events
            if e.fact.topic == "escalation.step_fired"
        )

    @property
    def stream(self) -> str:
        return f"notifications/t-1.{self.told}.0"

    async def stored(self) -> None:
        events = self.story.events
        row = CommandRow(
            command_id="c-1",
            request_sha256="",
            attempt="a",
            stream_id="t-1",
            version=len(events),
        )
        await self.store.append(events, row)

    async def planned(self) -> "Desk":
        await self.stored()
        await self.notifying.plan("t-1", self.told)
        return self

    async def send_all(self) -> None:
        for bundle in await self.sending.ready():
            await self.sending.send(bundle)

    async def notification(self):
        return fold(await self.store.load(self.stream))


async def test_it_is_planned_once_however_often_it_is_asked_for():
    desk = await Desk(*AT_ONCE).planned()
    await desk.notifying.plan("t-1", desk.told)
    assert len(await desk.store.load(desk.stream)) == 1


async def test_who_was_published_a_moment_ago_is_told_too():
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
    assert (hook.state, hook.detail) == ("dropped", "told by email meanwhile")
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


async def test_each_who_watches_is_told_once_of_the_same_event():
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
