"""A calendar that is kept elsewhere says who is on call, as if it were turns."""

import pytest

from tests.support.on_call_line import DAY, HOUR, MIDNIGHT, TOMORROW


def after(hours):
    return f"{TOMORROW + hours * HOUR:%Y-%m-%dT%H:%M:%SZ}"


def event(begin, end, summary, *lines, uid="1"):
    """From hour to hour after the coming midnight."""
    form = "%Y%m%dT%H%M%SZ"
    return [
        *("BEGIN:VEVENT", f"UID:{uid}", f"SUMMARY:{summary}"),
        f"DTSTART:{TOMORROW + begin * HOUR:{form}}",
        f"DTEND:{TOMORROW + end * HOUR:{form}}",
        *(*lines, "END:VEVENT"),
    ]


def text(*events):
    lines = [line for found in events for line in found]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""]
    )


@pytest.fixture
def people(api, word):
    for person in ("ann", "bo", "chen"):
        api.put("agents", f"{word}-{person}", {"name": person.title()})
    return {"Ann Li": f"{word}-ann"}


def document(ical, people, **fields):
    layer = {"name": "imported", "ical": ical, "people": people}
    return {"tz": "UTC", "layers": [{**layer, **fields}]}


def covered(api, word, begin=0, end=48):
    query = f"from={after(begin)}&to={after(end)}"
    found = api.ok("GET", f"/v1/schedules/{word}/on-call?{query}")
    return [
        (shift["person"].removeprefix(f"{word}-"), shift["from"], shift["to"])
        for shift in found["shifts"]
    ]


def refused(answer):
    assert answer.status_code == 422, answer.text
    return {e["pointer"]: e["message"] for e in answer.json()["errors"]}


def test_a_calendar_kept_elsewhere_is_who_is_on_call(api, word, people):
    ical = text(event(0, 8, "ann li"), event(8, 24, f"{word}-bo, Ann Li", uid="2"))
    made = api.put("schedules", word, document(ical, people))
    assert covered(api, word) == [
        ("ann", after(0), after(8)),
        ("ann", after(8), after(24)),
        ("bo", after(8), after(24)),
    ]
    assert made["document"]["layers"][0]["ical"] == ical
    shift = made["resolved"]["layers"][0]["shifts"][0]
    assert shift == {"from": after(0), "to": after(8), "person": f"{word}-ann"}


def test_why_it_is_who_it_is_names_the_shift(api, word, people):
    api.put("schedules", word, document(text(event(0, 8, "Ann Li")), people))
    found = api.ok("GET", f"/v1/schedules/{word}/on-call?at={after(3)}")
    [now] = found["now"]
    assert now["reason"] == f"layer imported, shift of {after(0)[:-4]}Z"
    assert (found["version"], found["absent"]) == (1, [])


def test_until_when_a_series_is_known_is_said_and_the_day_after_it_is_a_gap(
    api, word, people
):
    daily = text(event(0, 24, "Ann Li", "RRULE:FREQ=DAILY"))
    said = api.put("schedules", word, document(daily, people))["warnings"]
    [(pointer, message)] = [
        (w["pointer"], w["message"]) for w in said if "ical" in w["pointer"]
    ]
    assert pointer == "/layers/0/ical"
    assert f"until {MIDNIGHT.date() + 400 * DAY}" in message
    last, rest = 24 * 398, 24 * 405
    query = f"from={after(last - 24)}&to={after(rest)}"
    gaps = api.ok("GET", f"/v1/schedules/{word}/on-call?{query}")["gaps"]
    assert [gap["from"] for gap in gaps] == [after(24 * 399)]


def test_the_same_words_again_change_nothing(api, word, people):
    daily = document(text(event(0, 24, "Ann Li", "RRULE:FREQ=DAILY")), people)
    assert api.put("schedules", word, daily)["version"] == 1
    assert api.put("schedules", word, daily)["version"] == 1
    daily["layers"][0]["people"] = {"Ann Li": f"{word}-bo"}
    assert api.put("schedules", word, daily)["version"] == 2


def test_a_draft_of_it_is_tried_out(api, people):
    draft = document(text(event(0, 24, "Ann Li", "RRULE:FREQ=DAILY")), people)
    body = {"schedule": draft, "from": after(0), "to": after(48)}
    found = api.ok("POST", "/v1/schedules/preview", body)
    assert [s["from"] for s in found["shifts"]] == [after(0), after(24)]
    assert "/schedule/layers/0/ical" in {w["pointer"] for w in found["warnings"]}
    body["schedule"] = document(text(event(0, 24, "Dan")), people)
    answer = api.post("/v1/schedules/preview", json=body)
    assert "'Dan' is not an agent" in refused(answer)["/schedule/layers/0/ical"]


