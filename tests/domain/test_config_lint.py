"""What is allowed in configuration and hardly meant is said when it is published, at
the place in the document that it speaks of.
"""

from dataclasses import replace

import pytest

from domain.conditions.condition import Condition, parse_condition
from domain.conditions.fields import FIELDS
from domain.configuration.facts import PolicyRetired
from domain.configuration.lint.conditions import holds_never, implies
from domain.configuration.publishing import publish
from domain.configuration.warnings import config_warnings
from domain.event import Event
from domain.oncall.book import OnCallBook
from tests.dsl import AGENTS, BY_ANN, NOON, configured, fold_config, published, world

FIRST = {"first_response": "1h"}
BOTH = {"first_response": "1h", "resolution": "8h"}
TOLD = {"name": "Told", "email": "told@shop.example"}
ASSIGNEE = {"targets": [{"assignee": True}]}
PEOPLE = {name: {**agent, "email": "a@shop.example"} for name, agent in AGENTS.items()}
TURNS = {"start": "2026-01-05T09:00", "unit": "day", "people": ["bo"]}


def given(**documents):
    kinds = {"agents": PEOPLE, "teams": {"second": {"members": ["bo", "chen"]}}}
    for kind, named in documents.items():
        kinds[kind.replace("_", "-")] = kinds.get(kind, {}) | named
    return configured(kinds)


def said(kind, document, config=None, name="new", at=None):
    """Pointer and message of each warning."""
    fact = publish(given() if config is None else config, kind, name, document, at=at)
    return {warning.pointer: warning.message for warning in fact.warnings}


def sla(*rules, **fields):
    return {"match": list(rules) or [{"targets": BOTH}], **fields}


def rule(targets=FIRST, **when):
    return {"targets": targets} | ({"when": when} if when else {})


def escalation_policy(*steps, **fields):
    return {"steps": list(steps), **fields}


def to(*targets, **fields):
    return {"targets": list(targets), **fields}


def climbing(*steps, targets=BOTH, **fields):
    """A second version of a ladder that a policy escalates by."""
    config = given(
        escalation_policies={"climb": escalation_policy(ASSIGNEE)},
        sla_policies={"care": sla(rule(targets), escalation_policy="climb")},
    )
    return said(
        "escalation-policies", escalation_policy(*steps, **fields), config, "climb"
    )


# SLA policies


def test_what_is_meant_is_not_warned_of():
    document = sla(rule(BOTH, priority="high"), rule(BOTH), warn_at=["50%", "PT5M"])
    assert said("sla-policies", document) == {}


def test_a_rule_after_one_that_takes_every_ticket_never_applies():
    found = said("sla-policies", sla(rule(), rule(type="fault")))
    assert "/match/0 takes" in found["/match/1/targets/first_response"]


def test_a_rule_after_a_wider_one_never_applies():
    wide = rule(priority=["high", "urgent"])
    found = said("sla-policies", sla(wide, rule(priority="high", type="fault")))
    assert list(found) == ["/match/1/targets/first_response"]


def test_a_rule_that_promises_another_metric_applies():
    document = sla(rule(), rule({"resolution": "8h"}, type="fault"))
    assert said("sla-policies", document) == {}


def test_a_policy_that_is_asked_before_takes_the_tickets_too():
    config = given(sla_policies={"all": sla(rule(), order=1)})
    found = said("sla-policies", sla(rule(type="fault")), config)
    assert "all /match/0" in found["/match/0/targets/first_response"]


def test_a_policy_that_is_asked_later_takes_nothing_away():
    config = given(sla_policies={"all": sla(rule(), order=900)})
    assert said("sla-policies", sla(rule(type="fault")), config) == {}


def test_a_rule_that_can_never_hold_is_named():
    amount = {"attributes.amount": {"at_least": 10, "at_most": 5}}
    found = said("sla-policies", sla(rule(**amount)))
    assert found == {"/match/0/when": "can never hold"}


CALLBACK = {"start": {"status": "open"}, "stop": {"finished": True}}


