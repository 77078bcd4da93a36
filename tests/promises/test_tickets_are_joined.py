"""Two tickets that are one, and one that is two: nothing promised gets lost."""

from datetime import timedelta

import pytest

from tests.support.api_client import instant


@pytest.fixture
def kind(api, word):
    """A type of ticket that is solved within eight hours."""
    rule = {"when": {"type": word}, "targets": {"resolution": "PT8H"}}
    api.put("sla-policies", word, {"match": [rule], "order": 0})
    return word


def test_a_merged_ticket_is_closed_and_says_where_it_went(api, kind):
    one, other = api.open_ticket(type=kind), api.open_ticket(type=kind)
    gone = api.act(one, "merge", into=other["id"])
    assert (gone["status"], gone["merged_into"]) == ("closed", other["id"])
    assert api.clock(one, "resolution")["state"] == "cancelled"


def test_the_ticket_that_stays_keeps_the_earlier_deadline(api, kind):
    one, other = api.open_ticket(type=kind), api.open_ticket(type=kind)
    api.act(one, "merge", into=other["id"])
    due = instant(one["created_at"]) + timedelta(hours=8)
    assert instant(api.clock(other, "resolution")["due_at"]) == due


def test_both_histories_tell_of_the_merge_as_one_command(api, kind):
    one, other = api.open_ticket(type=kind), api.open_ticket(type=kind)
    api.act(one, "merge", into=other["id"])
    merged = api.await_event(one, "ticket.merged")
    absorbed = api.await_event(other, "ticket.absorbed")
    assert merged["command_id"] == absorbed["command_id"]


def test_a_merge_sent_twice_is_done_once(api, kind):
    one, other = api.open_ticket(type=kind), api.open_ticket(type=kind)
    path, body = f"/v1/tickets/{one['id']}/merge", {"into": other["id"]}
    answers = [
        api.post(path, json=body, headers={"Idempotency-Key": one["id"]})
        for _ in range(2)
    ]
    assert [a.status_code for a in answers] == [200, 200]
    assert api.types(other).count("ticket.absorbed") == 1


def test_merging_into_nothing_is_refused_by_field(api, kind):
    one = api.open_ticket(type=kind)
    answer = api.post(f"/v1/tickets/{one['id']}/merge", json={"into": "nowhere"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/into"


def test_what_the_customer_writes_to_a_merged_ticket_is_sent_on_by_name(api, kind):
    one, other = api.open_ticket(type=kind), api.open_ticket(type=kind)
    api.act(one, "merge", into=other["id"])
    body = {"author": {"kind": "customer", "id": "c-1"}, "body": "And now?"}
    answer = api.post(f"/v1/tickets/{one['id']}/messages", json=body)
    assert answer.status_code == 409
    assert other["id"] in answer.json()["detail"]


def test_a_message_becomes_a_ticket_whose_promise_counts_from_it(api, kind):
    ticket = api.open_ticket(type=kind)
    author = {"kind": "customer", "id": "c-1"}
    api.act(ticket, "messages", author=author, body="The invoice is wrong too.")
    message = api.await_event(ticket, "ticket.message_added")
    made = api.act(ticket, "split", message=message["version"], subject="Invoice")
    due = instant(message["occurred_at"]) + timedelta(hours=8)
    assert instant(made["clocks"][0]["due_at"]) == due
    assert api.await_event(ticket, "ticket.split")["data"]["into"] == made["id"]


@pytest.fixture
def answering(api, word):
    """A type of ticket that is answered within the hour."""
    targets = {"first_response": "PT1H", "next_response": "PT30M"}
    rule = {"when": {"type": word}, "targets": targets}
    api.put("sla-policies", word, {"match": [rule], "order": 0})
    return word


def answered(api, kind, **fields):
    return api.answer_customer(api.open_ticket(type=kind, **fields))


def running(ticket):
    return [c["metric"] for c in ticket["clocks"] if c["state"] == "running"]


def test_who_waits_in_a_merged_ticket_goes_on_waiting_in_the_other(api, answering):
    other, one = answered(api, answering), api.open_ticket(type=answering)
    api.act(one, "merge", into=other["id"])
    stays = api.read(other)
    assert running(stays) == ["first_response"]
    due = instant(one["created_at"]) + timedelta(hours=1)
    [clock] = [c for c in stays["clocks"] if c["state"] == "running"]
    assert instant(clock["due_at"]) == due
    assert stays["message_count"] == 3
    assert [a["ticket_id"] for a in stays["absorbed"]] == [one["id"]]


def test_that_the_customers_differ_is_answered(api, answering):
    other = api.open_ticket(type=answering, customer={"external_id": "c-100"})
    one = api.open_ticket(type=answering, customer={"external_id": "c-200"})
    gone = api.act(one, "merge", into=other["id"])
    [warning] = gone["warnings"]
    assert (warning["pointer"], "'c-100'" in warning["message"]) == ("/into", True)


def test_of_one_customer_nothing_is_warned_of(api, answering):
    one, other = api.open_ticket(type=answering), api.open_ticket(type=answering)
    assert api.act(one, "merge", into=other["id"])["warnings"] == []


def test_a_merge_is_undone(api, answering):
    other, one = answered(api, answering), api.open_ticket(type=answering)
    api.act(one, "merge", into=other["id"])
    apart = api.act(one, "unmerge", reason="another device")
    assert (apart["status"], apart["merged_into"]) == ("open", None)
    assert running(apart) == ["first_response"]
    stays = api.read(other)
    assert (running(stays), stays["message_count"]) == ([], 2)
    assert api.await_event(other, "ticket.separated")["data"]["separated"] == one["id"]


def test_what_went_nowhere_cannot_be_unmerged(api, answering):
    one = api.open_ticket(type=answering)
    answer = api.post(f"/v1/tickets/{one['id']}/unmerge", json={})
    assert answer.status_code == 409


def test_the_conversation_of_both_is_read_in_the_one_that_stays(api, answering):
    other, one = answered(api, answering), api.open_ticket(type=answering)
    api.act(one, "merge", into=other["id"])
    api.answer_customer(other)
    path = f"/v1/tickets/{other['id']}/messages"
    said = [m["ticket_id"] for m in api.ok("GET", path)["items"]]
    assert said == [other["id"], other["id"], one["id"], other["id"]]
    api.act(one, "unmerge", reason="another device")
    said = [m["ticket_id"] for m in api.ok("GET", path)["items"]]
    assert said == [other["id"]] * 3