@pytest.mark.parametrize(
    ("ical", "message"),
    [
        ("hello", "is no iCalendar text that can be used"),
        (text(event(0, 8, "Dan")), "'Dan' is not an agent: map it to one in `people`"),
        (text(event(0, 8, "Ann Li", "RRULE:FREQ=SECONDLY")), "not of days, weeks"),
        ("x" * 500_001, "has more than 500,000 characters"),
    ],
)
def test_what_cannot_be_used_is_refused_and_says_why(api, word, people, ical, message):
    answer = api.request("PUT", f"/v1/schedules/{word}", json=document(ical, people))
    assert message in refused(answer)["/layers/0/ical"]


def test_overrides_and_leaves_lie_on_top(api, word, people):
    base = {"start": after(0)[:-1], "unit": "day", "people": [f"{word}-chen"]}
    made = document(text(event(0, 24, "Ann Li")), people)
    made["layers"].insert(0, {"name": "base", "rotation": base})
    api.put("schedules", word, made)
    window = {"from": after(2), "to": after(4), "reason": "r"}
    change = {"kind": "replace", "person": f"{word}-bo", "replaces": f"{word}-ann"}
    path = f"/v1/schedules/{word}/overrides"
    assert api.post(path, json=window | change).status_code == 201
    away = {"from": after(8), "to": after(12), "reason": "ill"}
    path = f"/v1/agents/{word}-ann/leaves"
    assert api.post(path, json=away).status_code == 201
    assert [(person, begin) for person, begin, _ in covered(api, word, 0, 24)] == [
        ("ann", after(0)),
        ("bo", after(2)),
        ("ann", after(4)),
        ("chen", after(8)),
        ("ann", after(12)),
    ]


def test_a_simulation_reads_the_calendars_of_its_draft(api, word, people):
    escalation_policy = {"steps": [{"after": "0s", "targets": [{"on_call": word}]}]}
    rule = {"when": {"type": word}, "targets": {"first_response": "PT1H"}}
    draft = {
        "schedules": {word: document(text(event(0, 8, "Dan")), people)},
        "escalation-policies": {word: escalation_policy},
        "sla-policies": {word: {"match": [rule], "escalation_policy": word}},
    }
    ticket = api.open_ticket(type=word)
    body = {"draft": draft, "tickets": [ticket["id"]]}
    answer = api.post("/v1/simulations", json=body)
    assert "'Dan'" in refused(answer)[f"/draft/schedules/{word}/layers/0/ical"]
    draft["schedules"][word] = document(text(event(0, 8, "Ann Li")), people)
    assert api.post("/v1/simulations", json=body).is_success


@pytest.mark.usefixtures("people")
def test_what_a_schedule_gives_out_can_be_put_in_again(api, word):
    turns = {
        "start": after(0)[:-1],
        "unit": "hour",
        "length": 12,
        "people": [f"{word}-ann", f"{word}-bo"],
    }
    hours = [{"from": "08:00", "to": "20:00"}]
    base = {"name": "base", "rotation": turns, "restrict": hours}
    api.put("schedules", word, {"tz": "America/Chicago", "layers": [base]})
    given = api.get(f"/v1/schedules/{word}/calendar.ics").text
    before = covered(api, word, 0, 24 * 60)
    api.put("schedules", f"{word}-again", document(given, {}, tz="Asia/Tokyo"))
    query = f"from={after(0)}&to={after(24 * 60)}"
    found = api.ok("GET", f"/v1/schedules/{word}-again/on-call?{query}")["shifts"]
    again = [(s["person"].removeprefix(f"{word}-"), s["from"], s["to"]) for s in found]
    assert again == before
    assert len(before) > 60


@pytest.mark.usefixtures("people")
def test_dated_shifts_are_on_the_walls_of_their_layer(api, word):
    eve = {"from": "2026-12-24T18:00", "to": "2026-12-25T09:00"}
    layer = {"name": "eve", "shifts": [{**eve, "person": f"{word}-ann"}]}
    made = api.put("schedules", word, {"tz": "Europe/Berlin", "layers": [layer]})
    assert made["resolved"] is None
    body = {
        "schedule": made["document"],
        "from": "2026-12-24T00:00:00Z",
        "to": "2026-12-26T00:00:00Z",
    }
    [shift] = api.ok("POST", "/v1/schedules/preview", body)["shifts"]
    assert (shift["from"], shift["to"]) == (
        "2026-12-24T17:00:00Z",
        "2026-12-25T08:00:00Z",
    )
    layer["shifts"][0]["person"] = f"{word}-nobody"
    body = {"tz": "Europe/Berlin", "layers": [layer]}
    answer = api.request("PUT", f"/v1/schedules/{word}-2", json=body)
    assert set(refused(answer)) == {"/layers/0/shifts/0/person"}