def test_a_clock_that_no_rule_promises_is_named():
    found = said("sla-policies", sla(clocks={"callback": CALLBACK}))
    assert "no rule promises it" in found["/clocks/callback"]


def clock(**conditions):
    document = sla(rule({"callback": "1h"}), clocks={"callback": CALLBACK | conditions})
    return said("sla-policies", document)


def test_servicenow_003_a_start_within_the_stop_stops_at_once():
    wider = {"priority": ["high", "urgent"]}
    found = clock(start={"priority": "high", "type": "fault"}, stop=wider)
    assert "stops at once" in found["/clocks/callback/start"]


def test_servicenow_003_also_where_one_field_follows_from_another():
    found = clock(start={"status": "closed"})
    assert "stops at once" in found["/clocks/callback/start"]


def test_a_clock_that_each_reply_ends_and_starts_again_is_meant():
    reply = {"reply": True}
    assert clock(start=reply | {"finished": False}, stop=[reply]) == {}


def test_servicenow_005_a_pause_that_cancels_first_never_comes():
    found = clock(cancel={"status": {"not": ["open"]}}, pause={"status": "on_hold"})
    assert "cancel does, and comes first" in found["/clocks/callback/pause"]


def test_servicenow_005_a_pause_beside_the_start_is_meant_where_nothing_cancels():
    assert clock(pause={"status": "on_hold"}) == {}


def test_a_pause_of_a_finished_ticket_never_comes():
    found = clock(pause={"status": "resolved"})
    assert "stop does, and comes first" in found["/clocks/callback/pause"]


def test_a_pause_that_resumes_at_once_is_named():
    found = clock(pause={"status": "on_hold"}, resume={"finished": False})
    assert list(found) == ["/clocks/callback/resume"]


def test_a_warning_as_long_as_the_target_is_named_with_the_target():
    found = said("sla-policies", sla(warn_at=["50%", "PT1H"]))
    assert found["/warn_at/1"].endswith("for: /match/0 first_response PT1H")


# escalation policies


def test_a_ladder_that_works_is_not_warned_of():
    assert climbing(ASSIGNEE, to({"team": "second"}, after="1h")) == {}


@pytest.mark.parametrize(
    ("target", "pointer", "words"),
    [
        ({"team": "none"}, "team", "none has nobody in it"),
        ({"least_loaded": "none"}, "least_loaded", "none has nobody in it"),
        ({"lead_of": "second"}, "lead_of", "second has no lead"),
        ({"agent": "gone"}, "agent", "reaches nobody: not active: gone"),
        ({"team": "left"}, "team", "reaches nobody: not active: gone"),
        ({"team": "half"}, "team", "not active: gone"),
        ({"agent": "mute"}, "agent", "no channel, nothing would tell them: mute"),
        (
            {"skilled": {"team": "second", "needs": {"latin": 1}}},
            "skilled",
            "nobody in second has any of the skills: latin",
        ),
        (
            {"manager_of": "assignee", "depth": 2},
            "manager_of",
            "nobody has 2 managers above them: reaches nobody",
        ),
        (
            {"manager_of": "assignee", "up_to": 2},
            "manager_of",
            "nobody has 2 managers above them: reaches at most 1 of them",
        ),
    ],
)
def test_esc_079_a_step_that_reaches_nobody_is_named(target, pointer, words):
    config = given(
        agents=PEOPLE | {"gone": TOLD | {"active": False}, "mute": {"name": "M"}},
        teams={
            "none": {"members": []},
            "second": {"members": ["bo", "chen"]},
            "left": {"members": ["gone"]},
            "half": {"members": ["bo", "gone"]},
        },
    )
    found = said("escalation-policies", escalation_policy(to(target)), config)
    assert words in found[f"/steps/0/targets/0/{pointer}"]


