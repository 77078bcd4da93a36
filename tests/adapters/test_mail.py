"""E-mail to addresses that not every mail server can read."""

from contextlib import contextmanager

import pytest
from aiosmtpd.controller import Controller

from activities.notification.message import Dispatch
from domain.notification.message import RenderedMessage
from domain.notification.outcome import Outcome
from infra.notification.mail import NOT_TAKEN, Mail, parse_smtp_url


class Server:
    """It keeps to whom it took mail."""

    def __init__(self, port):
        self.port, self.got = port, []

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.got += envelope.rcpt_tos
        return "250 OK"

    @contextmanager
    def running(self, *, knows_utf8):
        controller = Controller(
            self, hostname="127.0.0.1", port=self.port, enable_SMTPUTF8=knows_utf8
        )
        controller.start()
        try:
            yield Mail(
                parse_smtp_url(f"smtp://127.0.0.1:{self.port}"), "p@shop.example"
            )
        finally:
            controller.stop()


@pytest.fixture
def server(unused_tcp_port):
    return Server(unused_tcp_port)


def to(address):
    return Dispatch(
        id="t-1.7.0",
        channel="email",
        address=address,
        person="ann",
        letter=RenderedMessage(subject="Kalt ❄", text="Seit heute."),
        items=(),
    )


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@faß.example", "ann@xn--fa-hia.example"),
        ("ann@shop.example", "ann@shop.example"),
    ],
)
async def test_every_mail_server_reads_an_international_domain(
    server, address, sent_to
):
    with server.running(knows_utf8=False) as mail:
        assert await mail.send(to(address)) == Outcome()
    assert server.got == [sent_to]


async def test_a_name_that_the_mail_server_cannot_read_is_refused_for_good(server):
    """Else it would be tried again and again, as if the server were down."""
    with server.running(knows_utf8=False) as mail:
        assert await mail.send(to("änn@shop.example")) == NOT_TAKEN


async def test_a_name_that_the_mail_server_can_read_is_sent_as_it_is(server):
    with server.running(knows_utf8=True) as mail:
        assert await mail.send(to("änn@bücher.example")) == Outcome()
    assert server.got == ["änn@xn--bcher-kva.example"]


async def test_a_domain_that_is_none_is_refused_for_good(server):
    with server.running(knows_utf8=True) as mail:
        assert await mail.send(to("ann@ü..example")) == NOT_TAKEN
