"""A ticket from its opening to its end, and what each step does to its promises."""

from datetime import datetime, timedelta, timezone

import pytest

from tests.support.api_client import instant


def event(api, ticket, type_):
    return [e for e in api.history(ticket) if e["type"] == type_][-1]


@pytest.fixture
def promised(api, word):
    """Opens a ticket with these targets; a minute each where none is named."""

    def opened(**targets):
        targets = targets or {"first_response": "PT1M", "resolution": "PT1M"}
        policy = {"match": [{"when": {"type": word}, "targets": targets}]}
        api.put("sla-policies", word, policy)
        return api.open_ticket(type=word)

    return opened


# --- opening, messages, hands ---------------------------------------------------------


def test_a_ticket_shows_what_it_was_opened_with(api, word):
    given = {
        "subject": "Kalt \u2744\ufe0f",
        "channel": "phone",
        "type": word,
        "priority": "high",
        "customer": {
            "external_id": "c-9",
            "name": "\u5f20\u4f1f",
            "tier": "gold",
            "contacts": {"email": "a@b.example"},
        },
        "product_area": "heaters",
        "tags": ["cold", "e4"],
        "attributes": {"serial": 17},
    }
    ticket = api.open_ticket(**given)
    shown = api.read(ticket)
    assert {name: shown[name] for name in given} == given
    assert (shown["status"], shown["version"]) == ("open", ticket["version"])
    assert shown["number"] > 0


def test_a_ticket_that_happened_earlier_is_judged_from_then(api, word):
    targets = {"resolution": "PT1H"}
    policy = {"match": [{"when": {"type": word}, "targets": targets}]}
    api.put("sla-policies", word, policy)
    ago = datetime.now(timezone(timedelta(hours=8))) - timedelta(hours=2)
    ticket = api.open_ticket(type=word, occurred_at=ago.isoformat())
    assert instant(ticket["created_at"]) == ago
    breach = event(api, ticket, "sla.breached")
    assert instant(breach["occurred_at"]) == ago + timedelta(hours=1)


def test_an_agents_public_answer_keeps_the_first_response(api, promised):
    ticket = promised()
    api.answer_customer(ticket)
    assert api.clock(ticket, "first_response")["state"] == "met"
    assert api.clock(ticket, "resolution")["state"] == "running"


@pytest.mark.parametrize(
    ("kind", "visibility"), [("agent", "internal"), ("customer", "public"),
                             ("bot", "public"), ("system", "public")],
)  # fmt: skip
def test_nothing_else_that_is_written_counts_as_an_answer(
    api, promised, kind, visibility
):
    ticket = promised()
    author = {"kind": kind, "id": "ann"}
    api.act(ticket, "messages", author=author, body="...", visibility=visibility)
    assert api.clock(ticket, "first_response")["state"] == "running"


def test_a_ticket_is_put_into_hands(api, team):
    ticket = api.open_ticket()
    assert api.act(ticket, "assign", team=team)["team"] == team
    shown = api.act(ticket, "assign", agent=f"{team}-bo", reason="knows it")
    assert (shown["team"], shown["assignee"]) == (team, f"{team}-bo")


def test_acknowledging_stops_the_climb_until_it_expires(api, team, word):
    steps = [
        {"targets": [{"team": team}]},
        {"after": "PT1H", "targets": [{"team": team}]},
    ]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    api.await_event(ticket, "escalation.step_fired")
    assert api.read(ticket)["escalation"]["state"] == "running"
    shown = api.act(ticket, "acknowledge")
    assert shown["acknowledged_by"] == "admin"
    assert shown["escalation"]["state"] == "acknowledged"
    assert shown["escalation"]["acknowledged_by"] == "admin"
    assert shown["escalation"]["until"] is not None
    assert event(api, ticket, "escalation.acknowledged")["causation_id"] == (
        f"{ticket['id']}/{event(api, ticket, 'ticket.acknowledged')['version']}"
    )


def test_a_step_can_be_forced_by_hand_and_the_history_says_by_whom(api, team, word):
    steps = [{"after": "PT1H", "targets": [{"team": team}]}]
    api.put("escalation-policies", word, {"steps": steps})
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule], "escalation_policy": word})
    ticket = api.open_ticket(type=word)
    shown = api.act(ticket, "escalate", reason="at the door", to_step=0)
    assert shown["escalation"]["steps_fired"] == 1
    forced = event(api, ticket, "escalation.forced")["data"]
    assert (forced["by"], forced["reason"]) == ("admin", "at the door")


def test_a_step_that_is_not_there_cannot_be_forced(api):
    ticket = api.open_ticket(type="after_sales")
    path = f"/v1/tickets/{ticket['id']}/escalate"
    answer = api.post(path, json={"reason": "r", "to_step": 9})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/to_step"