def test_esc_080_a_ladder_that_no_policy_uses_is_named():
    config = given(escalation_policies={"climb": escalation_policy(ASSIGNEE)})
    found = said(
        "escalation-policies", escalation_policy(ASSIGNEE, repeat=1), config, "climb"
    )
    assert found == {"": "no SLA policy escalates by it"}


def test_a_ladder_that_is_new_cannot_be_used_yet():
    assert said("escalation-policies", escalation_policy(ASSIGNEE)) == {}


def test_a_step_after_one_that_finishes_the_ticket_is_never_reached():
    done = {"after": "1h", "status": "resolved"}
    found = climbing(ASSIGNEE, done, to({"agent": "bo"}, after="2h"))
    assert list(found) == ["/steps/2"]
    assert "never reached: /steps/1 finishes the ticket" in found["/steps/2"]


def test_a_step_after_one_that_finishes_the_ticket_under_a_condition_is_reached():
    done = {"after": "1h", "status": "closed", "when": {"tier": "standard"}}
    assert climbing(ASSIGNEE, done, to({"agent": "bo"}, after="2h")) == {}


def test_rounds_after_a_step_that_finishes_the_ticket_are_never_reached():
    found = climbing(ASSIGNEE, {"after": "1h", "status": "closed"}, repeat=1)
    assert "no second round: /steps/1" in found["/repeat"]


def test_steps_before_the_breach_are_climbed_once_and_a_repeat_of_them_is_said():
    found = climbing(ASSIGNEE | {"after": "50%"}, repeat=2)
    assert "no second round" in found["/repeat"]


def test_a_step_that_comes_after_one_below_it_is_named():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    found = climbing(*pair, targets={"first_response": "10h"})
    assert found["/steps/0/after"].endswith("of: first_response PT10H of care")


def test_a_step_that_comes_before_one_below_it_is_fine():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    assert climbing(*pair, targets={"first_response": "4h"}) == {}


def test_the_policy_by_which_steps_come_the_other_way_round_hears_of_it_too():
    pair = ASSIGNEE | {"after": "-PT1H"}, to({"agent": "bo"}, after="80%")
    config = given(escalation_policies={"climb": escalation_policy(*pair)})
    document = sla(rule({"first_response": "10h"}), escalation_policy="climb")
    found = said("sla-policies", document, config)
    assert "its /steps/0 is due after a step below it" in found["/escalation_policy"]


def test_a_webhook_that_is_none_is_named():
    found = climbing(to({"webhook": "bo"}))
    assert "bo has no webhook" in found["/steps/0/targets/0/webhook"]


def test_a_step_that_turns_the_status_is_not_the_one_before_it_again():
    assert climbing(ASSIGNEE, ASSIGNEE | {"after": "1h", "status": "on_hold"}) == {}


def test_esc_080_a_ladder_that_outlasts_the_promises_is_named():
    found = climbing(ASSIGNEE, to({"agent": "bo"}, after="3h"), repeat=2)
    assert "takes PT15H" in found["/steps"]
    assert "longest promise of care: resolution PT8H" in found["/steps"]


def test_a_ladder_as_long_as_the_longest_promise_is_fine():
    assert climbing(ASSIGNEE, to({"agent": "bo"}, after="8h")) == {}


def test_a_step_before_the_start_of_every_promise_is_named():
    found = climbing(ASSIGNEE | {"after": "-PT2H"}, targets=FIRST)
    assert "first_response PT1H of care" in found["/steps/0/after"]


def test_the_policy_that_takes_up_such_a_ladder_hears_of_it_too():
    steps = ASSIGNEE | {"after": "-PT2H"}
    config = given(escalation_policies={"climb": escalation_policy(steps)})
    found = said("sla-policies", sla(rule(), escalation_policy="climb"), config)
    assert "/steps/0 lies before the start" in found["/escalation_policy"]


def test_a_step_for_the_same_people_as_the_one_before_is_named():
    pair = to({"agent": "bo"}, {"agent": "chen"}, after="1h")
    found = climbing(to({"team": "second"}), pair)
    assert "the same people" in found["/steps/1/targets"]


