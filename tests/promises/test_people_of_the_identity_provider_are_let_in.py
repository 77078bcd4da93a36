"""A token of the identity provider opens the API as a key does, with the role that its
claims map to; what is not believed is refused in words, and no token gets into a log.
"""

import time

import psycopg
import pytest

from domain.access import GRANTS, ROLES
from domain.identity import person_id
from infra.embedded.postgres import OWNER
from tests.support.api_client import Api, eventually
from tests.support.identity_provider import IdentityProvider, new_key


@pytest.fixture(scope="module")
def idp():
    with IdentityProvider() as made:
        yield made


@pytest.fixture(scope="module")
def door(installation, idp):
    """An API that knows the identity provider."""
    with installation.another_api(**idp.settings()) as http:
        yield http


@pytest.fixture
def bearer(door):
    made = []

    def client(token):
        made.append(Api(door, token))
        return made[-1]

    yield client
    for one in made:
        one.close()


@pytest.mark.parametrize("role", ROLES)
def test_a_token_opens_what_the_role_of_its_claims_grants(idp, bearer, role):
    who = bearer(idp.token(role)).ok("GET", "/v1/auth/session")
    assert (who["role"], set(who["permissions"])) == (role, GRANTS[role])


def test_the_first_role_of_the_settings_counts(idp, bearer):
    token = idp.token("auditor", "agent", "ops")
    assert bearer(token).ok("GET", "/v1/auth/session")["role"] == "ops"


def test_a_role_opens_no_more_by_a_token_than_by_a_key(idp, bearer):
    auditor = bearer(idp.token("auditor"))
    assert auditor.get("/v1/tickets").status_code == 200
    refused = auditor.post("/v1/tickets", json={})
    assert (refused.status_code, refused.json()["detail"]) == (
        403,
        "the role auditor lacks tickets:write",
    )


def test_the_log_names_a_person_and_does_not_tell_who_it_is(idp, api, bearer, word):
    subject = f"{word}@shop.example"
    person = bearer(idp.token("agent", sub=subject, email=subject, name="Ann"))
    ticket = person.open_ticket()
    name = person_id(idp.issuer, subject)
    assert api.history(ticket)[0]["actor"] == {
        "id": name, "kind": "user", "on_behalf_of": None, "key_id": name
    }  # fmt: skip
    assert word not in api.get(f"/v1/tickets/{ticket['id']}/history").text


def test_who_is_mapped_to_an_agent_acts_as_that_agent_only(idp, api, bearer, team):
    bo, chen = f"{team}-bo", f"{team}-chen"
    person, ticket = bearer(idp.token("agent", pledge_agent=bo)), api.open_ticket()
    # Each process of the API knows a new agent a moment later.
    eventually(lambda: person.get("/v1/tickets").is_success, within_s=5)
    person.act(ticket, "acknowledge")
    actor = api.history(ticket)[-1]["actor"]
    assert (actor["id"], actor["kind"]) == (bo, "agent")
    assert actor["key_id"] == person_id(idp.issuer, "u-1")
    other = person.post(f"/v1/tickets/{ticket['id']}/acknowledge", json={"agent": chen})
    assert (other.status_code, other.json()["code"]) == (403, "acting_refused")


def test_a_service_acts_for_the_agents_of_its_claim(idp, api, bearer, team):
    bo, chen = f"{team}-bo", f"{team}-chen"
    service = bearer(idp.token("agent", sub="desk", pledge_acts_for=[bo]))
    path = f"/v1/tickets/{(ticket := api.open_ticket())['id']}/acknowledge"
    # Each process of the API knows a new agent a moment later.
    sent = {"agent": bo}
    eventually(lambda: service.post(path, json=sent).is_success, within_s=5)
    actor = api.history(ticket)[-1]["actor"]
    assert (actor["id"], actor["on_behalf_of"]) == (person_id(idp.issuer, "desk"), bo)
    assert service.post(path, json={"agent": chen}).status_code == 403


def test_an_agent_whom_nobody_knows_opens_nothing(idp, bearer, word):
    refused = bearer(idp.token("agent", pledge_agent=word)).get("/v1/tickets")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert word in refused.json()["detail"]


