"""Nobody gives the customer more than they may, or than somebody who may lets them."""

import pytest

from tests.support.api_client import eventually
from tests.support.money import cny


@pytest.fixture
def house(api, word):
    """`<word>-ann` may refund 500 CNY, her manager `<word>-mia` 2,000."""
    api.put("authorities", f"{word}-clerk", {"refund": cny("500")})
    api.put("authorities", f"{word}-lead", {"refund": cny("2000")})
    for name, role, manager in (
        ("mia", "lead", None),
        ("ann", "clerk", f"{word}-mia"),
        ("bo", "clerk", f"{word}-mia"),
    ):
        document = {"name": name.title(), "role": f"{word}-{role}"}
        document |= {"manager": manager} if manager else {}
        api.put("agents", f"{word}-{name}", document)
    return word


def ask(api, house, amount):
    ticket = api.open_ticket()
    body = {"kind": "refund", "reason": "broken", "requested_by": f"{house}-ann"}
    return api.act(ticket, "approvals", **body, **cny(amount))


def test_a_small_refund_is_granted_at_once(api, house):
    [approval] = ask(api, house, "499.99")["approvals"]
    assert approval["state"] == "granted"
    assert approval["amount"] == "499.99"
    assert approval["limit"]["amount"] == "500"


def test_a_larger_one_waits_for_the_manager_who_grants_it(api, house):
    ticket = ask(api, house, "500.01")
    assert ticket["approvals"][0]["approver"] == f"{house}-mia"
    verdict = {"by": f"{house}-mia", "reason": "the photo shows it"}
    [approval] = api.act(ticket, "approvals/1/approve", **verdict)["approvals"]
    assert (approval["state"], approval["actor"]) == ("granted", f"{house}-mia")
    assert api.history(ticket)[-1]["actor"]["on_behalf_of"] == f"{house}-mia"


def test_a_colleague_may_in_her_name_once_she_has_lent_it_and_until_she_takes_it_back(
    api, house
):
    verdict = {"by": f"{house}-bo", "reason": "she is away"}

    def approve(ticket):
        return api.post(f"/v1/tickets/{ticket['id']}/approvals/1/approve", json=verdict)

    assert approve(ask(api, house, "600")).status_code == 409
    lent = {
        "principal": f"{house}-mia",
        "delegate": f"{house}-bo",
        "scope": {"types": ["refund"], **cny("1000")},
        "from": "2020-01-01T00:00:00Z",
        "until": "2199-01-01T00:00:00Z",
        "reason": "vacation",
    }
    made = api.ok("POST", "/v1/delegations", lent)
    [approval] = approve(ask(api, house, "600")).json()["approvals"]
    assert approval["principal"] == f"{house}-mia"
    assert approval["limit"]["delegation"] == made["id"]
    assert made in api.ok("GET", "/v1/delegations")["items"]
    api.ok("DELETE", f"/v1/delegations/{made['id']}")
    assert approve(ask(api, house, "600")).status_code == 409


def climb_of(api, ticket):
    def found():
        events = api.history(ticket)
        return [e for e in events if e["type"] == "approval.escalated"]

    return eventually(found)[0]


def test_who_does_not_answer_in_time_is_passed_and_the_next_above_is_asked(api, house):
    soon = {"refund": cny("2000"), "answer_within": "PT1S"}
    api.put("authorities", f"{house}-lead", soon)
    api.put("agents", f"{house}-top", {"name": "Top", "role": f"{house}-lead"})
    mia = {"name": "Mia", "role": f"{house}-lead", "manager": f"{house}-top"}
    api.put("agents", f"{house}-mia", mia)
    ticket = ask(api, house, "600")
    climbed = climb_of(api, ticket)
    assert climbed["data"]["approver"] == f"{house}-top"
    assert climbed["occurred_at"] == ticket["approvals"][0]["escalates_at"]


def test_what_waits_for_somebody_who_leaves_waits_for_the_next_above(api, house):
    ticket = ask(api, house, "600")
    position = api.history(ticket)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    api.put("agents", f"{house}-mia", {"name": "Mia", "active": False})
    climbed = climb_of(api, ticket)["data"]
    assert (climbed["reason"], climbed["approver"]) == ("not active", None)


def test_what_nobody_could_be_asked_for_waits_for_the_manager_who_is_back(api, house):
    api.put("agents", f"{house}-mia", {"name": "Mia", "active": False})
    ticket = ask(api, house, "600")
    assert ticket["approvals"][0]["state"] == "unresolved"
    position = api.history(ticket)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    api.put("agents", f"{house}-mia", {"name": "Mia", "role": f"{house}-lead"})
    assert climb_of(api, ticket)["data"]["approver"] == f"{house}-mia"


def test_who_may_read_events_hears_what_was_asked_for_and_how_it_was_decided(
    api, house
):
    ticket = ask(api, house, "500.01")
    verdict = {"by": f"{house}-mia", "reason": "no photo"}
    api.act(ticket, "approvals/1/reject", **verdict)
    opened = api.history(ticket)[0]["position"]
    feed = api.ok("GET", f"/v1/events?types=approval.*&after={opened}")["items"]
    mine = [e for e in feed if e["subject"] == ticket["id"]]
    assert [e["type"] for e in mine] == ["approval.requested", "approval.rejected"]
    assert (mine[0]["data"]["amount"], mine[1]["data"]["reason"]) == (
        "500.01",
        "no photo",
    )
