"""Who somebody is for Pledge, by the claims of their token."""

import re
from datetime import UTC, datetime

import pytest

from domain.access import GRANTS, ROLES
from domain.errors import ActingError
from domain.event import Actor
from domain.identity import ClaimRules, NoRoleError, claim, person_id, person_of
from domain.own_words import word_fault

ISSUER, SUBJECT = "https://login.shop.example", "ann@shop.example"
RULES = ClaimRules(
    role_claim="roles",
    roles={"leads": "ops", "desk": "agent", "audit": "auditor"},
    agent_claim="desk_id",
    acts_for_claim="desk_ids",
)


def person(rules=RULES, **claims):
    given = {"iss": ISSUER, "sub": SUBJECT, "exp": 1_900_000_000, "roles": ["desk"]}
    return person_of(given | claims, rules)


@pytest.mark.parametrize("held", ["desk", ["desk"], ["other", "desk"], ("desk",)])
def test_the_role_is_that_of_the_value_of_the_claim(held):
    assert person(roles=held).role == "agent"


@pytest.mark.parametrize("held", [["desk", "leads"], ["leads", "desk"]])
def test_of_several_roles_the_first_of_the_rules_counts(held):
    assert person(roles=held).role == "ops"


def test_roles_do_not_add_up():
    """Or who changes policies would read personal fields, by a second group."""
    assert person(roles=["desk", "leads"]).permissions == GRANTS["ops"]
    assert not person(roles=["desk", "leads"]).may("personal:read")


@pytest.mark.parametrize("role", ROLES)
def test_a_role_grants_a_person_what_it_grants_a_key(role):
    rules = ClaimRules(role_claim="roles", roles={"x": role})
    assert person(rules, roles="x").permissions == GRANTS[role]


@pytest.mark.parametrize(
    "held", [None, "", [], "Desk", ["des", "k"], {"desk": True}, 7, [["desk"]], True]
)
def test_any_other_value_is_no_role(held):
    with pytest.raises(NoRoleError, match="'roles'"):
        person(roles=held)


@pytest.mark.parametrize(
    ("claims", "path"),
    [
        ({"roles": "a"}, "roles"),
        ({"realm": {"roles": "a"}}, "realm.roles"),
        ({"https://shop.example/roles": "a"}, "https://shop.example/roles"),
        ({"a.b": "a", "a": {"b": "other"}}, "a.b"),
    ],
)
def test_a_claim_is_found_by_its_name_or_its_path(claims, path):
    assert claim(claims, path) == "a"


@pytest.mark.parametrize("path", ["other", "realm.other", "realm.roles.a", "", "."])
def test_a_claim_that_is_not_there_is_none(path):
    assert claim({"realm": {"roles": "a"}}, path) is None


def test_the_log_gets_a_name_that_says_nothing():
    actor = person(email=SUBJECT, name="Ann").own
    assert actor == Actor(id=person_id(ISSUER, SUBJECT), kind="user")
    assert re.fullmatch("oidc:[0-9a-f]{32}", actor.id)


def test_the_name_is_what_the_documentation_computes():
    """printf '%s\\n%s' "$ISSUER" "$SUB" | sha256sum | cut -c1-32"""
    assert person_id(ISSUER, SUBJECT) == "oidc:d114496602ca5838b31d66a188bf6de0"


def test_the_same_person_of_another_issuer_is_another():
    assert person_id(ISSUER, SUBJECT) != person_id(f"{ISSUER}.other", SUBJECT)


def test_no_key_and_no_agent_can_be_called_so():
    fault = word_fault(person_id(ISSUER, SUBJECT))
    assert fault is not None
    assert "':'" in fault


def test_who_is_mapped_to_an_agent_acts_as_the_agent():
    assert person(desk_id="ann").own == Actor(id="ann", kind="agent")


@pytest.mark.parametrize("value", [None, [], ["ann", "bo"], 7, {"id": "ann"}])
def test_who_is_mapped_to_no_single_agent_is_none(value):
    assert person(desk_id=value).agent is None


def test_a_service_acts_for_the_agents_of_its_claim_and_no_other():
    service = person(desk_ids=["ann", "bo"])
    assert service.acting_for("bo").on_behalf_of == "bo"
    with pytest.raises(ActingError, match="the token of 'oidc:"):
        service.acting_for("mia")


def test_without_the_claim_nobody_acts_for_anybody():
    with pytest.raises(ActingError, match="for nobody"):
        person().acting_for("ann")


def test_a_person_is_let_in_until_their_token_ends():
    assert person().expires_at == datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