def test_a_token_without_a_role_of_ours_is_403(idp, bearer):
    refused = bearer(idp.token()).get("/v1/tickets")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def hostile(idp):
    now = int(time.time())
    return {
        "another audience": idp.token("admin", aud="another"),
        "another issuer": idp.token("admin", iss="https://login.other.example"),
        "expired": idp.token("admin", exp=now - 10),
        "an unknown key": idp.signed(idp.claims("admin"), new_key()),
        "a foreign signature": idp.token("admin")[:-8] + "AAAAAAAA",
        "no signature": idp.token("admin").rpartition(".")[0] + ".",
        "nonsense": "a.b.c",
    }


@pytest.mark.parametrize(
    "case",
    [
        "another audience",
        "another issuer",
        "expired",
        "an unknown key",
        "a foreign signature",
        "no signature",
        "nonsense",
    ],
)
def test_a_token_that_is_not_believed_is_401_with_the_reason(idp, bearer, case):
    refused = bearer(hostile(idp)[case]).get("/v1/tickets")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert refused.json()["detail"].startswith("the token is") or case in (
        "expired",
        "a foreign signature",
        "no signature",
    )


def denials(installation, stream):
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        query = (
            "SELECT convert_from(state, 'UTF8')::jsonb FROM stored_events WHERE topic ="
            " 'access.denied' AND originator_id = %s ORDER BY originator_version"
        )
        return [row for (row,) in connection.execute(query, (stream,)).fetchall()]


def test_what_a_person_was_denied_is_on_record_as_with_a_key(
    installation, idp, bearer, word
):
    person = bearer(idp.token("auditor", sub=word))
    assert person.post("/v1/tickets", json={}).status_code == 403
    name = person_id(idp.issuer, word)
    [told] = eventually(lambda: denials(installation, f"denials/{name}"))
    assert told["meta"]["actor"]["id"] == told["data"]["key_id"] == name
    [call] = told["data"]["calls"]
    assert (call["route"], call["permission"]) == ("/v1/tickets", "tickets:write")


def test_keys_go_on_opening_the_api(installation, door):
    with Api(door, installation.admin_key) as admin:
        assert admin.get("/v1/tickets").status_code == 200
    with Api(door, "plk_wrong") as wrong:
        assert wrong.get("/v1/tickets").status_code == 401


def test_keys_rotate_without_a_restart(idp, bearer):
    before = idp.token("agent")
    assert bearer(before).get("/v1/tickets").status_code == 200
    idp.rotate()
    after = bearer(idp.token("agent"))
    eventually(lambda: after.get("/v1/tickets").status_code == 200, within_s=15)
    assert bearer(before).get("/v1/tickets").status_code == 401


def test_readiness_says_how_the_identity_provider_is(bearer):
    ready = bearer("").get("/readyz").json()
    assert ready["ready"]
    assert ready["parts"]["identity_provider"] == "ok"


def test_no_token_gets_into_a_log(installation, idp, bearer):
    tokens = [idp.token("agent"), *hostile(idp).values()]
    for token in tokens:
        bearer(token).get("/v1/tickets")
    written = installation.data.log("another-api").read_text()
    secret = [part for t in tokens for part in t.split(".")[1:] if len(part) > 20]
    assert "/v1/tickets" in written
    assert not any(part in written for part in secret)


def test_an_api_serves_keys_while_the_provider_is_away_and_says_so(installation):
    with IdentityProvider() as gone:
        settings = gone.settings()
    with installation.another_api(**settings) as http:
        with Api(http, installation.admin_key) as admin:
            assert admin.get("/v1/tickets").status_code == 200
            said = "cannot be read; no token can be verified"
            parts = eventually(
                lambda: (
                    (p := admin.get("/readyz").json()["parts"])
                    and p["identity_provider"] == said
                    and p
                )
            )
            assert parts["registry"] == "ok"
        with Api(http, gone.token("agent")) as person:
            answer = person.get("/v1/tickets")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert "identity provider" in answer.json()["detail"]
