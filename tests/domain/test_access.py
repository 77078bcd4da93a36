"""Who may do what."""

import pytest

from domain.access import (
    GRANTS,
    PERMISSIONS,
    ROLES,
    ApiKey,
    KeyCreated,
    KeyRevoked,
    fold_keys,
    key_stream,
)
from domain.event import Event
from tests.dsl import BY_ANN, NOON


def key(role, *, revoked=False):
    return ApiKey(id="k", name="n", role=role, sha256="s", revoked=revoked)


def folded(*facts):
    events = (
        Event(key_stream("k"), i, NOON, BY_ANN, fact)
        for i, fact in enumerate(facts, start=1)
    )
    return fold_keys(events)


CREATED = KeyCreated(key_id="k", name="n", role="ops", sha256="s")


def test_every_role_is_granted_something_and_nothing_unknown():
    assert set(GRANTS) == set(ROLES)
    assert all(granted <= set(PERMISSIONS) for granted in GRANTS.values())


def test_the_admin_may_do_everything():
    assert GRANTS["admin"] == set(PERMISSIONS)


@pytest.mark.parametrize("role", sorted(set(ROLES) - {"admin"}))
def test_only_the_admin_manages_keys(role):
    assert not key(role).may("keys:manage")


def test_the_auditor_changes_nothing():
    assert {p for p in GRANTS["auditor"] if not p.endswith(":read")} == set()


def test_only_those_who_run_the_floor_configure_it():
    assert [r for r in ROLES if key(r).may("config:write")] == ["admin", "ops"]


def test_only_those_who_run_the_floor_excuse_a_breach():
    assert [r for r in ROLES if key(r).may("breaches:excuse")] == ["admin", "ops"]


def test_a_product_team_reads_tickets_and_changes_none():
    assert key("product").may("tickets:read")
    assert not key("product").may("tickets:write")


def test_a_revoked_key_may_nothing():
    assert not any(key("admin", revoked=True).may(p) for p in PERMISSIONS)


def test_a_key_is_found_by_its_hash():
    assert folded(CREATED).find("s").role == "ops"


def test_an_unknown_hash_is_nobody():
    assert folded(CREATED).find("other") is None


def test_a_revoked_key_is_not_found():
    assert folded(CREATED, KeyRevoked(key_id="k")).find("s") is None
