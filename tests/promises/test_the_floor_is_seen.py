"""What a shift lead asks all day: who is on call, what waits, what nobody promised."""

import pytest

from tests.support.api_client import eventually


@pytest.fixture
def schedule(api, team, word):
    api.put(
        "schedules",
        word,
        {
            "tz": "Asia/Shanghai",
            "layers": [
                {
                    "name": "days",
                    "rotation": {
                        "start": "2026-01-05T09:00",
                        "unit": "day",
                        "people": [f"{team}-bo", f"{team}-chen"],
                    },
                }
            ],
        },
    )
    return word


def of_schedule(api, name, **query):
    page = api.get("/v1/on-call", params={"limit": 500, **query})
    assert page.is_success, page.text
    return next(s for s in page.json()["items"] if s["schedule"] == name)


def test_who_is_on_call_is_seen_of_all_schedules_at_once(api, schedule, team):
    found = of_schedule(api, schedule, at="2026-12-01T04:00:00Z")
    [shift] = found["now"]
    one = api.get(
        f"/v1/schedules/{schedule}/on-call", params={"at": "2026-12-01T04:00:00Z"}
    ).json()
    assert (shift["person"], shift["to"]) == (
        one["now"][0]["person"],
        one["now"][0]["to"],
    )
    assert (shift["to"], shift["local_to"]) == (
        "2026-12-02T01:00:00Z",
        "2026-12-02T09:00:00+08:00",
    )
    assert {s["person"] for s in (*found["now"], *found["next"])} == {
        f"{team}-bo",
        f"{team}-chen",
    }


def test_times_are_shown_in_the_zone_asked_for(api, schedule):
    query = {"at": "2026-12-01T04:00:00Z", "tz": "Europe/Berlin"}
    found = of_schedule(api, schedule, **query)
    assert found["time_zone"] == "Europe/Berlin"
    assert found["now"][0]["local_to"] == "2026-12-02T02:00:00+01:00"


def test_what_calls_by_a_schedule_is_named(api, schedule, word):
    steps = [{"after": "0s", "targets": [{"on_call": schedule}]}]
    api.put("escalation-policies", word, {"steps": steps})
    [user] = of_schedule(api, schedule)["called_by"]
    assert user == {"kind": "escalation policy", "name": word}


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"tz": "Asia/Shangai"}, "did you mean 'Asia/Shanghai'?"),
        ({"at": "1960-01-01T00:00:00Z"}, "1970"),
    ],
)
@pytest.mark.usefixtures("schedule")
def test_what_cannot_be_asked_is_refused_by_name(api, query, said):
    answer = api.get("/v1/on-call", params=query)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, f"?{next(iter(query))}")
    assert said in error["message"]


def test_every_queue_is_listed_with_what_waits(api, word):
    api.put("agents", f"{word}-ann", {"name": "Ann", "active": False})
    members = {"members": [f"{word}-ann"], "assignment": {"mode": "offer"}}
    for name in (word, f"{word}-idle"):
        api.put("teams", name, members)
    ticket = api.open_ticket(type=word)
    body = {"team": word}
    done = api.post(f"/v1/tickets/{ticket['id']}/assign", json=body)
    query = {"wait_for": done.headers["Pledge-Position"], "limit": 500}
    found = {q["team"]: q for q in api.get("/v1/queues", params=query).json()["items"]}
    queued_at = api.read(ticket)["queued_at"]
    assert (found[word]["waiting"], found[word]["oldest_queued_at"]) == (1, queued_at)
    assert found[f"{word}-idle"]["waiting"] == 0


def test_tickets_without_a_promise_are_found_counted_and_named(api, word):
    rule = {"when": {"type": f"{word}-printer"}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    body = {
        "subject": "s", "body": "b", "channel": "web", "type": f"{word}-printr",
        "customer": {"external_id": "c"},
    }  # fmt: skip
    opened = api.post("/v1/tickets", json=body)
    query = {
        "promised": "false",
        "type": f"{word}-printr",
        "wait_for": opened.headers["Pledge-Position"],
    }
    [row] = api.get("/v1/tickets", params=query).json()["items"]
    assert (row["id"], row["promised"]) == (opened.json()["id"], False)
    wanted = (
        f"1 open ticket of type '{word}-printr' without any promise;"
        f" did you mean '{word}-printer'?"
    )
    listed = api.ok("GET", "/v1/config/warnings?limit=500")["items"]
    assert (word, wanted) in [(w["name"], w["message"]) for w in listed]
    rule["targets"] = {"resolution": "PT2H"}
    planned = api.ok(
        "POST", "/v1/config/plan", {"sla-policies": {word: {"match": [rule]}}}
    )
    assert wanted in [w["message"] for w in planned["changes"][0]["warnings"]]
    again = api.put("sla-policies", word, {"match": [rule]})
    assert wanted in [w["message"] for w in again["warnings"]]
    eventually(lambda: _counted(api) >= 1)


def _counted(api):
    lines = api.get("/metrics").text.splitlines()
    found = [x for x in lines if x.startswith("pledge_unpromised_tickets ")]
    return float(found[0].split(" ")[1]) if found else 0
