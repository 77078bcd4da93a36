"""Every route declares its permission, and each role may do exactly what it grants."""

import re
from typing import get_args

import httpx
import psycopg
import pytest
from fastapi.routing import APIRoute

from api.app import ROUTERS, create_app
from api.openapi.document import document
from domain.access import GRANTS, PERMISSIONS, ROLES, Permission
from infra.embedded.postgres import OWNER
from tests.support.api_client import Api, eventually

SECRET_URLS = {"/v1/agents/{name}/calendar/{secret}.ics", "/l/{token}"}
"""What lets people in is in the address."""
SIGNING_IN = {f"/v1/auth/{step}" for step in ("sign-in", "login", "callback", "logout")}
PROBES = {"/healthz", "/healthz/parts", "/readyz", "/metrics"}
VERIFIER = "/v1/audit/verifier"
"""A page without any data: auditors need no key to check what they were given."""
OPEN_TO_ALL = PROBES | SECRET_URLS | SIGNING_IN | {VERIFIER}


def operations():
    """(method, path, permission) of the whole route table."""
    for router in ROUTERS:
        for route in router.routes:
            assert isinstance(route, APIRoute)
            [method] = route.methods
            yield (
                method,
                route.path.replace(":path}", "}"),
                (route.openapi_extra or {}).get("x-permission"),
            )


OPERATIONS = list(operations())
GUARDED = [o for o in OPERATIONS if o[1] not in OPEN_TO_ALL]
each_operation = pytest.mark.parametrize(
    ("method", "path", "permission"),
    [pytest.param(*o, id=f"{o[0]} {o[1]}") for o in GUARDED],
)


@pytest.fixture(scope="module")
def people(installation):
    """A client for each role, and those who have none."""
    with installation.client() as admin:
        keys = {
            role: admin.ok("POST", "/v1/keys", {"name": f"some-{role}", "role": role})
            for role in ROLES
        }
        gone = admin.ok("POST", "/v1/keys", {"name": "gone", "role": "admin"})
        admin.ok("DELETE", f"/v1/keys/{gone['id']}")
    shown = {role: made["key"] for role, made in keys.items()}
    shown |= {"nobody": "", "wrong key": "plk_wrong", "revoked key": gone["key"]}
    clients = {who: Api(installation.http, key) for who, key in shown.items()}
    yield clients
    for client in clients.values():
        client.close()


def ask(client: Api, method: str, path: str) -> httpx.Response:
    """A request that does nothing where it is let through: it names nothing that is
    there, and its body is refused.
    """
    path = re.sub(r"\{number}", "1", path)
    path = re.sub(r"\{\w+}", "nothing-such", path)
    body = None if method in ("GET", "DELETE") else {"no_such_field": True}
    return client.request(method, path, json=body)


def test_the_walk_sees_every_operation_that_the_document_shows():
    paths = document(create_app(lambda: None), ())["paths"]  # type: ignore[arg-type,return-value]
    shown = {(m.upper(), path) for path, found in paths.items() for m in found}
    assert {(method, path) for method, path, _ in OPERATIONS} == shown


def test_only_the_documents_stand_beside_the_routers():
    routes = create_app(lambda: None).routes  # type: ignore[arg-type,return-value]
    beside = {path for r in routes if (path := getattr(r, "path", None))}
    assert beside == {"/", "/openapi.json", "/docs", "/docs/{name}"}


def test_every_operation_declares_a_permission_and_few_are_public():
    assert {path for _, path, permission in OPERATIONS if permission == "public"} == (
        OPEN_TO_ALL
    )
    assert {p for _, path, p in GUARDED} <= {*get_args(Permission), "any"}


def test_the_admin_may_do_everything():
    assert GRANTS["admin"] == set(PERMISSIONS)


@each_operation
def test_each_role_may_do_what_it_grants_and_nothing_else(
    people, method, path, permission
):
    found = {}
    for who, client in people.items():
        status = ask(client, method, path).status_code
        found[who] = status if status in (401, 403) else "let through"
    expected = {
        role: "let through" if permission in {"any", *GRANTS[role]} else 403
        for role in ROLES
    }
    strangers = dict.fromkeys(("nobody", "wrong key", "revoked key"), 401)
    assert found == expected | strangers


@pytest.mark.parametrize("path", sorted(PROBES))
def test_what_is_public_needs_no_key(people, path):
    # After many tests at once the followers may still have to catch up: not ready yet.
    eventually(lambda: people["nobody"].get(path).status_code == 200)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"{nope", "application/json"),
        (b"[" * 10_000, "application/json"),
        (b"a: 1", "application/yaml"),
        (b" " * 1_100_000, "application/json"),
    ],
    ids=["not JSON", "too deep", "another media type", "too large"],
)
def test_what_is_wrong_with_a_body_is_told_only_to_those_who_may_send_it(
    people, content, media_type
):
    def status(who):
        headers = {"Content-Type": media_type}
        sent = people[who].post("/v1/tickets", content=content, headers=headers)
        return sent.status_code

    assert status("nobody") == 401
    assert status("auditor") == 403
    assert status("agent") in (400, 413, 415)


def test_a_wrong_parameter_is_told_only_to_those_who_may_ask(people):
    asked = "/v1/events?after=garbage&types=nonsense&no_such=1"
    assert people["nobody"].get(asked).status_code == 401
    assert people["agent"].get(asked).status_code == 403
    assert people["product"].get(asked).status_code == 422


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Basic YTpi", "Bearer \u00e9\u00ff", "Bearer a b c"],
)
def test_any_other_authorization_is_refused_with_how_to_do_it(installation, header):
    sent = {b"Authorization": header.encode("latin-1")}
    answer = httpx.get(f"{installation.http}/v1/tickets", headers=sent)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["code"] == "unauthenticated"


def test_the_key_is_the_actor_that_the_history_shows(api, people):
    ticket = people["agent"].open_ticket()
    actor = api.history(ticket)[0]["actor"]
    [key] = [k for k in api.ok("GET", "/v1/keys")["items"] if k["name"] == actor["id"]]
    assert actor == {
        "id": "some-agent", "kind": "user", "on_behalf_of": None, "key_id": key["id"]
    }  # fmt: skip


def test_a_key_is_shown_once_and_then_never_again(api):
    made = api.ok("POST", "/v1/keys", {"name": "shown-once", "role": "agent"})
    [listed] = [k for k in api.ok("GET", "/v1/keys")["items"] if k["id"] == made["id"]]
    assert "key" in made
    assert listed == {name: made[name] for name in made.keys() - {"key"}}


def test_a_key_is_kept_only_as_a_hash(installation, api, word):
    key = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})["key"]
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        query = (
            "SELECT count(*) FROM stored_events WHERE position(%s::bytea in state) > 0"
        )
        assert connection.execute(query, (key.encode(),)).fetchone() == (0,)
        assert connection.execute(query, (word.encode(),)).fetchone() == (1,)


def test_the_request_that_made_a_key_cannot_be_repeated_to_see_it_again(api, word):
    body, once = {"name": word, "role": "agent"}, {"Idempotency-Key": word}
    made = api.post("/v1/keys", json=body, headers=once).json()
    again = api.post("/v1/keys", json=body, headers=once)
    assert (again.status_code, again.json()["code"]) == (409, "invalid_state")
    assert made["id"] in again.json()["detail"]
    assert made["key"] not in again.text
