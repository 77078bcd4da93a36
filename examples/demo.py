"""One breached promise in fast time, against the Pledge that is running: `make demo`.

Two tickets under a policy whose targets are seconds. One is answered in time, one is
left alone. Everything printed is read back: live from the feed (by its long poll), from
the webhooks that a subscriber receives, and at the end from the ticket's history.

Exit codes: 0 everything came as promised, 1 it did not, or nothing runs.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click
import httpx
from rich.console import Console
from rich.table import Table

from domain.subscription.webhook import Secret
from examples.narration import after, clock_time, sentence, summary
from examples.receiver import Delivery, Receiver
from infra.cli.client import PledgeClient

Json = dict[str, Any]

TYPE = "demo"
"""A type of ticket of its own, so that no other policy applies and none is changed."""
PEOPLE: dict[str, Json] = {
    "demo-dana": {"name": "Dana, who leads the front line"},
    "demo-ann": {"name": "Ann, front line", "manager": "demo-dana"},
    "demo-bo": {"name": "Bo, second line"},
    "demo-chen": {"name": "Chen, second line"},
}
TEAM = {"members": ["demo-bo", "demo-chen"]}
LADDER = {
    "steps": [
        {"after": "PT0S", "targets": [{"assignee": True}, {"manager_of": "assignee"}]},
        {
            "after": "PT4S",
            "targets": [{"team": "demo-second-line"}],
            "reassign": {"team": "demo-second-line"},
            "raise_priority": 1,
        },
    ]
}
PROMISES = {
    "match": [
        {
            "when": {"type": TYPE, "tier": "key_account"},
            "targets": {"first_response": "PT6S"},
        },
        {"when": {"type": TYPE}, "targets": {"first_response": "PT12S"}},
    ],
    "warn_at": ["50%"],
    "escalation_policy": "demo",
}
SUBSCRIBED = ["sla.breached", "escalation.reassigned", "feedback.*"]
PATIENCE_S = 20.0
"""More than anything below should ever take."""


class DemoFailedError(Exception):
    pass


class Demo:
    def __init__(self, pledge: PledgeClient, console: Console) -> None:
        self.pledge, self.console = pledge, console
        self.cursor = "0"
        self.tickets: dict[str, str] = {}
        """What to call each ticket of ours, by its id."""

    def chapter(self, title: str) -> None:
        self.console.print(f"\n[bold]{title}[/]")

    def say(self, when: str, who: str, what: str) -> None:
        self.console.print(
            f"{when}  {who:<10}  {what}", highlight=False, markup=False, soft_wrap=True
        )

    def publish(self, kind: str, name: str, document: Json) -> None:
        """The document as a new version, or nothing if it is the same."""
        path = f"/v1/{kind}/{name}"
        known = self.pledge.http.get(path)
        headers = {"If-Match": known.headers["ETag"]} if known.is_success else {}
        made = self.pledge.call("PUT", path, document, headers)
        self.console.print(f"  {kind}/{name}, version {made['version']}")

    @contextmanager
    def subscribed(self, receiver: Receiver) -> Iterator[str]:
        """Its position in the log is where the demo's own reading begins."""
        wish = {"url": receiver.url, "types": SUBSCRIBED}
        answer = self.pledge.http.post("/v1/subscriptions", json=wish)
        answer.raise_for_status()
        made = answer.json()
        self.cursor = answer.headers["Pledge-Position"]
        receiver.secret = Secret.parse(made["secret"])
        try:
            yield made["id"]
        finally:
            self.pledge.call("DELETE", f"/v1/subscriptions/{made['id']}")

    def open(self, nickname: str, subject: str, customer: Json, agent: str) -> str:
        body = {
            "subject": subject,
            "body": "Please help.",
            "channel": "web",
            "type": TYPE,
            "customer": customer,
        }
        ticket_id = str(self.pledge.call("POST", "/v1/tickets", body)["id"])
        self.tickets[ticket_id] = nickname
        self.act(ticket_id, "assign", agent=agent)
        return ticket_id

    def act(self, ticket_id: str, action: str, **body: object) -> Json:
        return self.pledge.call("POST", f"/v1/tickets/{ticket_id}/{action}", body)

    def answer(self, ticket_id: str, agent: str, text: str) -> None:
        author = {"kind": "agent", "id": agent}
        self.act(ticket_id, "messages", author=author, body=text)

    def follow(self, ticket_id: str, type_: str) -> None:
        """Tell what happens until this does."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            path = f"/v1/events?after={self.cursor}&wait=5s"
            page = self.pledge.call("GET", path)
            self.cursor = page["next_cursor"]
            news = [e for e in page["items"] if e["subject"] in self.tickets]
            for event in news:
                self.tell(event)
            if (ticket_id, type_) in [(e["subject"], e["type"]) for e in news]:
                return
        raise DemoFailedError(
            f"{type_} of the {self.tickets[ticket_id]} ticket did not come within"
            f" {PATIENCE_S:g} s; `pledge status` says which part is not ready"
        )

    def tell(self, event: Json) -> None:
        type_, data = event["type"], event["data"]
        what = sentence(type_, data)
        if type_ == "sla.breached":
            late = after(data["recorded_at"], event["time"]).total_seconds()
            what += f"; recorded {late * 1000:.0f} ms after"
        self.say(clock_time(event["time"]), self.tickets[event["subject"]], what)

    def tell_delivery(self, event: Delivery) -> None:
        nickname = self.tickets.get(event["subject"], "?")
        what = f"webhook received, signature verified: {event['type']} ({nickname})"
        when = f"{time.strftime('%H:%M:%S')}.{int(time.time() * 10) % 10}"
        self.say(when, "subscriber", what)

    def collect(self, receiver: Receiver, expected: set[str]) -> list[str]:
        """The types of all that came, once each expected one has come."""
        deadline = time.monotonic() + PATIENCE_S
        types: list[str] = []
        while missing := expected - set(types):
            event = receiver.next(deadline - time.monotonic())
            if event is None:
                raise DemoFailedError(
                    f"no webhook brought {', '.join(sorted(missing))} within"
                    f" {PATIENCE_S:g} s; GET /v1/subscriptions/…/deliveries says why"
                )
            types.append(event["type"])
        return types

    def history(self, ticket_id: str) -> None:
        """Causes are events of the same ticket, by number; else it was a request."""
        items = self.pledge.call("GET", f"/v1/tickets/{ticket_id}/history")["items"]
        types = {str(event["version"]): event["type"] for event in items}
        heads = ("no.", "when", "what", "who", "because of", "policy")
        table = Table(*heads, box=None, padding=(0, 1, 0, 0), pad_edge=False)
        for event in items:
            number = event["causation_id"].removeprefix(f"{ticket_id}/")
            who, policy = event["actor"], event["policy"]
            table.add_row(
                str(event["version"]),
                clock_time(event["occurred_at"]),
                event["type"],
                who["on_behalf_of"] or who["id"],
                f"{number} {types[number]}" if number in types else "a request",
                f"{policy['name']} v{policy['version']}" if policy else "",
            )
        self.console.print(table)


def run(demo: Demo) -> None:
    demo.chapter("Operations publish who works here and what is promised")
    for name, document in PEOPLE.items():
        demo.publish("agents", name, document)
    demo.publish("teams", "demo-second-line", TEAM)
    demo.publish("escalation-policies", "demo", LADDER)
    demo.publish("sla-policies", "demo", PROMISES)
    with Receiver(demo.tell_delivery) as receiver, demo.subscribed(receiver) as id_:
        demo.chapter(f"A product team subscribes to {', '.join(SUBSCRIBED)}")
        demo.console.print(f"  subscription {id_}\n  to {receiver.url}")
        neglected = tell_story(demo)
        types = demo.collect(receiver, {*SUBSCRIBED[:2], "feedback.captured"})
        demo.chapter("What the subscriber received, each with a signature that holds")
        demo.console.print(f"  {summary(types)}")
    demo.chapter("The history of the neglected ticket, as an auditor replays it")
    demo.history(neglected)


def tell_story(demo: Demo) -> str:
    """Returns the id of the ticket that nobody answers in time."""
    demo.chapter("Two tickets come in; what follows is read live from the log")
    big = {"external_id": "demo-1", "name": "Acme", "tier": "key_account"}
    small = {"external_id": "demo-2", "name": "Bee"}
    neglected = demo.open("neglected", "Nothing prints", big, "demo-ann")
    answered = demo.open("answered", "How do I print?", small, "demo-bo")
    demo.follow(neglected, "sla.warned")
    demo.answer(answered, "demo-bo", "Press the green button.")
    text = "The green button is hard to find."
    demo.act(answered, "feedback", text=text, kind="usability", product_area="printer")
    demo.follow(neglected, "escalation.exhausted")
    holder = demo.pledge.call("GET", f"/v1/tickets/{neglected}")["assignee"]
    demo.answer(neglected, holder, "Sorry for the wait: I changed the fuse.")
    demo.act(neglected, "resolve", note="fuse changed")
    demo.act(answered, "resolve", note="button found")
    demo.follow(answered, "ticket.resolved")
    return neglected


def main() -> int:
    console = Console()
    try:
        run(Demo(PledgeClient.running(), console))
    except click.ClickException as error:
        reason = error.message
    except httpx.TransportError as error:
        reason = f"Pledge does not answer ({error}): start it with `make run`"
    except (DemoFailedError, httpx.HTTPStatusError) as error:
        reason = str(error)
    else:
        return 0
    click.echo(f"demo: {reason}", err=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
