"""Ops keep calendars: published like every other configuration, tried before use."""

import json
import os
import subprocess

import pytest

from tests.support.on_call_line import refused

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
BERLIN = {
    "tz": "Europe/Berlin",
    "hours": {day: [["09:00", "17:00"]] for day in WORKDAYS},
}
NIGHTS = {
    "tz": "Europe/Berlin",
    "hours": {day: [["00:00", "06:00"]] for day in (*WORKDAYS, "sat", "sun")},
}
CHINA = {"package": "chinesecalendar", "years": [2026]}
ICAL = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:x
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261001
DTEND;VALUE=DATE:20261004
END:VEVENT
END:VCALENDAR
"""


def evaluated(api, calendar=BERLIN, **question):
    body = {"calendar": calendar, **question}
    return api.ok("POST", "/v1/calendars/evaluate", body)


def instants(answer):
    return answer["due_at"], answer["breach_at"]


# published


def test_each_version_of_a_calendar_is_kept(api, word):
    api.put("calendars", word, BERLIN)
    api.put("calendars", word, BERLIN | {"tz": "Europe/Paris"})
    versions = api.ok("GET", f"/v1/calendars/{word}/versions")["items"]
    found = [(v["version"], v["document"]["tz"]) for v in versions]
    assert found == [(1, "Europe/Berlin"), (2, "Europe/Paris")]


def test_the_same_calendar_again_is_no_new_version(api, word):
    document = BERLIN | {"holidays": [CHINA]}
    made = [api.put("calendars", word, document)["version"] for _ in range(2)]
    assert made == [1, 1]


def test_the_answer_shows_what_was_written_and_what_it_is_counted_by(api, word):
    made = api.put("calendars", word, BERLIN | {"holidays": [CHINA, {"ical": ICAL}]})
    assert made["document"]["holidays"] == [CHINA, {"ical": ICAL}]
    resolved = made["resolved"]
    assert {"from": "2026-10-01", "to": "2026-10-07"} in resolved["holidays"]
    assert resolved["shifts"]["2026-10-10"] == [["09:00", "17:00"]]


def test_what_is_hardly_meant_is_said_and_stays_with_the_version(api, word):
    hidden = {"2026-10-01": [["09:00", "10:00"]]}
    document = BERLIN | {"holidays": ["2026-10-01"], "shifts": hidden}
    said = [
        {
            "pointer": "/shifts/2026-10-01",
            "message": "has no effect: that date is a holiday",
        }
    ]
    assert api.put("calendars", word, document)["warnings"] == said
    assert api.ok("GET", f"/v1/calendars/{word}/versions/1")["warnings"] == said


def test_the_request_again_has_the_same_answer(api, word):
    document = BERLIN | {"holidays": [{"package": "chinesecalendar"}]}
    once = {"Idempotency-Key": word}
    sent = [
        api.request("PUT", f"/v1/calendars/{word}", json=document, headers=once)
        for _ in range(2)
    ]
    assert sent[0].json()["warnings"]
    assert sent[1].json() == sent[0].json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"


def test_all_that_is_wrong_is_named_at_once(api, word):
    document = {
        "tz": "Mars/Base",
        "hours": {"mon": [["9", "17:00"]]},
        "holidays": ["soon", {"package": "moon"}, {"package": "holidays"}],
        "breaks": {"2026-12-24": [["13:00", "13:00"]]},
    }
    assert set(refused(api.request("PUT", f"/v1/calendars/{word}", json=document))) == {
        "/tz",
        "/hours/mon/0/0",
        "/holidays/0",
        "/holidays/1/package",
        "/holidays/2/country",
        "/breaks/2026-12-24/0",
    }


@pytest.mark.parametrize(
    ("member", "value", "pointer"),
    [
        ("hours", {"m\ud800n": []}, "/hours"),
        ("holidays", [{"ical": "BEGIN\0"}], "/holidays"),
        ("season", "summer", "/season"),
        ("hours", [], "/hours"),
        ("tz", None, "/tz"),
    ],
)
def test_what_is_no_calendar_at_all_is_refused(api, word, member, value, pointer):
    body = json.dumps(BERLIN | {member: value})
    sent = {"content": body, "headers": {"Content-Type": "application/json"}}
    answer = api.request("PUT", f"/v1/calendars/{word}", **sent)
    assert set(refused(answer)) == {pointer}


def test_the_name_always_is_taken(api):
    answer = api.request("PUT", "/v1/calendars/always", json=BERLIN)
    assert set(refused(answer)) == {"name"}


def test_a_calendar_has_to_be_there_before_it_is_named(api, word):
    policy = {"match": [{"targets": {"resolution": "PT1H"}}], "calendar": word}
    answer = api.request("PUT", f"/v1/sla-policies/{word}", json=policy)
    said = refused(answer)["/calendar"]
    assert said.startswith(f"there is no calendar {word!r}")


def test_a_calendar_that_a_policy_counts_by_cannot_be_retired(api, word):
    api.put("calendars", word, BERLIN)
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule], "calendar": word})
    answer = api.delete(f"/v1/calendars/{word}")
    assert answer.status_code == 409
    named = f"SLA policy {word} names it at /calendar"
    assert answer.json()["detail"] == f"calendar {word} is in use: {named}"
    api.ok("DELETE", f"/v1/sla-policies/{word}")
    assert api.delete(f"/v1/calendars/{word}").status_code == 204
    assert api.get(f"/v1/calendars/{word}").status_code == 404


def test_a_bundle_brings_its_calendars_before_what_names_them(
    installation, api, word, tmp_path
):
    bundle = tmp_path / "bundle.yaml"
    bundle.write_text(f"""
