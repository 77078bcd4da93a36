"""A person's own endpoint, over real HTTP, with the reference library as its reader."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks.webhooks import WebhookVerificationError

from activities.notification.message import Dispatch
from domain.notification.message import RenderedMessage
from domain.notification.outcome import Outcome
from domain.notification.signing import personal_secret
from infra.http.outbound import OutboundClient, parse_networks
from infra.notification.webhook import WebhookChannel

KEY = b"the key of this installation"


def dispatch(receiver, version=1):
    return Dispatch(
        id="t-1.7.0",
        channel="webhook",
        address=receiver.url,
        person="ann",
        letter=RenderedMessage(subject="Ticket #1 needs you", text="…"),
        items=(),
        secret_version=version,
    )


async def sent(receiver, version=1, now=None):
    client = OutboundClient(parse_networks("127.0.0.0/8"))
    hook = WebhookChannel(client, KEY, lambda: now or datetime.now(UTC))
    assert await hook.send(dispatch(receiver, version)) == Outcome()
    return receiver.got[-1]


def secret(version, person="ann"):
    return personal_secret(KEY, person, version).reveal()


async def test_any_reader_of_standard_webhooks_can_check_who_sent_it(receiver):
    delivery = await sent(receiver)
    body = delivery.verified(secret(1))
    assert body["id"] == delivery.id == "t-1-7-0"
    assert body["person"] == "ann"


async def test_after_a_higher_version_the_old_secret_fits_no_more(receiver):
    delivery = await sent(receiver, version=2)
    assert delivery.verified(secret(2))
    for other in (secret(1), secret(2, "bo")):
        with pytest.raises(WebhookVerificationError):
            delivery.verified(other)


async def test_a_repeat_has_the_same_id_and_is_signed_as_of_its_own_time(receiver):
    now = datetime.now(UTC)
    first = await sent(receiver, now=now - timedelta(seconds=60))
    again = await sent(receiver, now=now)
    assert first.id == again.id
    assert first.headers["webhook-timestamp"] != again.headers["webhook-timestamp"]
    assert json.loads(first.body) == again.verified(secret(1))