# --- pauses ---------------------------------------------------------------------------


def test_a_pause_stops_the_resolution_and_only_that(api, promised):
    ticket = promised()
    shown = api.act(ticket, "pause", reason="waiting for a photo")
    assert shown["status"] == "pending"
    assert shown["pause"]["reason"] == "waiting for a photo"
    clocks = {c["metric"]: (c["state"], c["due_at"]) for c in shown["clocks"]}
    assert clocks["resolution"] == ("paused", None)
    assert clocks["first_response"][0] == "running"


def test_a_pause_moves_the_due_instant_by_exactly_its_length(api, promised):
    ticket = promised()
    due = instant(api.clock(ticket, "resolution")["due_at"])
    api.act(ticket, "pause", reason="waiting", waiting_for="third_party")
    assert api.read(ticket)["status"] == "on_hold"
    assert api.act(ticket, "resume")["status"] == "open"
    began, ended = (
        instant(event(api, ticket, f"ticket.{what}")["occurred_at"])
        for what in ("paused", "resumed")
    )
    assert instant(api.clock(ticket, "resolution")["due_at"]) == due + (ended - began)


def test_a_paused_clock_does_not_count(api, promised):
    ticket = promised()
    api.act(ticket, "pause", reason="waiting")
    later = [api.clock(ticket, "resolution")["elapsed"] for _ in "12"]
    assert later[0] == later[1]


def test_a_pause_with_an_end_goes_on_by_itself_at_that_instant(api, promised):
    ticket = promised()
    due = instant(api.clock(ticket, "resolution")["due_at"])
    until = datetime.now().astimezone() + timedelta(seconds=3)
    api.act(ticket, "pause", reason="back soon", until=until.isoformat())
    resumed = api.await_event(ticket, "ticket.resumed")
    assert instant(resumed["occurred_at"]) == until
    assert resumed["actor"]["kind"] == "system"
    paused = instant(event(api, ticket, "ticket.paused")["occurred_at"])
    asleep = until - paused
    assert instant(api.clock(ticket, "resolution")["due_at"]) == due + asleep


def test_the_customers_answer_ends_the_waiting_for_it(api, promised):
    ticket = promised()
    api.act(ticket, "pause", reason="waiting for a photo")
    author = {"kind": "customer", "id": "c-1"}
    shown = api.act(ticket, "messages", author=author, body="Here it is.")
    assert (shown["status"], shown["pause"]) == ("open", None)
    assert event(api, ticket, "ticket.resumed")["actor"]["kind"] == "system"


# --- changes --------------------------------------------------------------------------


def test_a_priority_that_a_rule_asks_for_restates_the_promise(api, word):
    rules = [
        {"when": {"type": word, "priority": ["high", "urgent"]},
         "targets": {"resolution": "PT1H"}},
        {"when": {"type": word}, "targets": {"resolution": "PT4H"}},
    ]  # fmt: skip
    api.put("sla-policies", word, {"match": rules})
    ticket = api.open_ticket(type=word)
    api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"priority": "urgent"})
    changed = event(api, ticket, "ticket.priority_changed")
    assert (changed["data"]["old"], changed["data"]["new"]) == ("normal", "urgent")
    restated = event(api, ticket, "sla.restated")
    assert restated["causation_id"] == f"{ticket['id']}/{changed['version']}"
    assert restated["data"]["new_target"] == "PT1H"
    clock = api.clock(ticket, "resolution")
    assert (clock["rule"], clock["target"]) == (0, "PT1H")


def test_the_rule_that_the_source_documents_give_is_there_at_first_start(api):
    assert api.open_ticket(type="after_sales")["clocks"][0]["target"] == "PT30M"
    customer = {"external_id": "c-1", "tier": "key_account"}
    key_account = api.open_ticket(type="after_sales", customer=customer)
    assert key_account["clocks"][0]["target"] == "PT15M"


def test_a_tier_that_changes_in_flight_recomputes_from_the_start_and_records_both(api):
    ticket = api.open_ticket(type="after_sales")
    shown = api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"tier": "key_account"})
    changed = event(api, ticket, "ticket.tier_changed")
    restated = event(api, ticket, "sla.restated")
    assert (changed["data"]["old"], changed["data"]["new"]) == (
        "standard",
        "key_account",
    )
    data = restated["data"]
    assert (data["metric"], data["rule_of_change"]) == ("first_response", "from_start")
    assert (data["old_target"], data["new_target"]) == ("PT30M", "PT15M")
    opened = instant(ticket["created_at"])
    assert instant(data["old_due_at"]) == opened + timedelta(minutes=30)
    assert instant(data["new_due_at"]) == opened + timedelta(minutes=15)
    due = {c["metric"]: instant(c["due_at"]) - opened for c in shown["clocks"]}
    assert due == {
        "first_response": timedelta(minutes=15),
        "resolution": timedelta(hours=8),
    }


