"""A key with scopes has a part of its role, and nobody locks everybody out."""

import pytest

from tests.support.api_client import Api


@pytest.fixture
def narrow(installation, api, word):
    """A key of an agent that reads tickets and nothing else."""
    body = {"name": word, "role": "agent", "scopes": ["tickets:read"]}
    with Api(installation.http, api.ok("POST", "/v1/keys", body)["key"]) as made:
        yield made


def test_a_key_opens_its_scopes(narrow):
    assert narrow.get("/v1/tickets").status_code == 200


def test_a_key_opens_nothing_else_of_its_role_and_says_why(narrow):
    refused = narrow.post("/v1/tickets", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["detail"].endswith("has no scope tickets:write")


def test_the_list_shows_scopes_and_when_a_key_was_used(narrow, api, word):
    narrow.get("/v1/tickets")
    [key] = [k for k in api.ok("GET", "/v1/keys")["items"] if k["name"] == word]
    assert key["scopes"] == ["tickets:read"]
    assert key["last_used_at"] is not None


@pytest.mark.parametrize(
    ("scopes", "pointer"),
    [
        (["tickets:read", "config:write"], "/scopes/1"),
        (["ticket:read"], "/scopes/0"),
        ([], "/scopes"),
    ],
)
def test_a_scope_that_the_role_lacks_is_refused_by_its_place(
    api, word, scopes, pointer
):
    body = {"name": word, "role": "agent", "scopes": scopes}
    refused = api.post("/v1/keys", json=body)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == pointer


def test_a_key_makes_no_key_that_may_more_than_itself(installation, api, word):
    body = {"name": word, "role": "admin", "scopes": ["keys:manage"]}
    with Api(installation.http, api.ok("POST", "/v1/keys", body)["key"]) as clerk:
        wanted = {"name": f"{word}-2", "role": "agent"}
        refused = clerk.post("/v1/keys", json=wanted)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/scopes"
        same = {**wanted, "role": "admin", "scopes": ["keys:manage"]}
        assert clerk.post("/v1/keys", json=same).status_code == 201


def test_the_last_key_that_manages_keys_stays(own_installation):
    own_installation.start("api")
    with own_installation.client() as admin:
        [first] = admin.ok("GET", "/v1/keys")["items"]
        refused = admin.delete(f"/v1/keys/{first['id']}")
        assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
        assert "the last that manages keys" in refused.json()["detail"]
        second = admin.ok("POST", "/v1/keys", {"name": "second", "role": "admin"})
        with own_installation.client(second["key"]) as other:
            other.ok("DELETE", f"/v1/keys/{first['id']}")
            assert other.delete(f"/v1/keys/{second['id']}").status_code == 409
