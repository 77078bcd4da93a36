"""A dead destination is left alone for a while, and holds up nobody's next channel."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from aiosmtpd.controller import Controller

from activities.notification.message import Dispatch
from domain.notification.message import RenderedMessage
from domain.notification.outcome import Outcome
from infra.notification.circuit_breaker import (
    CIRCUIT_OPEN,
    FAILURES,
    OPEN_FOR,
    Guarded,
)
from infra.notification.mail import Mail, parse_smtp_url
from tests.support.dsl import NOON, Story, promising
from tests.support.sending import Desk

DOWN = Outcome(code="no_answer", temporary=True)
OPENED = Outcome(code="no_answer", temporary=True, broken=True)
MOMENT = timedelta(microseconds=1)


@contextmanager
def running(handler, port):
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield
    finally:
        controller.stop()


class Way:
    """A destination that gives these answers in turn, and takes all after them."""

    def __init__(self, *answers):
        self.answers, self.got = list(answers), []

    async def send(self, dispatch):
        self.got.append(dispatch.address)
        return self.answers.pop(0) if self.answers else Outcome()


class Clocked:
    """The way behind its breaker; `open` is what the metric shows."""

    def __init__(self, *answers):
        self.way, self.now, self.open = Way(*answers), NOON, 0
        self.guarded = Guarded(self.way, lambda: self.now, self.show)

    def show(self, count):
        self.open = count

    async def send(self, address="https://a.example/x", channel="webhook"):
        return await self.guarded.send(
            Dispatch(
                id="t-1.7.0",
                channel=channel,
                address=address,
                person="ann",
                letter=RenderedMessage(subject="", text=""),
                items=(),
            )
        )


async def test_the_third_failure_in_a_row_opens_it_and_then_nothing_is_sent():
    made = Clocked(DOWN, DOWN, DOWN)
    found = [await made.send() for _ in range(5)]
    assert found == [DOWN, DOWN, OPENED, CIRCUIT_OPEN, CIRCUIT_OPEN]
    assert (len(made.way.got), made.open) == (FAILURES, 1)


async def test_any_answer_between_failures_keeps_it_closed():
    refused = Outcome(code="http_410")
    made = Clocked(DOWN, DOWN, refused, DOWN, DOWN, Outcome(), DOWN, DOWN)
    found = [await made.send() for _ in range(8)]
    assert CIRCUIT_OPEN not in found
    assert made.open == 0


class Greylisting:
    """A mail server that takes nothing for one recipient now."""

    def __init__(self, answer):
        self.answer = answer

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if address == "ann@shop.example":
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, *_):  # noqa: N802
        return "250 OK"


@pytest.mark.parametrize(
    ("answer", "others"),
    [("451 come back later", Outcome()), ("421 closing", CIRCUIT_OPEN)],
)
async def test_a_mailbox_that_takes_nothing_now_keeps_no_mail_from_others(
    unused_tcp_port, answer, others
):
    made = Clocked()
    server = parse_smtp_url(f"smtp://127.0.0.1:{unused_tcp_port}")
    made.way.send = Mail(server, "p@shop.example").send
    with running(Greylisting(answer), unused_tcp_port):
        for _ in range(FAILURES):
            assert (await made.send("ann@shop.example", "email")).temporary
        assert await made.send("bo@shop.example", "email") == others


async def test_after_half_a_minute_one_is_tried_and_its_success_closes_it():
    made = Clocked(DOWN, DOWN, DOWN)
    for _ in range(FAILURES):
        await made.send()
    made.now = NOON + OPEN_FOR - MOMENT
    assert await made.send() == CIRCUIT_OPEN
    made.now = NOON + OPEN_FOR
    assert await made.send() == Outcome()
    assert made.open == 0
    assert await made.send() == Outcome()


async def test_a_trial_that_fails_leaves_it_open_for_as_long_again():
    made = Clocked(*[DOWN] * 4)
    for _ in range(FAILURES):
        await made.send()
    made.now = NOON + OPEN_FOR
    assert await made.send() == OPENED
    made.now += OPEN_FOR - MOMENT
    assert await made.send() == CIRCUIT_OPEN
    assert made.open == 1


async def test_while_the_trial_is_on_its_way_the_others_do_not_follow():
    made = Clocked(DOWN, DOWN, DOWN)
    for _ in range(FAILURES):
        await made.send()
    made.now = NOON + OPEN_FOR
    meanwhile = []

    async def slow(_dispatch):
        meanwhile.append(await made.send())
        return Outcome()

    made.way.send = slow
    assert await made.send() == Outcome()
    assert meanwhile == [CIRCUIT_OPEN]


@pytest.mark.parametrize(
    ("channel", "first", "second", "together"),
    [
        ("email", "ann@shop.example", "bo@other.example", True),
        ("webhook", "https://a.example/x", "https://A.example/y", True),
        ("webhook", "https://a.example/x", "https://b.example/x", False),
        ("webhook", "https://a.example/x", "https://a.example:8443/x", False),
        ("apprise", "team-chat", "bridge", False),
    ],
)
async def test_what_fails_as_one_is_left_alone_as_one(channel, first, second, together):
    made = Clocked(DOWN, DOWN, DOWN)
    for _ in range(FAILURES):
        await made.send(first, channel)
    assert (await made.send(second, channel) == CIRCUIT_OPEN) == together


async def test_with_a_dead_mail_server_the_next_channel_is_used_at_once(
    unused_tcp_port,
):
    """The rule of the webhook waits for an hour; nobody does, also where it is not
    urgent.
    """
    desk = Desk({"channel": "email"}, {"channel": "webhook", "after": "PT1H"})
    tell = {"targets": [{"agent": "bo"}]}
    steps = [{**tell, "after": "-PT20M"}, {**tell, "after": "PT5H"}]
    desk.story = Story(promising({"first_response": "PT30M"}, steps=steps))
    desk.story.enforce("20m")
    desk.now = desk.story.events[-1].timestamp
    await desk.planned()
    assert (await desk.notification()).urgency == "low"
    server = parse_smtp_url(f"smtp://127.0.0.1:{unused_tcp_port}")
    mail = Guarded(Mail(server, "p@shop.example"), lambda: desk.now, lambda _: None)
    capacity_claim = desk.ways

    class Both:
        async def send(self, dispatch):
            way = mail if dispatch.channel == "email" else capacity_claim
            return await way.send(dispatch)

    desk.sending._outbound = Both()
    told_at = desk.now
    while not capacity_claim.got:
        desk.now = max(filter(None, desk.table.due_at.values()))
        await desk.send_all()
    assert desk.now - told_at == timedelta(seconds=11)
    first, second = (await desk.notification()).messages
    assert (first.state, second.state) == ("dropped", "sent")
    assert first.detail == "notified by webhook meanwhile"
