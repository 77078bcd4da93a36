"""A clock says where its time went, by which rule, and what became of its breach; and
the report of all clocks shows what was excused beside what was.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.duration import parse_duration
from tests.support.api_client import Api

NAME = "why-red"
HOURS = [["08:00", "12:00"], ["13:00", "18:00"]]
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLIER = datetime.now(UTC).replace(hour=7, minute=0, second=0, microsecond=0)
OPENED = EARLIER - timedelta(days=3)
HOLIDAY = (OPENED + timedelta(days=1)).date().isoformat()


@pytest.fixture(scope="module")
def admin(installation):
    with installation.client() as client:
        yield client


@pytest.fixture(scope="module")
def red(admin):
    """Opened three days ago and promised within three hours: paused now, and red."""
    admin.put(
        "calendars",
        NAME,
        {"tz": "UTC", "hours": dict.fromkeys(DAYS, HOURS), "holidays": [HOLIDAY]},
    )
    admin.put("agents", f"{NAME}-ann", {"name": "Ann"})
    admin.put("teams", NAME, {"members": [f"{NAME}-ann"]})
    rule = {"when": {"type": NAME}, "targets": {"resolution": "PT3H"}}
    admin.put("sla-policies", NAME, {"match": [rule], "calendar": NAME})
    ticket = admin.open_ticket(type=NAME, occurred_at=OPENED.isoformat())
    admin.act(ticket, "assign", team=NAME, agent=f"{NAME}-ann")
    admin.act(ticket, "pause", reason="waiting for a photo")
    return ticket


@pytest.fixture(scope="module")
def explained(admin, red):
    return explain(admin, red)


def explain(client, ticket, metric="resolution", **query):
    path = f"/v1/tickets/{ticket['id']}/clocks/{metric}/explain"
    answer = client.get(path, params=query)
    assert answer.is_success, answer.text
    return answer.json()


def kinds(explanation):
    return {interval["kind"] for interval in explanation["intervals"]}


def test_the_intervals_follow_each_other_without_a_hole(explained):
    parts = explained["intervals"]
    assert (parts[0]["from"], parts[-1]["to"]) == (
        explained["started_at"],
        explained["as_of"],
    )
    assert all(a["to"] == b["from"] for a, b in pairwise(parts))


def test_what_they_count_adds_up_to_the_elapsed_time(explained):
    counted = [parse_duration(one["counted"]) for one in explained["intervals"]]
    assert sum(counted, timedelta(0)) == parse_duration(explained["elapsed"])


def test_a_holiday_is_named(explained):
    days = [i["holiday"] for i in explained["intervals"] if i["kind"] == "holiday"]
    assert days == [HOLIDAY]


def test_closed_hours_are_told_apart_from_running_ones(explained):
    assert {"running", "closed"} <= kinds(explained)


def test_the_rule_that_chose_the_policy_is_shown_with_what_it_was_asked(explained):
    asked = [a for a in explained["decision"]["asked"] if a["policy"] == NAME]
    assert asked[0]["failed_field"] is None
    assert explained["decision"]["inputs"]["type"] == NAME


def test_the_breach_is_shown_with_its_exact_instant(explained):
    due = OPENED + timedelta(hours=4)
    assert datetime.fromisoformat(explained["breach"]["at"]) == due


def test_the_verdict_is_told_in_words(explained):
    assert " of 3 h: breached, paused" in explained["verdict"]


def test_a_pause_names_who_paused_and_why(admin):
    """Round the clock, so that the pause is not hidden in closed hours."""
    rule = {"when": {"type": f"{NAME}-always"}, "targets": {"resolution": "PT3H"}}
    admin.put("sla-policies", f"{NAME}-always", {"match": [rule]})
    ticket = admin.open_ticket(type=f"{NAME}-always")
    admin.act(ticket, "pause", reason="waiting for a photo")
    last = explain(admin, ticket)["intervals"][-1]
    assert (last["kind"], last["reason"]) == ("paused", "waiting for a photo")
    paused = admin.history(ticket)[last["cause"]["version"] - 1]
    assert paused["type"] == "ticket.paused"
    assert last["cause"]["actor"].items() <= paused["actor"].items()


def test_the_past_is_explained_as_it_was(admin, red):
    at = OPENED + timedelta(hours=2)
    then = explain(admin, red, as_of=at.isoformat(), cycle=1)
    assert (then["elapsed"], then["state"], then["breach"]) == ("PT1H", "running", None)


def test_the_future_is_not_foretold(admin, red):
    path = f"/v1/tickets/{red['id']}/clocks/resolution/explain"
    answer = admin.get(path, params={"as_of": "2999-01-01T00:00:00Z"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "lies in the future" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("clocks/resolution/explain?cycle=9", "there is no clock 'resolution/9'"),
        ("clocks/first_response/explain", "there is no clock 'first_response'"),
    ],
)
def test_a_clock_that_is_not_there_is_not_found(admin, red, path, detail):
    answer = admin.get(f"/v1/tickets/{red['id']}/{path}")
    assert (answer.status_code, answer.json()["detail"]) == (404, detail)


def test_a_promise_that_still_holds_cannot_be_excused(admin):
    ticket = admin.open_ticket(type=NAME)
    path = f"/v1/tickets/{ticket['id']}/clocks/resolution/excuse"
    answer = admin.post(path, json={"reason": "in advance"})
    assert (answer.status_code, answer.json()["code"]) == (409, "invalid_state")


def test_an_agent_may_not_excuse(admin, installation, red):
    made = admin.ok("POST", "/v1/keys", {"name": f"{NAME}-a", "role": "agent"})
    path = f"/v1/tickets/{red['id']}/clocks/resolution/excuse"
    with Api(installation.http, made["key"]) as agent:
        assert agent.post(path, json={"reason": "please"}).status_code == 403


# --- the report -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def judged(admin, red):
    """One broken and excused, one broken, one kept, one open, one promised no more."""
    path = f"/v1/tickets/{red['id']}/clocks/resolution/excuse"
    body, once = {"reason": "power cut"}, {"Idempotency-Key": NAME}
    first = admin.post(path, json=body, headers=once)
    again = admin.post(path, json=body, headers=once)
    late = admin.open_ticket(type=NAME, occurred_at=OPENED.isoformat())
    admin.act(late, "resolve")
    customer = {"external_id": "c-1", "tier": f"{NAME}-silver"}
    kept = admin.open_ticket(type=NAME, customer=customer)
    admin.act(kept, "assign", team=NAME)
    admin.act(kept, "resolve")
    admin.ok("PATCH", f"/v1/tickets/{kept['id']}", {"tier": f"{NAME}-gold"})
    admin.open_ticket(type=NAME)
    gone = admin.open_ticket(type=NAME)
    last = admin.patch(f"/v1/tickets/{gone['id']}", json={"type": "other"})
    return first, again, last.headers["Pledge-Position"]


def report(admin, judged, group_by="policy", **query):
    asked = {"group_by": group_by, "wait_for": judged[2], **query}
    answer = admin.get("/v1/reports/attainment", params=asked)
    assert answer.is_success, answer.text
    return answer.json()


def line(found, name=NAME):
    return next(one for one in found["items"] if one["name"] == name)


def test_an_excused_breach_says_who_approved_it(judged):
    clock = judged[0].json()["clocks"][-1]
    assert (clock["excused"]["reason"], clock["excused"]["approved_by"]) == (
        "power cut",
        "admin",
    )


def test_the_same_excuse_sent_twice_is_recorded_once(judged):
    first, again, _ = judged
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()


def test_attainment_is_shown_raw_and_adjusted(admin, judged):
    found = line(report(admin, judged))
    assert (found["met"], found["missed"], found["excused"]) == (1, 2, 1)
    assert (found["raw"], found["adjusted"]) == (1 / 3, 1 / 2)


def test_what_is_not_counted_is_counted_apart(admin, judged):
    """Open: that of this story, and the one that could not be excused."""
    excluded = line(report(admin, judged))["n_excluded"]
    assert excluded["cancelled"] == 1
    assert excluded["open"] >= 1


def test_percentiles_are_of_the_clocks_that_stopped(admin, judged):
    elapsed = line(report(admin, judged))["elapsed"]
    assert parse_duration(elapsed["p90"]) > parse_duration("PT10H")
    assert parse_duration(elapsed["p50"]) < parse_duration(elapsed["p90"])


@pytest.mark.parametrize(
    ("group_by", "name", "met"),
    [
        ("type", NAME, 1),
        ("team", NAME, 1),
        ("tier", f"{NAME}-silver", 1),
        ("tier", "standard", 0),
    ],
)
def test_it_can_be_grouped_by_what_the_ticket_was(admin, judged, group_by, name, met):
    assert line(report(admin, judged, group_by), name)["met"] >= met


def test_a_judged_clock_counts_where_it_was_judged_whatever_came_later(admin, judged):
    names = {one["name"] for one in report(admin, judged, "tier")["items"]}
    assert f"{NAME}-gold" not in names


def test_the_total_is_the_sum_of_the_lines(admin, judged):
    found = report(admin, judged, "metric")
    assert found["total"]["missed"] == sum(one["missed"] for one in found["items"])


def test_a_period_before_anything_happened_has_no_shares(admin, judged):
    found = report(
        admin, judged, **{"from": "2001-01-01T00:00Z", "to": "2002-01-01T00:00Z"}
    )
    assert (found["items"], found["total"]["raw"]) == ([], None)


def test_a_period_that_ends_before_it_begins_is_refused(admin):
    query = {"from": "2026-02-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"}
    answer = admin.get("/v1/reports/attainment", params=query)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "?from"