def test_changed_fields_are_recorded_with_what_they_were(api):
    ticket = api.open_ticket(attributes={"a": 1}, tags=["x"])
    change = {"subject": "Hot", "tags": ["y"], "attributes": {"a": True}}
    shown = api.ok("PATCH", f"/v1/tickets/{ticket['id']}", change)
    assert {name: shown[name] for name in change} == change
    data = event(api, ticket, "ticket.updated")["data"]
    assert data["changed"] == list(change)
    assert {name: data["new"][name] for name in change} == change
    assert data["old"]["attributes"] == {"a": 1}


def test_a_change_that_changes_nothing_adds_nothing(api):
    ticket = api.open_ticket(tags=["x"])
    same = {"subject": ticket["subject"], "tags": ["x"], "priority": "normal"}
    shown = api.ok("PATCH", f"/v1/tickets/{ticket['id']}", same)
    assert shown["version"] == ticket["version"]


# --- the end, and again ---------------------------------------------------------------


def test_resolving_gives_the_verdicts_and_closing_ends_it(api, promised):
    ticket = promised()
    api.answer_customer(ticket)
    shown = api.act(ticket, "resolve", code="fixed", note="Pump replaced.")
    assert shown["status"] == "resolved"
    assert {c["verdict"] for c in shown["clocks"]} == {"met"}
    assert api.act(ticket, "close")["status"] == "closed"
    assert shown["resolved_at"] is not None


def test_a_reopened_ticket_goes_on_with_the_time_it_had_used(api, promised):
    ticket = promised(resolution="PT1H")
    before = api.act(ticket, "resolve")["clocks"][-1]
    after = api.act(ticket, "reopen", reason="cold again")
    assert (after["status"], after["reopen_count"]) == ("open", 1)
    clock = after["clocks"][-1]
    assert (clock["state"], clock["elapsed"]) == ("running", before["elapsed"])
    reopened = instant(event(api, ticket, "ticket.reopened")["occurred_at"])
    asleep = reopened - instant(before["stopped_at"])
    assert instant(clock["due_at"]) == instant(before["due_at"]) + asleep


def test_a_promise_that_was_missed_starts_afresh_when_reopened(api, promised):
    ticket = promised(resolution="PT0.2S")
    api.await_event(ticket, "sla.breached")
    assert api.act(ticket, "resolve")["clocks"][-1]["verdict"] == "missed"
    shown = api.act(ticket, "reopen", reason="cold again")
    assert [(c["cycle"], c["state"]) for c in shown["clocks"]] == [
        (1, "missed"),
        (2, "running"),
    ]
    clock = shown["clocks"][-1]
    assert clock["started_at"] == event(api, ticket, "ticket.reopened")["occurred_at"]


@pytest.mark.parametrize("end", ["resolve", "close"])
def test_a_customer_who_writes_again_reopens(api, end):
    ticket = api.open_ticket()
    api.act(ticket, end)
    author = {"kind": "customer", "id": "c-1"}
    shown = api.act(ticket, "messages", author=author, body="Cold again!")
    assert (shown["status"], shown["reopen_count"]) == ("open", 1)


@pytest.mark.parametrize(
    ("before", "action", "body"),
    [
        ([], "resume", {}),
        ([], "reopen", {"reason": "x"}),
        (["pause"], "pause", {"reason": "x"}),
        (["resolve"], "resolve", {}),
        (["resolve"], "pause", {"reason": "x"}),
        (["resolve"], "acknowledge", {}),
        (["close"], "close", {}),
        (["close"], "resolve", {}),
        (["close"], "assign", {"team": "{team}"}),
    ],
)
def test_what_cannot_be_done_now_is_refused_and_changes_nothing(
    api, team, before, action, body
):
    ticket = api.open_ticket()
    for step in before:
        api.act(ticket, step, **({"reason": "x"} if step == "pause" else {}))
    recorded = api.types(ticket)
    body = {k: v.format(team=team) for k, v in body.items()}
    refused = api.post(f"/v1/tickets/{ticket['id']}/{action}", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")
    assert api.types(ticket) == recorded


def test_a_closed_ticket_cannot_be_changed(api):
    ticket = api.open_ticket()
    api.act(ticket, "close")
    refused = api.patch(f"/v1/tickets/{ticket['id']}", json={"subject": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "invalid_state")


def test_what_the_customer_says_of_the_product_is_captured(api):
    ticket = api.open_ticket(product_area="heaters")
    shown = api.act(ticket, "feedback", text="Too loud", kind="complaint")
    assert shown["feedback_count"] == 1
    data = event(api, ticket, "feedback.captured")["data"]
    assert (data["text"], data["product_area"]) == ("Too loud", "heaters")