def test_the_assignee_again_after_the_ticket_was_handed_over_is_somebody_else():
    moves = ASSIGNEE | {"reassign": {"team": "second"}}
    assert climbing(moves, ASSIGNEE | {"after": "1h"}) == {}


def test_a_step_whose_condition_never_holds_is_named():
    found = climbing(ASSIGNEE | {"when": {"status": "open", "finished": True}})
    assert "never taken" in found["/steps/0/when"]


def test_holding_for_a_shift_where_no_step_asks_for_one_is_named():
    assert "no step asks" in climbing(ASSIGNEE, nobody="hold PT1H")["/nobody"]


def test_hours_of_a_schedule_that_nobody_covers_are_named():
    layer = {"name": "base", "rotation": TURNS, "restrict": [{"to": "20:00"}]}
    config = given(schedules={"front": {"tz": "UTC", "layers": [layer]}})
    steps = escalation_policy(to({"on_call": "front"}))
    found = said("escalation-policies", steps, config, at=NOON)
    assert "front: nobody is on call for" in found["/steps/0/targets/0/on_call"]


# people and teams


def test_a_team_that_a_step_asks_for_its_lead_and_has_none_is_named():
    lead = escalation_policy(to({"lead_of": "second"}))
    config = given(escalation_policies={"climb": lead})
    found = said("teams", {"members": ["bo"]}, config, "second")
    assert "climb /steps/0" in found["/lead"]


def test_a_team_without_members_is_named():
    assert "reaches no one" in said("teams", {"members": []})["/members"]


def test_teams_that_overflow_in_a_circle_are_named_with_their_way():
    def spilling(team):
        overflow = {"after": "PT5M", "team": team}
        return {
            "members": ["bo"],
            "assignment": {"mode": "offer", "overflow": overflow},
        }

    config = given(teams={"third": spilling("second")})
    found = said("teams", spilling("third"), config, "second")
    where = "/assignment/overflow/team"
    assert found[where].endswith("second → third → second")


def test_a_team_whose_shifts_none_of_its_members_ever_has_is_named():
    rotation = {"start": "2026-01-05T09:00", "unit": "day", "people": ["ann"]}
    layers = [{"name": "base", "rotation": rotation}]
    config = given(schedules={"front": {"tz": "UTC", "layers": layers}})
    routing = {"mode": "offer", "on_shift": {"schedule": "front"}}
    team = {"members": ["bo"], "assignment": routing}
    found = said("teams", team, config, "second")
    assert "ever on call for front" in found["/assignment/on_shift/schedule"]


def test_who_leaves_and_is_meant_by_a_step_is_named():
    config = given(
        escalation_policies={"climb": escalation_policy(to({"team": "second"}))}
    )
    found = said("agents", TOLD | {"active": False}, config, "bo")
    assert found["/active"] == "is not active, and is meant by climb /steps/0"


def test_a_manager_who_is_gone_is_named():
    config = given(agents=PEOPLE | {"gone": TOLD | {"active": False}})
    found = said("agents", TOLD | {"manager": "gone"}, config)
    assert "gone is not active" in found["/manager"]


CHATTY = TOLD | {"notify": {"apprise": ["team-chat", "bridge"]}}


def knowing(*targets):
    return replace(given(), chat_targets=frozenset(targets))


def test_a_chat_tool_that_nobody_set_up_is_named():
    found = said("agents", CHATTY, knowing("team-chat"))
    assert found == {
        "/notify/apprise/1": "PLEDGE_NOTIFY_TARGETS has no target 'bridge'"
    }
    assert said("agents", CHATTY, knowing("team-chat", "bridge")) == {}


def test_chat_tools_are_warned_of_where_none_are_set_up():
    [(pointer, message)] = said("agents", CHATTY, knowing()).items()
    assert (pointer, "no chat targets are set up" in message) == (
        "/notify/apprise",
        True,
    )
    assert said("agents", TOLD, knowing()) == {}


def test_where_it_is_not_known_what_is_set_up_nothing_is_said():
    assert said("agents", CHATTY) == {}


