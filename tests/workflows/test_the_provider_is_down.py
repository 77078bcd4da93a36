"""The provider is down: a mail server that takes nothing and an endpoint that is not
there lose the first step, so the next one does not wait; and who it tells is reached.
"""

import json
from datetime import timedelta

import pytest

from domain.escalation.facts import EscalationStepFired
from domain.notification.signing import personal_secret
from domain.subscription.webhook import verify
from domain.ticket.world import World
from infra.embedded.ports import free_port
from infra.http.outbound import OutboundClient, parse_networks
from infra.notification.channels import channels
from infra.settings import Settings
from tests.support.dsl import configured
from tests.support.mailbox import Mailbox
from tests.support.webhook_receiver import Receiver
from tests.workflows.telling import Notifier

pytestmark = pytest.mark.asyncio(loop_scope="session")
KEY = b"the key of this installation"
ANN = "ann@shop.example"
BUSY = "451 try again later"
LADDER = {
    "steps": [
        {"after": "0s", "targets": [{"agent": "ann"}]},
        {"after": "PT30M", "targets": [{"agent": "bo"}]},
    ]
}
POLICY = {
    "match": [{"targets": {"first_response": "1h"}}],
    "escalation_policy": "climb",
}


@pytest.fixture
def mailbox():
    """It refuses whatever is for Ann, for now."""
    with Mailbox(free_port()) as made:
        made.refusals[ANN] = [BUSY] * 100
        yield made


@pytest.fixture
def endpoint():
    with Receiver() as made:
        yield made


def around(endpoint):
    by_webhook = {"rules": [{"channel": "webhook"}], "webhook": endpoint.url}
    both = {
        "rules": [{"channel": "email"}, {"channel": "webhook"}],
        "webhook": f"http://127.0.0.1:{free_port()}/nobody-listens",
    }
    documents = {
        "agents": {
            "ann": {"name": "Ann", "email": ANN, "notify": both},
            "bo": {"name": "Bo", "notify": by_webhook},
        },
        "escalation-policies": {"climb": LADDER},
        "sla-policies": {"care": POLICY},
    }
    config = configured(documents)
    return World(config=config, directory=config.directory)


def told(floor):
    """Who was chosen, and when after the promise was broken."""
    return {
        chosen.person: event.timestamp - floor.instant("1h")
        for event in floor.log.streams[floor.queue]
        if isinstance(event.fact, EscalationStepFired)
        for chosen in event.fact.chosen
    }


async def test_the_provider_is_down(floor, mailbox, endpoint):
    client = OutboundClient(parse_networks("127.0.0.0/8"))
    settings = Settings(smtp_url=f"smtp://127.0.0.1:{mailbox.port}")
    telling = Notifier(floor)
    telling.by(channels(settings, client, KEY, telling.clock))
    await floor.open(around(endpoint))
    await telling.until("2h")

    lost = telling.notification("ann")
    assert lost.unreachable == "all channels failed"
    assert [(m.channel, m.attempts, m.detail) for m in lost.messages] == [
        ("email", 4, "smtp_451"),
        ("webhook", 4, "no_answer"),
    ]
    assert mailbox.got == []

    assert [topic.partition(" ")[2] for topic in floor.told("escalation")] == [
        "escalation.pinned",
        "escalation.started",
        "escalation.step_fired",
        "escalation.undelivered",
        "escalation.step_fired",
        "escalation.exhausted",
        "escalation.notified",
    ]
    when = told(floor)
    assert when["ann"] == timedelta(0)
    assert timedelta(seconds=71) <= when["bo"] < timedelta(minutes=2)

    [delivery] = endpoint.got
    at = int(telling.now.timestamp())  # signed by the moved clock
    secret = personal_secret(KEY, "bo", 1)
    verify(secret, delivery.headers, delivery.body, at, tolerance_s=3600)
    [ticket] = json.loads(delivery.body)["tickets"]
    assert (ticket["person"], ticket["step"]) == ("bo", 1)
    assert telling.notification("bo").state == "sent"


async def test_mail_that_nobody_set_up_leaves_the_steps_their_times(floor):
    """Ops must mend it; that every step follows at once would tell nobody sooner."""
    telling = Notifier(floor)
    client = OutboundClient(parse_networks("127.0.0.0/8"))
    telling.by(channels(Settings(), client, KEY, telling.clock))
    people = {
        name: {"name": name.title(), "email": f"{name}@shop.example"}
        for name in ("ann", "bo")
    }
    config = configured(
        {
            "agents": people,
            "escalation-policies": {"climb": LADDER | {"repeat": 1}},
            "sla-policies": {"care": POLICY},
        }
    )
    await floor.open(World(config=config, directory=config.directory))
    await telling.until("3h")

    fired = [line for line in floor.told("escalation") if "step_fired" in line]
    assert [line.partition(" ")[0] for line in fired] == [
        "PT1H",
        "PT1H30M",
        "PT2H",
        "PT2H30M",
    ]
    assert not [line for line in floor.told("escalation") if "unreached" in line]
