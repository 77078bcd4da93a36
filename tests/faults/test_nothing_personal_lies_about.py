"""Marked personal data goes through every route that takes some; then everything that
the servers wrote or say of themselves is searched for the marks.
"""

import subprocess
from http import HTTPStatus

import pytest

from tests.support.api_client import eventually
from tests.support.mailbox import Mailbox
from tests.support.webhook_receiver import Receiver

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]

MARKS = {
    part: f"Zq7{part}Xw9"
    for part in (
        "subject", "body", "name", "contact", "attribute", "message", "note",
        "newsubject", "feedback", "agentname", "agentmail", "split", "wrong", "sought",
        "merged",
    )
}  # fmt: skip
"""Latin letters; a part in Chinese with each, which is searched for in UTF-8."""
CHINESE = "龘靐齉"


def marked(part):
    return f"{MARKS[part]} {CHINESE}{part}"


@pytest.fixture
def marked_installation(own_installation):
    own_installation.settings["PLEDGE_PERSONAL_ATTRIBUTES"] = "phone"
    own_installation.start()
    with Mailbox(own_installation.smtp_port):
        yield own_installation


def speak(api):
    """All that people say in a ticket, an agent's document, and wrong requests."""
    mail = f"{MARKS['agentmail']}@shop.example"
    api.put("agents", "ann", {"name": marked("agentname"), "email": mail})
    api.put("teams", "front", {"members": ["ann"], "lead": "ann"})
    customer = {
        "external_id": "c-1",
        "name": marked("name"),
        "contacts": {"email": f"{MARKS['contact']}@shop.example"},
    }
    steps = {"steps": [{"after": "0s", "targets": [{"team": "front"}]}]}
    api.put("escalation-policies", "fast", steps)
    rule = {"when": {"type": "marked"}, "targets": {"first_response": "PT0.2S"}}
    api.put("sla-policies", "fast", {"match": [rule], "escalation_policy": "fast"})
    ticket = api.open_ticket(
        type="marked",
        subject=marked("subject"),
        body=marked("body"),
        customer=customer,
        attributes={"phone": marked("attribute"), "model": "E4"},
    )
    author = {"kind": "customer", "id": "c-1"}
    api.act(ticket, "messages", author=author, body=marked("message"))
    api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"subject": marked("newsubject")})
    api.act(ticket, "feedback", text=marked("feedback"), kind="complaint")
    messages = api.ok("GET", f"/v1/tickets/{ticket['id']}/messages")["items"]
    api.act(ticket, "split", message=messages[-1]["version"], subject=marked("split"))
    other = api.open_ticket(customer=customer, subject=marked("merged"))
    api.act(other, "merge", into=ticket["id"])
    wrong = {"subject": marked("wrong"), "channel": marked("wrong")}
    assert api.post("/v1/tickets", json=wrong).status_code == 422
    api.get("/v1/tickets", params={"q": marked("sought")})
    api.await_event(ticket, "escalation.notified")
    api.act(ticket, "resolve", note=marked("note"))
    api.ok("POST", f"/v1/tickets/{ticket['id']}/reveal", {"reason": "case 1"})
    return ticket


def words_in(folder):
    """The marks that any file holds."""
    found = {}
    needles = [*MARKS.values(), *(f"{CHINESE}{part}" for part in MARKS)]
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        there = [n for n in needles if n.encode() in content]
        if there:
            found[str(path.relative_to(folder))] = there
    return found


def test_no_file_metric_or_process_list_holds_what_people_said(marked_installation):
    installation = marked_installation
    # It fails, and repeats what it got.
    with (
        Receiver(HTTPStatus.BAD_REQUEST, echo=True) as hook,
        installation.client() as api,
    ):
        body = {"url": hook.url, "types": ["ticket.*", "feedback.*"], "format": "full"}
        subscription = api.ok("POST", "/v1/subscriptions", body)
        ticket = speak(api)
        path = f"/v1/subscriptions/{subscription['id']}"
        eventually(lambda: api.ok("GET", path)["failures"])
        said = str(api.history(ticket)) + str(hook.got)
        assert MARKS["body"] in said, "it is in the log, and it was sent"
        metrics = api.get("/metrics").text
        processes = subprocess.run(
            ["ps", "-eo", "args"], capture_output=True, text=True, check=True
        ).stdout
    for one in (metrics, processes):
        assert not [mark for mark in MARKS.values() if mark in one]
    installation.stop()
    assert words_in(installation.data.path) == {}


def test_the_search_of_files_would_find_it(tmp_path):
    (tmp_path / "base").mkdir()
    (tmp_path / "base" / "16384").write_bytes(b"\0\1" + marked("body").encode() + b"\0")
    assert list(words_in(tmp_path)) == ["base/16384"]
