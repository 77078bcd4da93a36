"""Nobody answers: warned, broken on time, climbed, handed on; each with its reason."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api_client import instant


@pytest.fixture
def ticket(api, team, word):
    """First answer within two seconds, or the team takes it a second later."""
    api.put("agents", f"{word}-ann", {"name": "Ann", "manager": f"{team}-bo"})
    steps = [
        {"after": "PT0S", "targets": [{"assignee": True}, {"manager_of": "assignee"}]},
        {"after": "PT1S", "targets": [{"team": team}], "reassign": {"team": team}},
    ]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT2S"}}
    policy = {"match": [rule], "warn_at": ["50%"], "escalation_policy": word}
    api.put("sla-policies", word, policy)
    opened = api.open_ticket(type=word)
    api.act(opened, "assign", agent=f"{word}-ann")
    return opened


def test_the_promise_is_warned_of_broken_and_climbs_in_this_order(api, ticket):
    api.await_event(ticket, "escalation.exhausted")
    rules = [t for t in api.types(ticket) if not t.startswith("ticket.")]
    assert rules == [
        "sla.matched",
        "escalation.pinned",
        "sla.attached",
        "sla.warned",
        "sla.breached",
        "escalation.started",
        "escalation.step_fired",
        "escalation.step_fired",
        "escalation.reassigned",
        "escalation.exhausted",
    ]


def test_the_breach_carries_its_exact_instant_and_is_recorded_within_a_moment(
    api, ticket
):
    breach = api.await_event(ticket, "sla.breached")
    due = instant(ticket["created_at"]) + timedelta(seconds=2)
    assert instant(breach["data"]["breach_at"]) == due
    lateness = instant(breach["recorded_at"]) - due
    assert timedelta(0) < lateness < timedelta(seconds=30)


def test_the_ticket_goes_to_the_least_loaded_of_the_team_and_says_why(
    api, ticket, team
):
    moved = api.await_event(ticket, "escalation.reassigned")["data"]
    assert (moved["from_agent"], moved["to_agent"]) == (f"{team}-ann", f"{team}-bo")
    assert {c["agent"]: c["reason"] for c in moved["candidates"]} == {
        f"{team}-bo": "least loaded",
        f"{team}-chen": "equally loaded, later by id",
    }
    assert api.read(ticket)["assignee"] == f"{team}-bo"


def test_each_event_names_the_event_that_caused_it(api, ticket):
    api.await_event(ticket, "escalation.exhausted")
    history = api.history(ticket)
    by_id = {f"{ticket['id']}/{e['version']}": e["type"] for e in history}
    causes = {e["type"]: by_id.get(e["causation_id"]) for e in history}
    assert causes["sla.attached"] == "ticket.opened"
    assert causes["sla.breached"] == "sla.attached"
    assert causes["escalation.started"] == "sla.breached"
    assert causes["escalation.step_fired"] == "escalation.started"
    assert causes["escalation.reassigned"] == "escalation.step_fired"


def test_a_climb_that_somebody_looks_after_names_no_next_instant(api, team, word):
    told = [{"team": team}]
    steps = [{"after": after, "targets": told} for after in ("PT0S", "PT1H")]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    api.await_event(ticket, "escalation.step_fired")
    climb = api.act(ticket, "acknowledge")["escalation"]
    assert (climb["state"], climb["next_step_at"]) == ("acknowledged", None)
    assert climb["until"]


def test_an_answer_in_time_keeps_the_promise_and_nothing_climbs(api, word):
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    api.answer_customer(ticket)
    assert api.types(ticket) == [
        "ticket.opened",
        "sla.matched",
        "sla.attached",
        "ticket.message_added",
        "sla.met",
    ]
    clock = api.clock(ticket, "first_response")
    assert (clock["state"], clock["verdict"], clock["lateness"]) == ("met", "met", None)


def test_an_answer_after_the_breach_is_judged_missed_with_its_overrun(api, ticket):
    api.await_event(ticket, "sla.breached")
    api.answer_customer(ticket)
    missed = api.await_event(ticket, "sla.missed")
    assert missed["data"]["overrun"] == api.clock(ticket, "first_response")["lateness"]
    assert api.await_event(ticket, "escalation.ended")["data"]["reason"] == "answered"


def test_the_answer_says_which_rule_gave_the_promise_and_who_said_no(api):
    customer = {"external_id": "c-1", "tier": "standard"}
    ticket = api.open_ticket(type="after_sales", customer=customer)
    clock, decision = ticket["clocks"][0], ticket["decision"]
    assert (clock["policy"]["name"], clock["rule"]) == ("after-sales", 1)
    assert decision["inputs"]["tier"] == "standard"
    asked = {
        (asked["policy"], asked["rule"]): asked["failed_field"]
        for asked in decision["asked"]
    }
    assert asked["after-sales", 0] == "tier"
    assert asked["after-sales", 1] is None


def test_a_step_that_waits_for_a_shift_is_taken_when_somebody_stands_in(
    api, team, word
):
    begin = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    rotation = {"start": begin, "unit": "week", "people": [f"{team}-bo"]}
    layers = [{"name": "base", "rotation": rotation, "from": begin}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})
    steps = [{"after": "PT0S", "targets": [{"on_call": word}]}]
    api.put("escalation-policies", word, {"steps": steps, "nobody": "hold P2D"})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    held = api.await_event(ticket, "escalation.waiting")["data"]
    assert held["until"].startswith(begin)
    hours = {"from": datetime.now(UTC).isoformat(), "to": f"{begin}:00Z"}
    override = {"kind": "add", "person": f"{team}-chen", "reason": "stands in"}
    api.ok("POST", f"/v1/schedules/{word}/overrides", override | hours)
    [told] = api.await_event(ticket, "escalation.step_fired")["data"]["chosen"]
    assert told["person"] == f"{team}-chen"


def test_a_step_that_waits_for_free_hands_is_taken_when_there_are_some(api, team, word):
    members = [f"{team}-bo"]
    api.put("agents", members[0], {"name": "Bo", "capacity": 1})
    api.put("teams", team, {"members": members})
    in_hand = api.act(api.open_ticket(), "assign", team=team, agent=members[0])
    position = api.history(in_hand)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    steps = [{"after": "PT0S", "targets": [{"least_loaded": team}]}]
    api.put("escalation-policies", word, {"steps": steps, "nobody": "hold P2D"})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    held = api.await_event(ticket, "escalation.waiting")["data"]
    assert [p["reason"] for p in held["excluded"]] == ["full: 1 of 1"]
    api.act(in_hand, "resolve")
    [told] = api.await_event(ticket, "escalation.step_fired")["data"]["chosen"]
    assert told["person"] == members[0]
