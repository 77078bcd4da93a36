"""What came to nothing since it was published is found later."""

from dataclasses import replace

from domain.configuration.facts import PolicyRetired
from domain.configuration.publishing import publish
from domain.configuration.warnings import config_warnings
from domain.event import Event
from domain.oncall.book import OnCallBook
from tests.domain.configuration.test_lint_of_people import CHATTY, knowing
from tests.support.dsl import BY_ANN, NOON, fold_config, published, world
from tests.support.lint import (
    ASSIGNEE,
    BOTH,
    PEOPLE,
    TOLD,
    escalation_policy,
    given,
    rule,
    said,
    sla,
    to,
    warned,
)


def test_what_came_to_nothing_since_is_found_later():
    config = given(
        escalation_policies={"climb": escalation_policy(to({"agent": "bo"}))},
        sla_policies={"care": sla(escalation_policy="climb")},
    )
    assert warned(config) == set()
    left = published(config, "agents", "bo", PEOPLE["bo"] | {"active": False})
    assert ("escalation-policies", "climb", "/steps/0/targets/0/agent") in warned(left)


def test_esc_080_an_escalation_policy_that_is_still_unused_is_found_later():
    config = given(escalation_policies={"climb": escalation_policy(ASSIGNEE)})
    assert warned(config) == {("escalation-policies", "climb", "")}


def test_a_member_who_is_named_twice_is_pointed_at():
    found = said("teams", {"members": ["bo", "chen", "bo"]})
    assert found == {"/members/2": "bo is named twice"}


def test_a_manager_who_is_not_active_and_has_nobody_above_is_said_to_be_the_last():
    away = published(given(), "agents", "top", TOLD | {"active": False})
    found = said("agents", TOLD | {"manager": "top"}, away)
    assert found == {"/manager": "top is not active: nobody is above"}


def test_a_team_that_was_retired_since_is_said_to_be_there_no_more():
    config = given(
        escalation_policies={"climb": escalation_policy(to({"team": "second"}))}
    )
    gone = PolicyRetired(kind="teams", name="second")
    config = fold_config([Event("teams/second", 2, NOON, BY_ANN, gone)], config)
    [found] = [
        w.message
        for w in config_warnings(config, OnCallBook(), NOON)
        if w.pointer == "/steps/0/targets/0/team"
    ]
    assert found == "reaches nobody: there is no team second any more"


def test_a_chat_tool_that_the_operator_took_away_is_found_later():
    config = published(knowing("team-chat", "bridge"), "agents", "bo", CHATTY)
    assert warned(config) == set()
    config = replace(config, chat_targets=frozenset({"bridge"}))
    assert warned(config) == {("agents", "bo", "/notify/apprise/0")}


def test_a_circle_of_managers_from_before_it_was_refused_is_found():
    fact = publish(given(), "agents", "mia", TOLD)
    old = {"document": TOLD | {"manager": "ann"}}
    event = Event("agents/mia", 2, NOON, BY_ANN, type(fact)(**(vars(fact) | old)))
    config = fold_config([event], given())
    assert ("agents", "ann", "/manager") in warned(config)


def test_the_rules_of_a_new_installation_are_meant():
    made = world({"after": sla(rule(BOTH))}).config
    assert {kind for kind, _, _ in warned(made)} == {"agents"}, "they have no channels"