sla-policies:
  {word}:
    match: [{{when: {{type: {word}}}, targets: {{resolution: PT1H}}}}]
    calendar: {word}
calendars:
  {word}:
    tz: Europe/Berlin
    hours: {{mon: [["09:00", "17:00"]]}}
    holidays: [2026-10-01, {{from: 2026-10-02, to: 2026-10-03}}]
    shifts: {{2026-10-01: [["09:00", "12:00"]]}}
""")
    command = installation.cli("config", "apply", str(bundle))
    environment = {**os.environ, **command.env, "PLEDGE_URL": installation.http}
    done = subprocess.run(
        command.argv, cwd=command.cwd, env=environment, check=True, capture_output=True
    )
    assert b"warning: /shifts/2026-10-01 has no effect" in done.stdout
    resolved = api.ok("GET", f"/v1/calendars/{word}")["resolved"]
    assert resolved["holidays"] == [{"from": "2026-10-01", "to": "2026-10-03"}]
    assert api.ok("GET", f"/v1/sla-policies/{word}")["document"]["calendar"] == word


# tried before it is published


def test_the_night_of_the_spring_change_has_five_business_hours(api):
    answer = evaluated(api, NIGHTS, start="2026-03-29T01:30:00+01:00", budget="PT2H")
    assert answer["due_at"] == "2026-03-29T04:30:00+02:00"
    answer = evaluated(
        api, NIGHTS, start="2026-03-29T00:00:00+01:00", end="2026-03-29T12:00:00+02:00"
    )
    assert answer["elapsed"] == "PT5H"


def test_the_night_of_the_autumn_change_has_seven(api):
    answer = evaluated(api, NIGHTS, start="2026-10-25T01:30:00+02:00", budget="PT2H")
    assert answer["due_at"] == "2026-10-25T02:30:00+01:00"
    answer = evaluated(
        api, NIGHTS, start="2026-10-25T00:00:00+02:00", end="2026-10-25T12:00:00+01:00"
    )
    assert answer["elapsed"] == "PT7H"


def test_of_a_pause_over_night_only_the_business_part_is_excluded(api):
    pause = {"from": "2026-01-12T16:00:00+01:00", "to": "2026-01-13T07:30:00+01:00"}
    answer = evaluated(
        api, start="2026-01-12T10:00:00+01:00", budget="PT8H", pauses=[pause]
    )
    assert answer["due_at"] == "2026-01-13T11:00:00+01:00"
    assert answer["segments"] == [
        {"from": "2026-01-12T10:00:00+01:00", "to": "2026-01-12T16:00:00+01:00"},
        {"from": "2026-01-13T09:00:00+01:00", "to": "2026-01-13T11:00:00+01:00"},
    ]


def test_a_budget_that_ends_at_closing_is_due_then_and_breached_at_the_opening(api):
    answer = evaluated(api, start="2026-01-12T13:00:00+01:00", budget="PT4H")
    assert instants(answer) == (
        "2026-01-12T17:00:00+01:00",
        "2026-01-13T09:00:00+01:00",
    )
    answer = evaluated(
        api, start="2026-01-12T13:00:00+01:00", end="2026-01-12T20:00:00+01:00"
    )
    assert answer["elapsed"] == "PT4H"


def test_a_published_calendar_is_tried_by_its_name(api, word):
    api.put("calendars", word, BERLIN | {"holidays": [CHINA]})
    answer = evaluated(api, word, start="2026-09-30T16:00:00+02:00", budget="PT2H")
    assert answer["due_at"] == "2026-10-08T10:00:00+02:00"


def test_always_is_round_the_clock(api):
    answer = evaluated(api, "always", start="2026-01-11T23:00:00+01:00", budget="PT2H")
    assert instants(answer) == ("2026-01-12T00:00:00Z", "2026-01-12T00:00:00Z")


def test_a_draft_is_warned_about_and_nothing_is_saved(api):
    before = len(api.ok("GET", "/v1/calendars")["items"])
    draft = BERLIN | {"breaks": {"2026-01-12": [["20:00", "21:00"]]}}
    answer = evaluated(api, draft, start="2026-01-12T10:00:00+01:00", budget="PT1H")
    assert [w["pointer"] for w in answer["warnings"]] == ["/calendar/breaks/2026-01-12"]
    assert len(api.ok("GET", "/v1/calendars")["items"]) == before


START = "2026-01-12T10:00:00+01:00"


@pytest.mark.parametrize(
    ("changes", "pointers"),
    [
        ({}, {"/budget"}),
        ({"budget": "PT1H", "end": START}, {"/end"}),
        ({"budget": "soon"}, {"/budget"}),
        ({"budget": "PT1H", "calendar": "nowhere"}, {"/calendar"}),
        ({"budget": "PT1H", "calendar": {"tz": "UTC"}}, {"/calendar/hours"}),
        ({"budget": "PT1H", "calendar": {"hours": {}}}, {"/calendar/tz"}),
        ({"budget": "PT1H", "calendar": 7}, {"/calendar"}),
        ({"end": "2036-01-12T10:00:00Z"}, {"/end"}),
        ({"budget": "PT1H", "pauses": [{"from": START, "to": "2026-01-12T08:00:00Z"}]},
         {"/pauses/0/to"}),
        ({"budget": "PT1H", "pauses": [{"to": START}]}, {"/pauses/0/from"}),
    ],
)  # fmt: skip
def test_a_question_that_has_no_answer_is_refused_by_its_place(api, changes, pointers):
    body = {"calendar": BERLIN, "start": START, **changes}
    assert set(refused(api.post("/v1/calendars/evaluate", json=body))) == pointers
