"""Who may do what, and in whose name."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.access import (
    EVERYBODY,
    GRANTS,
    PERMISSIONS,
    ROLES,
    ApiKey,
    KeyCreated,
    KeyRevoked,
    fold_keys,
    is_ours,
    key_stream,
)
from domain.errors import ActingError, InvalidError, NameTakenError, RuleError
from domain.event import Actor, Event
from domain.key_rules import House, refuse_key, refuse_last
from tests.support.dsl import BY_ANN, NOON, configured


def key(role="agent", **fields):
    return ApiKey(
        **{
            "id": "k",
            "name": "desk",
            "role": role,
            "sha256": "s",
            "created_at": NOON,
            "created_by": "admin",
            **fields,
        }
    )


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


def test_the_auditor_reads_exports_and_reveals_and_changes_nothing():
    beyond = {p for p in GRANTS["auditor"] if not p.endswith(":read")}
    assert beyond == {"audit:export", "personal:reveal"}


@pytest.mark.parametrize("role", ["ops", "auditor"])
def test_who_changes_policies_or_audits_reads_personal_fields_by_a_reveal_only(role):
    assert not key(role).may("personal:read")
    assert key(role).may("personal:reveal")


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


HOUSE = configured(
    {"agents": {"ann": {"name": "Ann"}, "bo": {"name": "Bo"}, "off": {"active": False}}}
).directory
ANNS, DESK = key(agent="ann"), key(acts_for=("ann", "bo"))


def refused(keys=(), maker=None, **fields):
    wanted = replace(CREATED, key_id="new", **fields)
    refuse_key(wanted, House(folded(*keys), HOUSE, NOON), maker)


@pytest.mark.parametrize("named", [None, "ann"])
def test_the_key_of_an_agent_acts_as_that_agent_named_or_not(named):
    assert ANNS.acting_for(named) == Actor(id="ann", kind="agent")


def test_the_key_of_an_agent_acts_as_nobody_else_and_says_both_names():
    with pytest.raises(ActingError, match="acts as 'ann', not 'bo'"):
        ANNS.acting_for("bo")


def test_a_service_acts_for_the_agents_it_was_made_for():
    actor = DESK.acting_for("bo")
    assert (actor.id, actor.kind, actor.person) == ("desk", "user", "bo")


def test_a_service_acts_for_no_other():
    with pytest.raises(ActingError, match="for 'ann', 'bo', not 'mia'"):
        DESK.acting_for("mia")


def test_a_key_that_names_nobody_acts_for_nobody():
    with pytest.raises(ActingError, match="for nobody, not 'ann'"):
        key("admin").acting_for("ann")


def test_what_a_key_is_called_is_no_proof_of_who_holds_it():
    with pytest.raises(ActingError):
        key(name="ann").acting_for("ann")


def test_a_service_for_everybody_acts_for_whoever_is_named():
    assert key(acts_for=(EVERYBODY,)).acting_for("mia").person == "mia"


def test_whoever_names_nobody_acts_as_themselves():
    assert DESK.acting_for(None) == Actor(id="desk", kind="user")


@pytest.mark.parametrize("name", ["n", "N", "\uff4e"])
def test_a_name_that_reads_like_that_of_a_key_in_use_is_taken(name):
    with pytest.raises(NameTakenError):
        refused([CREATED], name=name)


def test_the_name_of_a_revoked_key_is_free_again():
    refused([CREATED, KeyRevoked(key_id="k")], name="n")


@pytest.mark.parametrize(
    "name", ["pledge", "Pledge", "PLEDGE", "\uff50ledge", "import:incidents"]
)
def test_nobody_is_called_what_pledge_calls_itself(name):
    assert is_ours(name)
    with pytest.raises(NameTakenError, match="what Pledge calls itself"):
        refused(name=name)


@pytest.mark.parametrize("name", ["ann", "Ann"])
def test_only_the_key_of_an_agent_is_called_like_that_agent(name):
    with pytest.raises(NameTakenError, match="'ann' is an agent"):
        refused(name=name, agent="bo")
    refused(name=name, agent="ann")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"agent": "ghost"}, "/agent: there is no agent 'ghost'"),
        ({"agent": "off"}, "/agent: 'off' is not active"),
        ({"acts_for": ("ann", "ghost")}, "/acts_for/1: there is no agent 'ghost'"),
        ({"agent": "ann", "acts_for": ("bo",)}, "/acts_for: a key with `agent`"),
        ({"expires_at": NOON}, "/expires_at: must be in the future"),
    ],
)
def test_a_key_that_could_never_be_used_is_not_made(fields, fault):
    with pytest.raises(InvalidError, match=fault):
        refused(**fields)


def test_a_key_may_act_for_everybody_and_end_some_day():
    refused(acts_for=(EVERYBODY,), expires_at=NOON + timedelta(days=1))


def test_a_key_is_expired_from_its_instant_on():
    ends = key(expires_at=NOON)
    assert not ends.expired(NOON - timedelta(microseconds=1))
    assert ends.expired(NOON)
    assert not key().expired(NOON)


def test_what_was_made_before_keys_had_agents_is_read_as_it_was():
    made = folded(CREATED).by_id["k"]
    assert (made.agent, made.acts_for, made.expires_at) == (None, (), None)


# --- scopes ---------------------------------------------------------------------------


def test_a_key_with_scopes_opens_them_and_nothing_else_of_its_role():
    narrow = key("agent", scopes=("tickets:read",))
    assert narrow.permissions == {"tickets:read"}


def test_a_key_without_scopes_opens_all_of_its_role():
    assert key("agent").permissions == GRANTS["agent"]


def test_a_scope_that_the_role_has_no_longer_opens_nothing():
    assert key("product", scopes=("config:write",)).permissions == set()


def test_a_key_with_a_scope_missing_says_that_it_is_the_scope():
    narrow = key("agent", scopes=("tickets:read",))
    assert narrow.lacks("tickets:write") == "the key 'desk' has no scope tickets:write"
    assert narrow.lacks("keys:manage") == "the role agent lacks keys:manage"


def test_a_scope_beyond_the_role_is_refused_by_its_place():
    with pytest.raises(InvalidError) as found:
        refused(role="agent", scopes=("tickets:read", "config:write"))
    [error] = found.value.errors
    assert (error.pointer, error.message) == (
        "/scopes/1",
        "the role agent lacks config:write",
    )


@pytest.mark.parametrize("role", ["admin", "agent"])
def test_a_key_that_manages_keys_alone_makes_none_that_may_more(role):
    maker = key("admin", scopes=("keys:manage", "tickets:read"))
    with pytest.raises(InvalidError, match="tickets:write, so it makes no key"):
        refused(role=role, maker=maker, scopes=None)
    refused(role=role, maker=maker, scopes=("tickets:read",))


# --- the last admin -------------------------------------------------------------------


ADMIN = replace(CREATED, key_id="first", name="first", role="admin", sha256="1")


def revoked(*others):
    keys = folded(ADMIN, *others)
    refuse_last(keys.by_id["first"], House(keys, HOUSE, NOON))


def test_the_last_key_that_manages_keys_cannot_be_revoked():
    with pytest.raises(RuleError, match="'first' is the last that manages keys"):
        revoked()


@pytest.mark.parametrize(
    "fields",
    [
        {"role": "ops"},
        {"expires_at": NOON},
        {"scopes": ("tickets:read",)},
        {"agent": "off"},
    ],
    ids=str,
)
def test_a_key_that_cannot_manage_keys_now_does_not_count(fields):
    other = replace(CREATED, **{"role": "admin", **fields})
    with pytest.raises(RuleError):
        revoked(other)


def test_another_admin_counts():
    revoked(replace(CREATED, role="admin"))


def test_a_revoked_admin_does_not_count():
    with pytest.raises(RuleError):
        revoked(replace(CREATED, role="admin"), KeyRevoked(key_id="k"))


def test_a_key_that_manages_nothing_can_always_be_revoked():
    keys = folded(CREATED)
    refuse_last(keys.by_id["k"], House(keys, HOUSE, NOON))
