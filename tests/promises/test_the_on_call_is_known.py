"""Whoever asks who is on call gets one answer, with reasons, now and ahead of time."""

import icalendar
import pytest

from tests.support.api_client import eventually
from tests.support.on_call_line import (
    DAY,
    TOMORROW,
    after,
    document,
    done,
    in_hours,
    refused,
    window,
)


def test_each_version_of_a_schedule_is_kept(front):
    front.publish("bo", "ann")
    versions = front.api.ok("GET", f"{front.path}/versions")["items"]
    assert [v["version"] for v in versions] == [1, 2]


def test_all_that_is_wrong_with_a_schedule_is_named_at_once(line):
    wrong = document(line.name("ann"), "nobody", **in_hours("9", "17:00"))
    wrong["layers"].append({"name": "base"})
    answer = line.api.request("PUT", line.path, json=wrong)
    found = refused(answer)
    assert found["/layers/0/rotation/people/1"] == "there is no agent 'nobody'"
    assert {"/layers/0/restrict/0/from", "/layers/1/name"} <= found.keys()


def test_hours_that_nobody_covers_are_said_when_it_is_published(line):
    [said] = line.publish("ann", **in_hours("09:00", "17:00"))["warnings"]
    assert said["pointer"] == "/layers"
    assert said["message"].startswith("nobody is on call for 448 h 00 min of the next")


def test_whoever_is_not_active_is_pointed_out(line):
    line.api.put("agents", line.name("bo"), {"name": "Bo", "active": False})
    [said] = line.publish("ann", "bo")["warnings"]
    assert said["pointer"] == "/layers/0/rotation/people/1"


def test_a_new_version_does_not_change_whose_turn_it_is(front):
    assert front.people(-1) == ["bo"]
    front.publish("bo", "chen", "ann")
    today = front.api.ok("GET", f"{front.path}/on-call")["now"]
    assert [shift["person"] for shift in today] == [front.name("bo")]
    assert [front.people(hours) for hours in (1, 25)] == [["chen"], ["ann"]]


def test_a_retired_schedule_has_nobody_from_then_on(front):
    front.api.ok("DELETE", front.path)
    assert front.at(1)["now"] == []
    assert front.at(1)["version"] is None
    assert front.api.get(front.path).status_code == 404


def test_who_is_on_call_who_before_who_after_and_why(front):
    found = front.at(25)
    assert found["version"] == 1
    assert found["now"] == [
        {"person": front.name("bo"), "reason": "layer base, turn 2", **window(24, 48)}
    ]
    assert found["next"][0]["from"] == after(48)
    assert found["previous"][0]["to"] == after(24)
    assert found["absent"] == [{"person": front.name("ann"), "reason": "off shift"}]


def test_without_an_instant_it_is_now(front):
    now = front.api.ok("GET", f"{front.path}/on-call")
    assert [shift["person"] for shift in now["now"]] == [front.name("bo")]


def test_a_range_has_every_shift_and_every_gap(line):
    line.publish("ann", "bo", **in_hours("09:00", "17:00"))
    found = line.covered(0, 48)
    assert line.shifts(0, 48) == [
        ("ann", after(9), after(17)), ("bo", after(33), after(41))
    ]  # fmt: skip
    assert found["gaps"] == [window(0, 9), window(17, 33), window(41, 48)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("at=1900-01-01T00:00:00Z", "?at"),
        ("at=soon", "?at"),
        ("from=2026-01-01T00:00:00Z", "?to"),
        ("to=2026-01-01T00:00:00Z", "?from"),
        ("from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "?to"),
        ("from=2026-01-01T00:00:00Z&to=2036-01-01T00:00:00Z", "?to"),
        ("at=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", "?at"),
    ],
)
def test_a_time_that_is_none_is_refused_by_name(front, query, pointer):
    answer = front.api.get(f"{front.path}/on-call?{query}")
    assert set(refused(answer)) == {pointer}


def test_more_than_can_be_worked_out_at_once_is_refused(line):
    layers = document(line.name("ann"))["layers"] * 100
    layers = [layer | {"name": f"l{n}"} for n, layer in enumerate(layers)]
    body = {"schedule": {"tz": "UTC", "layers": layers}, **window(0, 24 * 40)}
    found = refused(line.api.post("/v1/schedules/preview", json=body))
    assert found == {"/to": "with so many layers at most 36 days after `from`"}


def test_a_schedule_that_never_was_is_not_found(api):
    assert api.get("/v1/schedules/never-was/on-call").status_code == 404


def previewed(line, schedule, begin, end, **fields):
    body = {"schedule": schedule, **window(begin, end), **fields}
    return line.api.ok("POST", "/v1/schedules/preview", body)


