"""Refused calls are told at once and, when there are many, in a few sums."""

from datetime import timedelta

from domain.audit.denials import Denial, Gathering
from domain.event import SYSTEM, Actor
from tests.support.dsl import NOON

ANN = Actor(id="ann", kind="user")


def denial(key_id="k-1", route="/v1/keys", **changes):
    fields = {
        "key_id": key_id,
        "actor": ANN if key_id else None,
        "method": "GET",
        "route": route,
        "permission": "keys:manage",
        "reason": "forbidden" if key_id else "unknown_key",
        "request_id": "r-1",
    }
    return Denial(**fields | changes)


def at(seconds):
    return NOON + timedelta(seconds=seconds)


def flood(seconds, per_second=100, found=None):
    """As the loop does it that looks whenever something is due."""
    found, facts = found or Gathering(), []
    for step in range(seconds * per_second):
        now = at(step / per_second)
        while (due := found.next_due_at()) is not None and due <= now:
            facts += [fact for _, fact in found.take(due)]
        found.add(denial(), now)
    return found, facts


def test_the_first_is_due_at_once():
    found = Gathering()
    assert found.add(denial(), NOON)
    [(gathered, fact)] = found.take(NOON)
    assert (fact.key_id, fact.count, fact.since, fact.until) == ("k-1", 1, NOON, NOON)
    assert (gathered.actor, gathered.request_id) == (ANN, "r-1")


def test_the_next_of_the_same_key_waits_a_moment_and_one_of_another_key_does_not():
    found = Gathering()
    found.add(denial(), NOON)
    found.take(NOON)
    assert not found.add(denial(), at(0.5))
    assert found.add(denial("k-2"), at(0.5))
    assert [fact.key_id for _, fact in found.take(at(0.5))] == ["k-2"]
    assert [fact.key_id for _, fact in found.take(at(1))] == ["k-1"]


def test_a_flood_of_an_hour_is_some_seventy_events_and_no_call_is_missing():
    found, facts = flood(3600, per_second=20)
    facts += [fact for _, fact in found.take(None)]
    assert sum(fact.count for fact in facts) == 72_000
    assert len(facts) < 70
    assert facts[0].count == 1


def test_after_a_quiet_while_the_first_is_due_at_once_again():
    found, _ = flood(5)
    while (due := found.next_due_at()) is not None:
        found.take(due)
    assert found.add(denial(), at(100))


def test_each_route_is_named_with_its_calls():
    found = Gathering()
    found.add(denial(), NOON)
    found.take(NOON)
    for route in ("/v1/keys", "/v1/agents/{name}", "/v1/keys"):
        found.add(denial(route=route), at(0.5))
    [(_, fact)] = found.take(at(1))
    assert [(call.route, call.count) for call in fact.calls] == [
        ("/v1/keys", 2),
        ("/v1/agents/{name}", 1),
    ]


def test_an_event_stays_small_and_says_how_much_it_leaves_out():
    found = Gathering()
    for i in range(200):
        found.add(denial(route=f"/v1/{i}"), NOON)
    [(_, fact)] = found.take(NOON)
    assert (len(fact.calls), fact.count, fact.others) == (50, 200, 150)


def test_a_key_that_is_nobodys_has_no_actor_of_its_own():
    found = Gathering()
    found.add(denial(None), NOON)
    [(gathered, fact)] = found.take(NOON)
    assert (fact.key_id, gathered.actor) == (None, SYSTEM)


def test_what_could_not_be_recorded_is_told_later():
    found = Gathering()
    found.add(denial(), NOON)
    [late] = found.take(NOON)
    found.add(denial(request_id="r-2"), at(0.5))
    found.put_back(*late)
    [(gathered, fact)] = found.take(at(1))
    assert (fact.count, fact.since, fact.until) == (2, NOON, at(0.5))
    assert gathered.request_id == "r-1"
