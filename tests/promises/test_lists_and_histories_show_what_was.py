"""Lists with filters and pages; a ticket at any moment; each event with who and why."""

from datetime import datetime, timedelta

import pytest


@pytest.fixture
def listed(api):
    """The ids on the pages of a list that has seen the last write."""

    def ids(**query):
        seen = api.get("/v1/events", params={"limit": 1}).json()["next_cursor"]
        query.setdefault("wait_for", max(int(seen), query.pop("position", 0)))
        answer = api.get("/v1/tickets", params=query)
        assert answer.is_success, answer.text
        return [item["id"] for item in answer.json()["items"]]

    return ids


@pytest.fixture
def floor(api, team, word):
    """Three tickets that differ in everything there is a filter for."""
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    plain = api.open_ticket(type=f"{word}-plain", subject=f"{word} plain")
    gold = api.open_ticket(
        type=word,
        subject=f"{word} Gold 100%_",
        priority="urgent",
        customer={"external_id": "g", "tier": f"{word}-gold"},
    )
    done = api.open_ticket(type=word, subject=f"{word} done")
    api.act(gold, "assign", team=team, agent=f"{team}-bo")
    answer = api.post(f"/v1/tickets/{done['id']}/resolve")
    return {
        "plain": plain["id"],
        "gold": gold["id"],
        "done": done["id"],
        "position": int(answer.headers["Pledge-Position"]),
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"q": "{word}"}, ["done", "gold", "plain"]),
        ({"q": "{word} gOLD"}, ["gold"]),
        ({"q": "100%_"}, ["gold"]),
        ({"q": "{word}", "status": "open"}, ["gold", "plain"]),
        ({"q": "{word}", "status": "resolved"}, ["done"]),
        ({"team": "{word}"}, ["gold"]),
        ({"assignee": "{word}-bo"}, ["gold"]),
        ({"tier": "{word}-gold"}, ["gold"]),
        ({"q": "{word}", "priority": "urgent"}, ["gold"]),
        ({"type": "{word}"}, ["done", "gold"]),
        ({"q": "{word}", "clock_state": "met"}, ["done"]),
        ({"q": "{word}", "clock_state": "running"}, ["gold"]),
        ({"q": "{word}", "due_before": "2999-01-01T00:00:00+08:00"}, ["gold"]),
        ({"q": "{word}", "due_before": "2000-01-01T00:00:00Z"}, []),
        ({"type": "{word}", "team": "{word}", "status": "resolved"}, []),
    ],
)
def test_each_filter_finds_what_it_says_newest_first(
    listed, floor, word, query, expected
):
    query = {name: value.replace("{word}", word) for name, value in query.items()}
    found = listed(position=floor["position"], **query)
    mine = [i for i in found if i in floor.values()]
    assert mine == [floor[name] for name in expected]


def test_pages_show_each_ticket_once_also_while_more_come_in(api, listed, word):
    made = [api.open_ticket(type=word)["id"] for _ in range(5)]
    listed(type=word, wait_for=api.history(made[-1])[-1]["position"])
    seen, cursor = [], None
    while True:
        query = {"type": word, "limit": 2} | ({"cursor": cursor} if cursor else {})
        page = api.get("/v1/tickets", params=query).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        api.open_ticket(type=word)
    assert seen == made[::-1]


def test_a_list_waits_for_what_the_caller_wrote(api, listed, word):
    for _ in range(5):
        answer = api.post(
            "/v1/tickets",
            json={"subject": "s", "body": "b", "channel": "web", "type": word,
                  "customer": {"external_id": "c"}},
        )  # fmt: skip
        position = int(answer.headers["Pledge-Position"])
        assert answer.json()["id"] in listed(type=word, wait_for=position)


def test_a_position_that_does_not_exist_is_not_waited_for(api):
    answer = api.get("/v1/tickets?wait_for=4000000000000")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "the log ends at" in answer.json()["detail"]


# --- a ticket as it was ---------------------------------------------------------------


@pytest.fixture
def moved(api, word):
    """Opened, put on high, resolved."""
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"priority": "high"})
    api.act(ticket, "resolve")
    return ticket


def test_a_ticket_is_shown_as_of_any_instant(api, moved):
    history = {e["type"]: e for e in api.history(moved)}
    for type_, status, priority in [
        ("ticket.opened", "open", "normal"),
        ("ticket.priority_changed", "open", "high"),
        ("sla.met", "resolved", "high"),
    ]:
        shown = api.read(moved, as_of=history[type_]["occurred_at"])
        assert (shown["status"], shown["priority"]) == (status, priority)


def test_a_clock_as_of_an_instant_shows_the_time_used_until_then(api, moved):
    at = datetime.fromisoformat(moved["created_at"]) + timedelta(microseconds=1)
    query = {"as_of": at.isoformat()}
    [clock] = api.get(f"/v1/tickets/{moved['id']}/clocks", params=query).json()["items"]
    assert (clock["state"], clock["elapsed"]) == ("running", "PT0.000001S")


@pytest.mark.parametrize("part", ["", "/history", "/clocks"])
def test_of_a_time_before_it_was_opened_the_answer_names_the_opening(api, moved, part):
    path = f"/v1/tickets/{moved['id']}{part}"
    asked = api.get(path, params={"as_of": "2001-01-01T00:00:00Z"})
    opened = moved["created_at"].replace("Z", "+00:00")
    [error] = asked.json()["errors"]
    assert (asked.status_code, error["pointer"]) == (422, "?as_of")
    assert f"before the ticket was opened, at {opened}" in error["message"]


