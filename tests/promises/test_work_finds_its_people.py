"""A ticket of a team is offered to its people one after the other; when nobody is free
it waits in sight, and who becomes free gets what waits for longest.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.api_client import eventually


@pytest.fixture
def asking(api, team):
    """The team of bo and chen, with room for one ticket each; it asks first."""
    for name in ("bo", "chen"):
        api.put("agents", f"{team}-{name}", {"name": name.title(), "capacity": 1})
    members = [f"{team}-bo", f"{team}-chen"]
    api.put("teams", team, {"members": members, "assignment": {"mode": "offer"}})
    return team


@pytest.fixture
def queued(api, asking):
    def open_one(**fields):
        return api.act(api.open_ticket(**fields), "assign", team=asking)

    return open_one


def offered_to(api, ticket):
    """Who is asked, as soon as somebody is."""

    def found():
        offer = api.read(ticket)["offer"]
        return offer and offer["agent"]

    return eventually(found, 15)


def waits(api, team, ticket):
    def found():
        items = api.ok("GET", f"/v1/queues/{team}")["items"]
        return [i for i in items if i["ticket_id"] == ticket["id"] and i["reason"]]

    return eventually(found, 15)[0]


def test_it_is_offered_declined_offered_again_and_accepted(api, queued, asking):
    ticket = queued()
    bo, chen = f"{asking}-bo", f"{asking}-chen"
    assert (ticket["offer"]["agent"], ticket["assignee"]) == (bo, None)
    declined = api.act(ticket, "decline", agent=bo, reason="at the doctor's")
    assert declined["offer"]["agent"] == chen
    assert declined["queued_at"] == ticket["queued_at"]
    taken = api.act(ticket, "accept", agent=chen)
    assert (taken["assignee"], taken["offer"]) == (chen, None)
    [event] = [e for e in api.history(ticket) if e["type"] == "assignment.accepted"]
    assert event["actor"]["on_behalf_of"] == chen


def test_esc_098_of_two_who_accept_at_once_one_wins(api, queued, asking):
    path, body = f"/v1/tickets/{queued()['id']}/accept", {"agent": f"{asking}-bo"}
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: api.post(path, json=body), range(4)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409, 409]


def test_who_becomes_free_gets_what_waits_for_longest(api, queued, asking):
    held = [
        api.act(t, "accept", agent=t["offer"]["agent"]) for t in (queued(), queued())
    ]
    assert {t["assignee"] for t in held} == {f"{asking}-bo", f"{asking}-chen"}
    first, second = queued(), queued()
    assert waits(api, asking, first)["queued_at"] == first["queued_at"]
    waits(api, asking, second)
    api.act(held[0], "resolve")
    assert offered_to(api, first) == held[0]["assignee"]
    assert api.read(second)["offer"] is None


def test_esc_106_each_ticket_of_who_is_gone_has_its_event_and_a_new_offer(
    api, queued, asking
):
    bo, chen = f"{asking}-bo", f"{asking}-chen"
    ticket = api.act(queued(), "accept", agent=bo)
    api.put("agents", bo, {"name": "Bo", "active": False})
    assert offered_to(api, ticket) == chen
    gone = api.await_event(ticket, "assignment.revoked")["data"]
    assert (gone["agent"], gone["reason"]) == (bo, "not active")


def test_a_leave_takes_the_work_away_when_it_begins(api, queued, asking):
    bo, chen = f"{asking}-bo", f"{asking}-chen"
    ticket = api.act(queued(), "accept", agent=bo)
    begin = datetime.now(UTC) + timedelta(seconds=1)
    hours = {"from": begin.isoformat(), "to": (begin + timedelta(hours=1)).isoformat()}
    api.ok("POST", f"/v1/agents/{bo}/leaves", hours)
    assert offered_to(api, ticket) == chen
    gone = api.await_event(ticket, "assignment.revoked")
    assert datetime.fromisoformat(gone["occurred_at"]) >= begin


def test_who_does_not_answer_in_time_is_passed_over(api, team):
    members = [f"{team}-bo", f"{team}-chen"]
    terms = {"mode": "offer", "offer_timeout": "PT1S"}
    api.put("teams", team, {"members": members, "assignment": terms})
    ticket = api.act(api.open_ticket(), "assign", team=team)
    passed = api.await_event(ticket, "assignment.offer_expired")
    assert passed["data"]["agent"] == ticket["offer"]["agent"]
    assert passed["occurred_at"] == ticket["offer"]["expires_at"]


def test_a_round_robin_goes_on_where_the_last_ticket_left_it(api, team):
    members = [f"{team}-bo", f"{team}-chen"]
    terms = {"mode": "direct", "strategy": "round_robin"}
    api.put("teams", team, {"members": members, "assignment": terms})
    tickets = [api.act(api.open_ticket(), "assign", team=team) for _ in range(3)]
    assert [t["assignee"] for t in tickets] == [*members, members[0]]


def test_who_had_the_customer_before_has_the_next_one_too(api, team, word):
    members = [f"{team}-bo", f"{team}-chen"]
    terms = {"mode": "direct", "affinity": ["customer"]}
    api.put("teams", team, {"members": members, "assignment": terms})
    customer = {"external_id": word}
    first = api.open_ticket(customer=customer)
    api.act(first, "assign", agent=members[1])
    position = api.history(first)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    again = api.act(api.open_ticket(customer=customer), "assign", team=team)
    assert again["assignee"] == members[1]
    other = api.act(api.open_ticket(), "assign", team=team)
    assert other["assignee"] == members[0]


def test_a_call_fills_an_agent_and_letters_do_not(api, team):
    for name in ("bo", "chen"):
        api.put("agents", f"{team}-{name}", {"name": name.title(), "capacity": 3})
    members = [f"{team}-bo", f"{team}-chen"]
    terms = {"mode": "direct", "weights": {"phone": 3}}
    api.put("teams", team, {"members": members, "assignment": terms})

    def opened(channel):
        ticket = api.open_ticket(channel=channel)
        return api.act(ticket, "assign", team=team)["assignee"]

    assert opened("phone") == members[0]
    assert [opened("email") for _ in range(3)] == [members[1]] * 3
    assert opened("email") is None


def test_who_is_off_shift_is_given_nothing_and_it_says_until_when(api, team, word):
    begin = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    rotation = {"start": begin, "unit": "week", "people": [f"{team}-bo"]}
    layers = [{"name": "base", "rotation": rotation, "from": begin}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})
    terms = {"mode": "offer", "on_shift": {"schedule": word}}
    document = {"members": [f"{team}-bo"], "assignment": terms}
    api.put("teams", team, document)
    ticket = api.act(api.open_ticket(), "assign", team=team)
    waiting = api.await_event(ticket, "assignment.waiting")["data"]
    assert [c["reason"] for c in waiting["candidates"]] == ["off shift"]
    assert waiting["again_at"].startswith(begin)


def test_who_must_not_deal_with_a_customer_is_passed_over_and_refused(api, team, word):
    api.put("agents", f"{team}-bo", {"name": "Bo", "conflicts": [word]})
    members = [f"{team}-bo", f"{team}-chen"]
    api.put("teams", team, {"members": members, "assignment": {"mode": "direct"}})
    ticket = api.open_ticket(customer={"external_id": word})
    given = api.act(ticket, "assign", team=team)
    assert given["assignee"] == members[1]
    path = f"/v1/tickets/{ticket['id']}/assign"
    refused = api.post(path, json={"agent": members[0]})
    assert refused.status_code == 422
    assert "conflict of interest" in refused.json()["errors"][0]["message"]


def test_what_somebody_had_who_is_gone_is_seen_to_be_nobody_s_where_all_is_by_hand(
    api, team
):
    bo = f"{team}-bo"
    ticket = api.act(api.open_ticket(), "assign", team=team, agent=bo)
    api.ok("GET", f"/v1/tickets?wait_for={api.history(ticket)[-1]['position']}")
    api.put("agents", bo, {"name": "Bo", "active": False})
    gone = api.await_event(ticket, "assignment.revoked")["data"]
    assert (gone["agent"], gone["reason"]) == (bo, "not active")
    assert eventually(lambda: api.read(ticket)["assignee"] is None)


def test_who_is_put_on_call_now_is_given_what_waits_for_a_shift(api, team, word):
    begin = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    rotation = {"start": begin, "unit": "week", "people": [f"{team}-bo"]}
    layers = [{"name": "base", "rotation": rotation, "from": begin}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})
    terms = {"mode": "direct", "on_shift": {"schedule": word}}
    members = [f"{team}-bo", f"{team}-chen"]
    api.put("teams", team, {"members": members, "assignment": terms})
    ticket = api.act(api.open_ticket(), "assign", team=team)
    assert ticket["assignee"] is None
    hours = {"from": datetime.now(UTC).isoformat(), "to": f"{begin}:00Z"}
    override = {"kind": "add", "person": f"{team}-chen", "reason": "helps out"}
    api.ok("POST", f"/v1/schedules/{word}/overrides", override | hours)
    assert eventually(lambda: api.read(ticket)["assignee"]) == f"{team}-chen"


def never_covered(api, word, person):
    """A schedule by which nobody is on call before tomorrow."""
    begin = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    rotation = {"start": begin, "unit": "week", "people": [person]}
    layers = [{"name": "base", "rotation": rotation, "from": begin}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})


def stands_in(api, word, person, begin):
    hours = {"from": begin.isoformat(), "to": (begin + timedelta(hours=1)).isoformat()}
    override = {"kind": "add", "person": person, "reason": "helps out"}
    api.ok("POST", f"/v1/schedules/{word}/overrides", override | hours)


def test_when_a_shift_begins_those_that_wait_longest_come_first(api, asking, word):
    never_covered(api, word, f"{asking}-bo")
    members = [f"{asking}-bo", f"{asking}-chen"]
    terms = {"mode": "direct", "on_shift": {"schedule": word}}
    api.put("teams", asking, {"members": members, "assignment": terms})
    tickets = [
        api.act(api.open_ticket(), "assign", team=asking)["id"] for _ in range(8)
    ]
    begin = datetime.now(UTC) + timedelta(seconds=3)
    for member in members:
        stands_in(api, word, member, begin)

    def given():
        found = [t for t in tickets if api.read(t)["assignee"]]
        return found if len(found) == len(members) else None

    assert eventually(given, 20) == tickets[:2]


def test_who_waits_in_a_team_that_is_retired_is_still_seen(api, queued, asking):
    held = [
        api.act(t, "accept", agent=t["offer"]["agent"]) for t in (queued(), queued())
    ]
    ticket = queued()
    assert len(held) == 2
    assert waits(api, asking, ticket)["reason"].startswith(
        f"nobody in {asking} can take it now: "
    )
    version = api.get(f"/v1/teams/{asking}").headers["ETag"]
    api.ok("DELETE", f"/v1/teams/{asking}", If_Match=version)
    reason = f"{asking} is retired: assign it by hand"
    assert eventually(lambda: waits(api, asking, ticket)["reason"] == reason)
