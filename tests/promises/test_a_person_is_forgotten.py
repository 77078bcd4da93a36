"""A person is erased for ever, and everything else stays what it was."""

import pytest

from tests.support.api_client import Api, eventually

ERASED, MASKED = "[erased]", "[masked]"
NAME, MAIL = "林娜", "lina@shop.example"
ERASURE = {"reason": "Art. 17 GDPR", "requested_by": "the customer"}


@pytest.fixture
def with_role(installation, api, word):
    """A client by a new key of this role."""
    made: list[Api] = []

    def client(role: str) -> Api:
        body = {"name": f"{word}-{role}", "role": role}
        made.append(Api(installation.http, api.ok("POST", "/v1/keys", body)["key"]))
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.fixture
def customer(word):
    contacts = {"email": MAIL}
    return {"external_id": f"c/{word}", "name": NAME, "contacts": contacts}


@pytest.fixture
def told(word):
    """A word that nobody else says."""
    return "told" + word.replace("-", "x")


@pytest.fixture
def ticket(api, customer, told):
    """With a question, an answer and a note."""
    subject, body = f"退款未到账 {told}", f"My card {told} is empty."
    opened = api.open_ticket(customer=customer, subject=subject, body=body)
    api.answer_customer(opened)
    api.act(opened, "resolve", note=f"refunded to {told}")
    return opened


def subject_path(customer, action=""):
    return f"/v1/subjects/{customer['external_id']}{action}"


def erase(api, customer):
    return api.ok("POST", subject_path(customer, "/erase"), ERASURE)


def bodies(api, ticket):
    path = f"/v1/tickets/{ticket['id']}/messages"
    return [message["body"] for message in api.ok("GET", path)["items"]]


def found(api, word, position):
    query = {"q": word, "wait_for": position}
    return api.get("/v1/tickets", params=query).json()["items"]


def test_an_erased_person_is_erased_wherever_the_ticket_is_shown(api, customer, ticket):
    erase(api, customer)
    shown = api.read(ticket)
    assert shown["subject"] == ERASED
    assert shown["customer"]["name"] == ERASED
    assert shown["customer"]["contacts"] == {"email": ERASED}
    assert set(bodies(api, ticket)) == {ERASED}
    history = {event["type"]: event["data"] for event in api.history(ticket)}
    assert history["ticket.opened"]["body"] == ERASED
    assert history["ticket.resolved"]["note"] == ERASED


def test_what_is_not_personal_stays(api, customer, ticket):
    before = api.read(ticket)
    erase(api, customer)
    after = api.read(ticket)
    personal = ("subject", "customer")
    kept = [{k: v for k, v in t.items() if k not in personal} for t in (before, after)]
    assert kept[0] == kept[1]


def test_lists_and_searches_show_nothing_of_an_erased_person(
    api, customer, ticket, told
):
    position = api.history(ticket)[-1]["position"]
    assert [t["id"] for t in found(api, told, position)] == [ticket["id"]]
    assert found(api, told, position)[0]["subject"].endswith(told)
    answer = api.post(subject_path(customer, "/erase"), json=ERASURE)
    position = answer.headers["Pledge-Position"]
    assert found(api, told, position) == []
    query = {"customer": customer["external_id"], "wait_for": position}
    [row] = api.get("/v1/tickets", params=query).json()["items"]
    assert row["subject"] == ERASED


def test_a_ticket_of_an_erased_person_lives_on(api, customer, ticket):
    erase(api, customer)
    api.act(ticket, "reopen", reason="the refund came back")
    api.answer_customer(ticket)
    assert api.read(ticket)["status"] == "open"
    assert bodies(api, ticket)[-1] == "On its way."


def test_who_comes_back_after_the_erasure_is_a_new_person(api, customer, ticket):
    erase(api, customer)
    again = api.open_ticket(customer=customer, subject="Me again")
    assert api.read(again)["subject"] == "Me again"
    assert api.read(ticket)["subject"] == ERASED


def test_what_another_customer_wrote_is_theirs(api, customer, ticket, word):
    other = {"external_id": f"other-{word}"}
    author = {"kind": "customer", "id": other["external_id"]}
    api.act(ticket, "messages", author=author, body="I was there too.")
    erase(api, customer)
    assert bodies(api, ticket)[-1] == "I was there too."
    erase(api, other)
    assert bodies(api, ticket)[-1] == ERASED


@pytest.mark.usefixtures("ticket")
def test_the_erasure_is_an_event_without_anything_personal(api, customer):
    erase(api, customer)
    query = "types=subject.erased&limit=500"
    events = api.ok("GET", f"/v1/events?{query}")["items"]
    [event] = [e for e in events if customer["external_id"] in e["subject"]]
    assert event["data"] | ERASURE == event["data"]
    assert NAME not in str(event)
    assert MAIL not in str(event)