@pytest.mark.parametrize("part", ["", "/history", "/clocks"])
def test_of_the_future_nothing_is_made_up(api, moved, part):
    path = f"/v1/tickets/{moved['id']}{part}"
    asked = api.get(path, params={"as_of": "2999-01-01T00:00:00Z"})
    [error] = asked.json()["errors"]
    assert (asked.status_code, error["pointer"]) == (422, "?as_of")
    assert "lies in the future" in error["message"]


def test_a_moment_is_named_in_one_way_only(api, moved):
    query = {"as_of": moved["created_at"], "at_version": 1}
    asked = api.get(f"/v1/tickets/{moved['id']}", params=query)
    assert (asked.status_code, asked.json()["code"]) == (422, "invalid")


def test_a_ticket_is_shown_at_each_of_its_versions(api, moved):
    last = api.read(moved)["version"]
    shown = [api.read(moved, at_version=v) for v in range(1, last + 1)]
    assert [t["version"] for t in shown] == list(range(1, last + 1))
    assert [t["priority"] for t in shown][2:4] == ["normal", "high"]
    beyond = api.get(f"/v1/tickets/{moved['id']}?at_version={last + 1}")
    [error] = beyond.json()["errors"]
    assert (beyond.status_code, error["pointer"]) == (422, "?at_version")
    assert f"the ticket is at version {last}" in error["message"]


# --- the history ----------------------------------------------------------------------


def test_a_history_is_complete_and_in_order(api, moved):
    history = api.history(moved)
    assert [e["version"] for e in history] == list(range(1, len(history) + 1))
    positions = [e["position"] for e in history]
    assert positions == sorted(positions)
    assert all(e["recorded_at"] >= e["occurred_at"] for e in history)


def test_a_history_comes_in_pages_too(api, moved):
    path, seen, cursor = f"/v1/tickets/{moved['id']}/history", [], "0"
    while cursor is not None:
        page = api.ok("GET", f"{path}?limit=2&cursor={cursor}")
        seen += page["items"]
        cursor = page["next_cursor"]
    assert seen == api.history(moved)


def test_a_history_ends_at_the_moment_that_was_asked_for(api, moved):
    whole = api.history(moved)
    changed = next(e for e in whole if e["type"] == "ticket.priority_changed")
    query = {"as_of": changed["occurred_at"]}
    shown = api.get(f"/v1/tickets/{moved['id']}/history", params=query).json()["items"]
    assert shown == whole[: changed["version"]]


def test_the_callers_request_id_runs_through_all_that_came_of_it(api, word):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    path = f"/v1/tickets/{ticket['id']}/resolve"
    api.post(path, headers={"X-Request-Id": f"req-{word}"})
    caused = [e for e in api.history(ticket) if e["correlation_id"] == f"req-{word}"]
    assert [e["type"] for e in caused] == ["ticket.resolved", "sla.met"]
    assert len({e["command_id"] for e in caused}) == 1


def test_an_event_names_the_command_or_the_event_that_led_to_it(api, moved):
    resolved, met = api.history(moved)[-2:]
    assert resolved["causation_id"] == resolved["command_id"]
    assert met["causation_id"] == f"{moved['id']}/{resolved['version']}"


def test_people_act_and_rules_act_and_the_history_tells_them_apart(api, moved):
    actors = {e["type"]: e["actor"] for e in api.history(moved)}
    assert actors["ticket.resolved"]["id"] == "admin"
    for type_ in ("sla.attached", "sla.met"):
        assert (actors[type_]["id"], actors[type_]["kind"]) == ("pledge", "system")


def test_a_message_sent_in_for_somebody_names_both(api):
    ticket = api.open_ticket()
    api.answer_customer(ticket, agent="ann")
    actor = api.history(ticket)[-1]["actor"]
    assert (actor["id"], actor["on_behalf_of"]) == ("admin", "ann")


def test_what_a_rule_made_carries_the_exact_version_of_the_policy(api, moved, word):
    published = api.ok("GET", f"/v1/sla-policies/{word}")
    expected = {"name": word, "version": 1, "sha256": published["sha256"]}
    history = api.history(moved)
    assert [p["policy"] for p in history[1]["data"]["promises"]] == [expected]
    made = [e for e in history[2:] if e["type"].startswith("sla.")]
    assert [e["policy"] for e in made] == [expected] * len(made)


def test_the_decision_is_recorded_with_its_inputs_and_every_rule_that_said_no(
    api, word
):
    rules = [
        {"when": {"type": word, "tier": "gold"}, "targets": {"resolution": "PT1H"}},
        {"when": {"type": word, "channel": ["web", "chat"]},
         "targets": {"resolution": "PT2H"}},
        {"when": {"type": word}, "targets": {"resolution": "PT3H"}},
    ]  # fmt: skip
    api.put("sla-policies", word, {"match": rules, "order": 0})
    ticket = api.open_ticket(type=word)
    history = {e["type"]: e["data"] for e in api.history(ticket)}
    decision = history["sla.matched"]["decision"]
    wanted = {
        "type": word, "channel": "email", "tier": "standard", "priority": "normal"
    }  # fmt: skip
    assert wanted.items() <= decision["inputs"].items()
    asked = [a for a in decision["asked"] if a["policy"] == word]
    assert [(a["rule"], a["failed_field"]) for a in asked] == [
        (0, "tier"),
        (1, "channel"),
        (2, None),
    ]
    assert history["sla.attached"]["rule"] == 2


def test_that_nobody_promised_anything_is_recorded_with_every_refusal(api, word):
    rule = {"when": {"type": f"{word}-other"}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    event = api.history(ticket)[-1]
    assert event["type"] == "sla.not_matched"
    asked = event["data"]["decision"]["asked"]
    assert {"policy": word, "version": 1, "rule": 0, "failed_field": "type"} in asked
    assert all(a["failed_field"] for a in asked)