def test_a_draft_shows_its_shifts_and_gaps_and_is_not_saved(line):
    draft = document(line.name("ann"), "nobody", **in_hours("09:00", "17:00"))
    found = previewed(line, draft, 0, 48)
    people = [line.short(shift["person"]) for shift in found["shifts"]]
    assert people == ["ann", "nobody"]
    assert found["gaps"] == [window(0, 9), window(17, 33), window(41, 48)]
    pointers = [warning["pointer"] for warning in found["warnings"]]
    assert pointers == [
        "/schedule/layers/0/rotation/people/1", "/schedule/layers"
    ]  # fmt: skip
    assert line.api.get(line.path).status_code == 404


def test_a_draft_counts_leaves_and_as_a_next_version_overrides_too(front):
    done(front.leave("ann", 2, 5))
    done(front.override("add", "chen", 10, 12))
    draft = document(front.name("ann"), front.name("bo"))

    def people(**fields):
        found = previewed(front, draft, 0, 24, **fields)["shifts"]
        return [front.short(shift["person"]) for shift in found]

    assert people() == ["ann", "bo", "ann"]
    assert people(as_next_of=front.word) == ["ann", "bo", "ann", "chen"]


def test_a_draft_that_is_wrong_is_refused_by_field(line):
    body = {"schedule": {"tz": "Mars/Base", "layers": []}, **window(0, 24)}
    found = refused(line.api.post("/v1/schedules/preview", json=body))
    assert set(found) == {"/schedule/tz", "/schedule/layers"}
    body["schedule"], body["as_next_of"] = document("ann"), "never-was"
    found = refused(line.api.post("/v1/schedules/preview", json=body))
    assert set(found) == {"/as_next_of"}


def events_of(front, query=""):
    answer = front.api.get(f"{front.path}/calendar.ics{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/calendar")
    calendar = icalendar.Calendar.from_ical(answer.content)
    return {event.start: event for event in calendar.events}


def test_the_shifts_are_a_calendar_to_subscribe_to(front):
    events = events_of(front)
    tomorrow = events[TOMORROW]
    assert tomorrow.end == TOMORROW + DAY
    assert tomorrow["SUMMARY"] == front.name("ann")
    assert len({event["UID"] for event in events.values()}) == len(events)
    assert events_of(front)[TOMORROW]["UID"] == tomorrow["UID"]


def test_somebody_subscribes_to_their_own_shifts(front):
    events = events_of(front, f"?person={front.name('bo')}")
    assert TOMORROW not in events
    assert TOMORROW + DAY in events


def test_hours_ahead_without_anybody_are_a_metric(line):
    line.publish("ann")
    sample = f'pledge_schedule_gap_seconds{{schedule="{line.word}"}} '

    def shown(figure):
        lines = line.api.get("/metrics").text.splitlines()
        return f"{sample}{figure}" in lines

    eventually(lambda: shown("0.0"))
    done(line.leave("ann", 2, 5))
    eventually(lambda: shown("10800.0"))


def test_field_017_who_is_retired_is_on_call_no_more_and_it_is_said_what_that_uncovers(
    api, word
):
    zed = f"{word}-zed"
    api.put("agents", zed, {"name": "Zed"})
    rotation = {"people": [zed], "start": "2026-01-05T00:00:00", "unit": "day"}
    layers = [{"name": "day", "rotation": rotation}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})
    refused = api.delete(f"/v1/agents/{zed}")
    assert refused.status_code == 409
    assert f"nobody on call for {word}" in refused.json()["detail"]
    gone = api.delete(f"/v1/agents/{zed}", params={"force": "true"})
    assert gone.status_code == 200
    said = [warning["message"] for warning in gone.json()["warnings"]]
    assert any(f"schedule {word} names it" in message for message in said)
    now = api.ok("GET", f"/v1/schedules/{word}/on-call")
    assert now["now"] == []
    assert {"person": zed, "reason": "retired"} in now["absent"]


def test_who_is_made_inactive_is_on_call_no_more_and_the_answer_warns(api, word):
    zed = f"{word}-zed"
    api.put("agents", zed, {"name": "Zed"})
    rotation = {"people": [zed], "start": "2026-01-05T00:00:00", "unit": "day"}
    layers = [{"name": "day", "rotation": rotation}]
    api.put("schedules", word, {"tz": "UTC", "layers": layers})
    away = api.put("agents", zed, {"name": "Zed", "active": False})
    assert any(f"nobody on call for {word}" in w["message"] for w in away["warnings"])
    assert api.ok("GET", f"/v1/schedules/{word}/on-call")["now"] == []