HOOKED = TOLD | {"notify": {"webhook": "https://hooks.example/ann"}}


def test_a_webhook_to_which_nothing_is_ever_sent_is_named():
    config = replace(given(), url_refusal=lambda url: f"{url} is a private network")
    assert said("agents", HOOKED, config) == {
        "/notify/webhook": "nothing is sent there: https://hooks.example/ann is a"
        " private network"
    }
    assert said("agents", HOOKED, replace(config, url_refusal=lambda _: None)) == {}
    assert said("agents", HOOKED) == {}


# everything in force


def warned(config):
    found = config_warnings(config, OnCallBook(), NOON)
    return {(w.kind, w.name, w.pointer) for w in found}


def test_what_came_to_nothing_since_is_found_later():
    config = given(
        escalation_policies={"climb": escalation_policy(to({"agent": "bo"}))},
        sla_policies={"care": sla(escalation_policy="climb")},
    )
    assert warned(config) == set()
    left = published(config, "agents", "bo", PEOPLE["bo"] | {"active": False})
    assert ("escalation-policies", "climb", "/steps/0/targets/0/agent") in warned(left)


def test_esc_080_a_ladder_that_is_still_unused_is_found_later():
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


# conditions


def condition(**tests):
    errors = []
    made = parse_condition(tests, "", FIELDS, errors) if tests else Condition()
    assert errors == []
    return made


@pytest.mark.parametrize(
    ("narrow", "wide", "follows"),
    [
        ({"type": "a"}, {}, True),
        ({}, {"type": "a"}, False),
        ({"type": "a"}, {"type": ["a", "b"]}, True),
        ({"type": ["a", "b"]}, {"type": "a"}, False),
        ({"type": "a"}, {"type": {"not": ["b"]}}, True),
        ({"tags": "a"}, {"tags": {"not": ["b"]}}, False),
        ({"type": {"not": ["a", "b"]}}, {"type": {"not": ["a"]}}, True),
        ({"team": "a"}, {"team": {"set": True}}, True),
        ({"team": {"not": ["a"]}}, {"team": {"set": True}}, False),
        ({"team": {"set": False}}, {"team": {"set": False}}, True),
        ({"team": "a"}, {"team": {"set": False}}, False),
        ({"finished": {"not": [True]}}, {"finished": False}, True),
        ({"status": "closed"}, {"finished": True}, True),
        ({"finished": False}, {"status": ["open", "pending", "on_hold"]}, True),
        ({"finished": False}, {"status": "open"}, False),
        ({"attributes.n": {"at_least": 5}}, {"attributes.n": {"at_least": 3}}, True),
        ({"attributes.n": {"at_least": 3}}, {"attributes.n": {"at_least": 5}}, False),
        ({"attributes.n": 1}, {"attributes.n": True}, False),
    ],
)  # fmt: skip
def test_a_condition_follows_from_another_or_not(narrow, wide, follows):
    assert implies(condition(**narrow), condition(**wide)) is follows


def test_a_condition_on_two_states_at_once_holds_never():
    assert holds_never(condition(status="open", finished=True))
    assert not holds_never(condition(status="closed", finished=True))


@pytest.mark.parametrize(
    ("document", "mail", "warned"),
    [
        (TOLD, False, True),
        (TOLD, True, False),
        (TOLD, None, False),  # not known in this process
        (TOLD | {"notify": {"rules": [], "email": None}}, False, True),
        (
            TOLD
            | {
                "notify": {
                    "webhook": "https://hooks.example/ann",
                    "rules": [{"channel": "webhook"}],
                }
            },
            False,
            False,  # the address is there and no rule uses it
        ),
    ],
)
def test_an_address_is_warned_of_where_no_mail_server_is_set_up(document, mail, warned):
    found = said("agents", document, replace(given(), mail=mail))
    assert ("/email" in found) == warned
    assert not warned or "PLEDGE_SMTP_URL" in found["/email"]