def test_a_legal_hold_forbids_it(api, customer, ticket):
    api.ok("PUT", subject_path(customer, "/legal-hold"), {"reason": "case 12"})
    refused = api.post(subject_path(customer, "/erase"), json=ERASURE)
    assert refused.status_code == 409
    assert "case 12" in refused.json()["detail"]
    assert api.read(ticket)["customer"]["name"] == NAME
    api.ok("DELETE", subject_path(customer, "/legal-hold"))
    assert erase(api, customer)["erased_at"]


@pytest.mark.usefixtures("ticket")
def test_a_second_erasure_is_refused_as_done(api, customer):
    erase(api, customer)
    again = api.post(subject_path(customer, "/erase"), json=ERASURE)
    assert again.status_code == 409
    assert "erased already" in again.json()["detail"]


def test_a_person_of_whom_nothing_is_known_is_not_found(api, word):
    refused = api.post(f"/v1/subjects/nobody-{word}/erase", json=ERASURE)
    assert refused.status_code == 404


def test_it_is_shown_where_a_person_occurs(api, customer, ticket):
    def occurs():
        shown = api.ok("GET", subject_path(customer))
        return shown if shown["tickets"] else None

    shown = eventually(occurs)
    assert [t["id"] for t in shown["tickets"]] == [ticket["id"]]
    assert (shown["name"], shown["contacts"]) == (NAME, {"email": MAIL})
    assert shown["live_keys"] == 1


@pytest.mark.parametrize("role", ["auditor", "ops"])
def test_who_audits_or_configures_sees_personal_fields_masked(
    with_role, api, ticket, role
):
    reader = with_role(role)
    shown = reader.read(ticket)
    assert shown["subject"] == MASKED
    assert shown["customer"]["name"] == MASKED
    assert set(bodies(reader, ticket)) == {MASKED}
    assert reader.history(ticket)[0]["data"]["body"] == MASKED
    rows = reader.ok("GET", f"/v1/tickets?number={ticket['number']}")["items"]
    assert {row["subject"] for row in rows} <= {MASKED}
    position = api.history(ticket)[0]["position"]
    feed = reader.ok("GET", f"/v1/events?after={position - 1}&limit=1")["items"]
    assert feed[0]["data"]["body"] == MASKED


@pytest.mark.parametrize("role", ["auditor", "ops"])
def test_a_reveal_shows_a_ticket_and_is_recorded(with_role, api, ticket, role):
    reader = with_role(role)
    reason = {"reason": "complaint 88"}
    seen = reader.ok("POST", f"/v1/tickets/{ticket['id']}/reveal", reason)
    assert seen["ticket"]["subject"] == api.read(ticket)["subject"]
    assert [m["body"] for m in seen["messages"]] == bodies(api, ticket)


def test_a_reveal_without_a_reason_is_refused(with_role, ticket):
    auditor = with_role("auditor")
    refused = auditor.post(f"/v1/tickets/{ticket['id']}/reveal", json={})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/reason"


@pytest.mark.usefixtures("ticket")
def test_only_an_admin_erases(with_role, customer):
    for role in ("agent", "ops", "product", "auditor"):
        refused = with_role(role).post(subject_path(customer, "/erase"), json=ERASURE)
        assert refused.status_code == 403


@pytest.fixture
def agent(api, word):
    """Whose documents are those of a person too."""
    name = f"{word}-gone"
    api.put("agents", name, {"name": NAME, "email": MAIL})
    api.put("agents", name, {"name": NAME, "email": MAIL, "capacity": 3})
    return name


def test_an_agent_who_left_is_erased_in_all_versions_of_their_document(api, agent):
    api.ok("DELETE", f"/v1/agents/{agent}")
    erase(api, {"external_id": f"agents/{agent}"})
    versions = f"/v1/agents/{agent}/versions"
    for version in (1, 2):
        shown = api.ok("GET", f"{versions}/{version}")["document"]
        assert (shown["name"], shown["email"]) == (ERASED, ERASED)


def test_an_agent_who_still_works_is_not_erased(api, agent):
    path = subject_path({"external_id": f"agents/{agent}"}, "/erase")
    refused = api.post(path, json=ERASURE)
    assert refused.status_code == 409
    assert "retire" in refused.json()["detail"]


def exported(api, ticket, personal):
    """The path of a bundle that is made."""
    body = {"tickets": [ticket["id"]], "personal": personal}
    path = f"/v1/audit/exports/{api.ok('POST', '/v1/audit/exports', body)['id']}"
    eventually(lambda: api.ok("GET", path)["state"] == "done")
    return f"{path}/bundle"


def test_exports_in_the_clear_are_withdrawn_when_somebody_is_erased(
    api, customer, ticket
):
    clear = exported(api, ticket, "clear")
    masked = exported(api, ticket, "masked")
    assert api.get(clear).is_success
    erase(api, customer)
    eventually(lambda: not api.get(clear).is_success)
    assert api.get(masked).is_success
