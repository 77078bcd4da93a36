"""kill -9 of whoever sends: nobody goes untold, and a repeat can be told by its id."""

import json
import threading

import pytest
from typing_extensions import override

from tests.support.api_client import eventually
from tests.support.mailbox import Mailbox
from tests.support.webhook_receiver import Receiver

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]


def a_person_is_told(admin, name, document):
    admin.put("agents", name, {"name": "Ann", **document})
    step = {"targets": [{"agent": name}]}
    admin.put("escalation-policies", name, {"steps": [step]})
    rule = {"when": {"type": name}, "targets": {"first_response": "PT0.2S"}}
    admin.put("sla-policies", name, {"match": [rule], "escalation_policy": name})
    return admin.open_ticket(type=name)


def await_state(admin, ticket, state):
    path = f"/v1/tickets/{ticket['id']}/notifications"
    found = eventually(
        lambda: [i for i in admin.ok("GET", path)["items"] if i["state"] == state]
    )
    return found[0]


def test_killed_between_plan_and_send_the_person_is_told_once(shaken, admin, word):
    address = f"{word}@shop.example"
    rules = [{"channel": "email", "after": "PT5S"}]
    with Mailbox(shaken.smtp_port) as mailbox:
        document = {"email": address, "notify": {"rules": rules}}
        ticket = a_person_is_told(admin, word, document)
        await_state(admin, ticket, "waiting")
        shaken.kill("followers")
        assert mailbox.to(address) == []
        shaken.start_process("followers")
        [message] = await_state(admin, ticket, "sent")["messages"]
        assert message["attempts"] == 1
        assert len(mailbox.to(address)) == 1


class Deaf(Receiver):
    """Takes the first request and answers only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    @override
    def _take(self, delivery):
        status = super()._take(delivery)
        self.go_on.wait(20)
        return status


def test_killed_while_it_sends_the_same_message_is_sent_again(shaken, admin, word):
    with Deaf() as receiver:
        notify = {"rules": [{"channel": "webhook"}], "webhook": receiver.url}
        ticket = a_person_is_told(admin, word, {"notify": notify})
        receiver.await_count(1)
        shaken.kill("followers")
        receiver.go_on.set()
        shaken.start_process("followers")
        found = await_state(admin, ticket, "sent")
        first, again = [json.loads(d.body)["id"] for d in receiver.got]
    assert first == again == f"{found['id']}.0".replace(".", "-")
