"""A ticket by when things took effect and by when they were recorded; what changed in
between; and the history by type, actor and time.
"""

from datetime import timedelta

import pytest

from tests.support.api_client import instant
from tests.support.json_patch import applied

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def broken(api, word):
    """A promise was broken at its due instant, which was recorded a little later."""
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1S"}}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = api.open_ticket(type=word)
    api.await_event(ticket, "sla.breached")
    return ticket


@pytest.fixture
def breach(api, broken):
    return next(e for e in api.history(broken) if e["type"] == "sla.breached")


@pytest.fixture
def moved(api, word):
    ticket = api.open_ticket(type=word, attributes={"a/b": {"m~n": [1, {"x": None}]}})
    api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"priority": "high"})
    attributes = {"a/b": {"m~n": [1]}, "new": None}
    api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"attributes": attributes})
    api.act(ticket, "resolve")
    return ticket


def broken_at(ticket):
    [clock] = ticket["clocks"]
    return clock["breached_at"]


def before(event, field):
    return (instant(event[field]) - MOMENT).isoformat()


def test_what_took_effect_may_not_have_been_known_yet(api, broken, breach):
    at = breach["occurred_at"]
    assert breach["recorded_at"] > at
    then = before(breach, "recorded_at")
    known = api.read(broken, as_of=at, known_at=then)
    assert (broken_at(known), broken_at(api.read(broken, as_of=at))) == (None, at)


def test_known_at_alone_shows_what_the_log_held_then(api, broken, breach):
    known = api.read(broken, known_at=breach["recorded_at"])
    assert known["version"] >= breach["version"]
    earlier = api.read(broken, known_at=before(breach, "recorded_at"))
    assert earlier["version"] < breach["version"]


def test_clocks_their_explanation_and_the_history_know_no_more(api, broken, breach):
    path, then = f"/v1/tickets/{broken['id']}", before(breach, "recorded_at")
    query = {"as_of": breach["occurred_at"], "known_at": then}
    clocks = api.get(f"{path}/clocks", params=query).json()["items"]
    explained = api.get(f"{path}/clocks/resolution/explain", params=query).json()
    history = api.get(f"{path}/history", params=query).json()["items"]
    assert [clock["breached_at"] for clock in clocks] == [None]
    assert explained["breach"] is None
    assert history[-1]["version"] < breach["version"]


@pytest.mark.parametrize("part", ["", "/history", "/clocks"])
@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        ("2001-01-01T00:00:00Z", "nothing was known of the ticket"),
        ("2999-01-01T00:00:00Z", "lies in the future"),
    ],
)
def test_a_time_at_which_nothing_was_known_is_named(api, moved, part, asked, answer):
    path = f"/v1/tickets/{moved['id']}{part}"
    refused = api.get(path, params={"known_at": asked})
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "?known_at")
    assert answer in error["message"]


def test_a_version_is_not_asked_for_by_what_was_known(api, moved):
    query = {"known_at": moved["created_at"], "at_version": 1}
    refused = api.get(f"/v1/tickets/{moved['id']}", params=query)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "?at_version")


# --- what changed ---------------------------------------------------------------------


def diff(api, ticket, **points):
    points = {name.rstrip("_"): point for name, point in points.items()}
    return api.get(f"/v1/tickets/{ticket['id']}/diff", params=points)


def test_the_changes_turn_one_version_of_a_ticket_into_the_other(api, moved):
    last = api.read(moved)["version"]
    versions = {v: api.read(moved, at_version=v) for v in range(1, last + 1)}
    for since, start in versions.items():
        for to in range(since, last + 1):
            found = diff(api, moved, from_=since, to=to).json()
            assert (found["from"], found["to"]) == (since, to)
            assert applied(start, found["changes"]) == versions[to]


