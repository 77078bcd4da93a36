"""Ops edit a policy or a calendar: which running clocks follow, and what is said."""

import pytest

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALL_DAY = {"tz": "UTC", "hours": {day: [["00:00", "24:00"]] for day in DAYS}}
HALF_DAY = {"tz": "UTC", "hours": {day: [["00:00", "12:00"]] for day in DAYS}}


def policy(word, target="P2D", **more):
    rule = {"when": {"type": word}, "targets": {"resolution": target}}
    return {"match": [rule], "order": 0, **more}


@pytest.fixture
def ticket(api, word):
    """Promised by a calendar that is open round the clock."""
    api.put("calendars", word, ALL_DAY)
    api.put("sla-policies", word, policy(word, calendar=word))
    return api.open_ticket(type=word)


def test_a_calendar_that_changes_moves_the_deadlines_of_running_clocks(
    api, ticket, word
):
    before = api.clock(ticket, "resolution")["due_at"]
    api.put("calendars", word, HALF_DAY)
    restated = api.await_event(ticket, "sla.restated")["data"]
    assert restated["old_due_at"] == before
    assert restated["new_due_at"] > before
    assert api.clock(ticket, "resolution")["calendar"]["version"] == 2


def test_a_policy_that_pins_its_calendar_is_left_alone(api, word):
    api.put("calendars", word, ALL_DAY)
    pinned = policy(word, calendar=word, on_change={"calendar_edit": "pinned"})
    api.put("sla-policies", word, pinned)
    ticket = api.open_ticket(type=word)
    moving = f"{word}-moving"
    api.put("sla-policies", moving, policy(moving, calendar=word))
    witness = api.open_ticket(type=moving)
    api.put("calendars", word, HALF_DAY)
    api.await_event(witness, "sla.restated")
    assert "sla.restated" not in api.types(ticket)


def test_a_policy_that_changes_is_pinned_unless_it_says_otherwise(api, ticket, word):
    api.put("sla-policies", word, policy(word, "P1D", calendar=word))
    preview = api.ok("POST", f"/v1/sla-policies/{word}/restate/preview")
    assert preview["clocks"] == 1  # nothing followed by itself
    assert "sla.restated" not in api.types(ticket)


def test_a_policy_that_asks_for_it_reaches_running_clocks(api, ticket, word):
    restating = policy(word, "P1D", calendar=word, on_change={"policy_edit": "restate"})
    api.put("sla-policies", word, restating)
    restated = api.await_event(ticket, "sla.restated")["data"]
    assert (restated["old_target"], restated["new_target"]) == ("P2D", "P1D")


def test_the_preview_says_what_would_become_of_which_clock(api, ticket, word):
    api.put("sla-policies", word, policy(word, "P1D", calendar=word))
    [change] = api.ok("POST", f"/v1/sla-policies/{word}/restate/preview")["changes"]
    assert (change["ticket_id"], change["metric"]) == (ticket["id"], "resolution")
    assert change["old_due_at"] == ticket["clocks"][0]["due_at"]
    assert change["new_due_at"] < change["old_due_at"]


def test_an_order_to_restate_is_carried_out_and_carries_its_reason(api, ticket, word):
    api.put("sla-policies", word, policy(word, "P1D", calendar=word))
    api.ok("POST", f"/v1/sla-policies/{word}/restate", {"reason": "new contract"})
    event = api.await_event(ticket, "sla.restated")
    assert event["data"]["reason"] == "new contract"
    assert event["actor"]["id"] == "admin"


def test_there_is_nothing_to_restate_by_a_policy_that_was_never_there(api):
    answer = api.post("/v1/sla-policies/nobody/restate", json={"reason": "r"})
    assert answer.status_code == 404