def test_before_its_opening_there_was_no_ticket(api, moved):
    [made] = diff(api, moved, to=1).json()["changes"]
    assert (made["pointer"], made["before"], made["type"]) == (
        "",
        None,
        "ticket.opened",
    )
    assert made["after"] == api.read(moved, at_version=1)


def test_a_change_names_the_event_that_made_it(api, moved):
    event = next(
        e for e in api.history(moved) if e["type"] == "ticket.priority_changed"
    )
    changes = diff(api, moved, from_=1).json()["changes"]
    [made] = [c for c in changes if c["pointer"] == "/priority"]
    assert made == {
        "pointer": "/priority",
        "op": "replace",
        "before": "normal",
        "after": "high",
        "version": event["version"],
        "type": event["type"],
        "actor": event["actor"],
        "at": event["occurred_at"],
    }


def test_by_default_the_last_event_is_shown(api, moved):
    last = api.read(moved)["version"]
    found = diff(api, moved).json()
    assert (found["from"], found["to"]) == (last - 1, last)


def test_an_instant_names_the_version_that_was_current(api, moved):
    event = next(
        e for e in api.history(moved) if e["type"] == "ticket.priority_changed"
    )
    found = diff(
        api, moved, from_=before(event, "occurred_at"), to=event["occurred_at"]
    )
    changed = [c["pointer"] for c in found.json()["changes"]]
    assert found.json()["to"] == event["version"]
    assert "/priority" in changed


def test_from_before_its_opening_all_of_it_is_new(api, moved):
    found = diff(api, moved, from_="2001-01-01T00:00:00Z", to=1).json()
    assert (found["from"], len(found["changes"])) == (0, 1)


@pytest.mark.parametrize(
    ("points", "pointer", "message"),
    [
        ({"to": 4000}, "?to", "there is no version 4000"),
        ({"to": 0}, "?to", "there is no version 0"),
        ({"to": "2001-01-01T00:00:00Z"}, "?to", "before the ticket was opened"),
        ({"from_": 4000}, "?from", "there is no version 4000"),
        ({"from_": 2, "to": 1}, "?from", "comes after `to`"),
        ({"from_": "yesterday"}, "?from", "2026"),
        ({"from_": -1}, "?from", ""),
    ],
)
def test_a_point_that_does_not_exist_is_named(api, moved, points, pointer, message):
    refused = diff(api, moved, **points)
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, pointer)
    assert message in error["message"]


# --- the history, filtered ------------------------------------------------------------


def history(api, ticket, **query):
    query = {name.rstrip("_"): value for name, value in query.items()}
    answer = api.get(f"/v1/tickets/{ticket['id']}/history", params=query)
    assert answer.is_success, answer.text
    return answer.json()["items"]


def test_a_history_is_filtered_by_types_and_families(api, broken):
    whole = api.history(broken)
    found = history(api, broken, type="sla.*,ticket.opened")
    wanted = [
        e for e in whole if e["type"].startswith("sla.") or e["type"] == "ticket.opened"
    ]
    assert found == wanted
    assert len(found) > 2


def test_a_type_that_no_event_has_is_named(api, moved):
    refused = api.get(f"/v1/tickets/{moved['id']}/history?type=ticket.openend")
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["pointer"]) == (422, "?type")
    assert "ticket.opened" in error["message"]


def test_a_history_is_filtered_by_who_did_it(api, broken):
    whole = api.history(broken)
    [opening] = history(api, broken, type="ticket.opened")
    for who in (opening["actor"]["id"], opening["actor"]["key_id"]):
        assert opening in history(api, broken, actor=who)
    by_rules = history(api, broken, actor="pledge")
    assert by_rules == [e for e in whole if e["actor"]["id"] == "pledge"] != []
    assert history(api, broken, actor="nobody") == []


def test_a_history_is_filtered_by_when_things_took_effect(api, broken, breach):
    at, whole = breach["occurred_at"], api.history(broken)
    since = history(api, broken, from_=at)
    until = history(api, broken, to=at)
    assert until + since == whole
    assert breach in since
