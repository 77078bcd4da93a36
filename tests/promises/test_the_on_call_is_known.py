"""Whoever asks who is on call gets one answer, with reasons, now and ahead of time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from tests.support.api_client import eventually

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
TOMORROW = MIDNIGHT + DAY
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def after(hours):
    """So many hours after the coming midnight, as it is answered."""
    return (TOMORROW + hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")


def window(begin, end):
    return {"from": after(begin), "to": after(end)}


def document(*people, **layer):
    """Turns of a day from the coming midnight on, if not told otherwise."""
    turns = {"start": f"{TOMORROW:%Y-%m-%dT%H:%M}", "unit": "day", "people": people}
    return {"tz": "UTC", "layers": [{"name": "base", "rotation": turns, **layer}]}


def in_hours(begin, end):
    return {"restrict": [{"days": EVERY_DAY, "from": begin, "to": end}]}


class Line:
    """A schedule named `word` of the agents `<word>-ann`, `-bo` and `-chen`."""

    def __init__(self, api, word):
        self.api, self.word = api, word
        self.path = f"/v1/schedules/{word}"

    def publish(self, *people, **layer):
        names = [self.name(person) for person in people]
        return self.api.put("schedules", self.word, document(*names, **layer))

    def name(self, person):
        return f"{self.word}-{person}"

    def at(self, hours):
        return self.api.ok("GET", f"{self.path}/on-call?at={after(hours)}")

    def people(self, hours):
        return [self.short(shift["person"]) for shift in self.at(hours)["now"]]

    def covered(self, begin, end):
        query = f"from={after(begin)}&to={after(end)}"
        return self.api.ok("GET", f"{self.path}/on-call?{query}")

    def shifts(self, begin, end):
        found = self.covered(begin, end)["shifts"]
        return [(self.short(s["person"]), s["from"], s["to"]) for s in found]

    def short(self, name):
        return name.removeprefix(f"{self.word}-")

    def request(self, path, begin, end, **fields):
        named = ("person", "replaces", "with")
        fields = {k: self.name(v) if k in named else v for k, v in fields.items()}
        return self.api.post(path, json=window(begin, end) | fields)

    def override(self, kind, person, begin, end, **fields):
        fields = {"kind": kind, "person": person, "reason": "r"} | fields
        return self.request(f"{self.path}/overrides", begin, end, **fields)

    def swap(self, person, begin, end, **fields):
        return self.request(f"{self.path}/swaps", begin, end, person=person, **fields)

    def take(self, swap, person):
        body = {"person": self.name(person)}
        return self.api.post(f"{self.path}/swaps/{swap['id']}/take", json=body)

    def leave(self, person, begin, end, **fields):
        path = f"/v1/agents/{self.name(person)}/leaves"
        return self.request(path, begin, end, **fields)


@pytest.fixture
def line(api, word):
    made = Line(api, word)
    for person in ("ann", "bo", "chen"):
        api.put("agents", made.name(person), {"name": person.title()})
    return made


@pytest.fixture
def front(line):
    """Ann and Bo take turns of a day, Ann the first."""
    line.publish("ann", "bo")
    return line


def done(answer, status=201):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer, status=422):
    assert answer.status_code == status, answer.text
    return {e["pointer"]: e["message"] for e in answer.json()["errors"]}


def conflict(answer):
    assert answer.status_code == 409, answer.text
    return answer.json()["detail"]


# published


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


# who is on call


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


# overrides


def test_an_override_puts_one_in_the_place_of_another(front):
    made = done(front.override("replace", "chen", 2, 5, replaces="ann"))
    assert front.shifts(0, 24) == [
        ("ann", after(0), after(2)), ("chen", after(2), after(5)),
        ("ann", after(5), after(24)),
    ]  # fmt: skip
    [shift] = front.at(3)["now"]
    reason = f"override {made['id']} by admin, for {front.name('ann')}: r"
    assert shift["reason"] == reason


def test_one_is_added_one_is_taken_off(front):
    done(front.override("add", "chen", 2, 5))
    done(front.override("remove", "ann", 6, 8))
    assert [front.people(hours) for hours in (3, 7)] == [["ann", "chen"], []]


def test_who_was_taken_off_is_absent_because_of_that(front):
    made = done(front.override("remove", "ann", 6, 8))
    absent = {front.short(a["person"]): a["reason"] for a in front.at(7)["absent"]}
    assert made["id"] in absent["ann"]


def test_an_override_that_clashes_is_refused_and_names_the_other(front):
    made = done(front.override("replace", "chen", 2, 5, replaces="ann"))
    said = conflict(front.override("replace", "bo", 4, 6, replaces="ann"))
    assert f"override {made['id']}" in said
    assert front.people(4.5) == ["chen"]


def test_of_two_overrides_the_one_of_higher_priority_wins(front):
    done(front.override("replace", "bo", 4, 6, priority=1))
    done(front.override("replace", "chen", 2, 5))
    assert [front.people(hours) for hours in (3, 4.5)] == [["chen"], ["bo"]]


def test_of_overrides_that_clash_and_come_at_once_one_is_taken(front):
    def send(_):
        return front.override("replace", "chen", 2, 5, replaces="ann").status_code

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(send, range(4))) == [201, 409, 409, 409]


def test_a_cancelled_override_has_never_been(front):
    made = done(front.override("remove", "ann", 6, 8))
    front.api.ok("DELETE", f"{front.path}/overrides/{made['id']}")
    assert front.people(7) == ["ann"]
    again = front.api.delete(f"{front.path}/overrides/{made['id']}")
    assert "cancelled already" in conflict(again)


def test_overrides_are_listed_the_cancelled_ones_on_demand(front):
    first = done(front.override("remove", "ann", 6, 8))
    second = done(front.override("add", "chen", 6, 8))
    front.api.ok("DELETE", f"{front.path}/overrides/{first['id']}")

    def listed(query=""):
        items = front.api.ok("GET", f"{front.path}/overrides{query}")["items"]
        return {item["id"]: item["cancelled_at"] is not None for item in items}

    assert listed() == {second["id"]: False}
    assert listed("?past=true") == {first["id"]: True, second["id"]: False}


def test_an_override_without_effect_says_so(front):
    made = done(front.override("replace", "chen", 2, 5, replaces="bo"))
    said = [{"pointer": "", "message": "has no effect on who is on call"}]
    assert made["warnings"] == said


def test_the_request_again_has_the_same_answer_and_no_second_override(front):
    body = window(2, 5) | {"kind": "remove", "person": front.name("ann"), "reason": "r"}
    once = {"Idempotency-Key": front.word}
    path = f"{front.path}/overrides"
    sent = [front.api.post(path, json=body, headers=once) for _ in range(2)]
    assert sent[0].json() == sent[1].json()
    assert sent[1].headers["Idempotency-Replayed"] == "true"
    assert len(front.api.ok("GET", path)["items"]) == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"kind": "move"}, "/kind"),
        ({"person": "nobody"}, "/person"),
        ({"kind": "add"}, "/replaces"),
        ({"to": after(2)}, "/to"),
        ({"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}, "/to"),
        ({"from": "1960-01-01T00:00:00Z"}, "/from"),
        ({"to": "2199-01-01T00:00:00Z"}, "/to"),
        ({"priority": -1}, "/priority"),
    ],
    ids=repr,
)
def test_an_override_that_makes_no_sense_is_refused_by_field(front, change, pointer):
    sound = {"kind": "replace", "person": front.name("chen"), "reason": "r"}
    sound |= {"replaces": front.name("ann")} | window(2, 5)
    answer = front.api.post(f"{front.path}/overrides", json=sound | change)
    assert set(refused(answer)) == {pointer}


def test_nothing_is_overridden_where_there_is_no_schedule(line):
    assert line.override("add", "ann", 2, 5).status_code == 404


# swaps


def test_a_swap_changes_nothing_before_it_is_taken_and_then_both_halves(front):
    back = window(24, 26)
    swap = done(front.swap("ann", 2, 5, back=back, **{"with": "bo"}))
    assert (front.people(3), front.people(25)) == (["ann"], ["bo"])
    taken = done(front.take(swap, "bo"), 200)
    assert taken["taken_by"] == front.name("bo")
    assert (front.people(3), front.people(25)) == (["bo"], ["ann"])


def test_a_swap_taken_back_leaves_everything_as_it_was(front):
    swap = done(front.swap("ann", 2, 5))
    done(front.take(swap, "chen"), 200)
    front.api.ok("DELETE", f"{front.path}/swaps/{swap['id']}")
    assert front.people(3) == ["ann"]
    assert front.api.ok("GET", f"{front.path}/swaps")["items"] == []


def test_a_swap_is_taken_once_and_by_whom_it_was_offered_to(front):
    swap = done(front.swap("ann", 2, 5, **{"with": "chen"}))
    assert "is offered to" in conflict(front.take(swap, "bo"))
    done(front.take(swap, "chen"), 200)
    assert "was taken by" in conflict(front.take(swap, "chen"))


def test_what_one_does_not_have_cannot_be_swapped(front):
    assert set(refused(front.swap("bo", 2, 5))) == {"/from"}
    swap = done(front.swap("ann", 2, 5, back=window(24, 26)))
    assert "is not on call" in conflict(front.take(swap, "chen"))


def test_a_swap_that_clashes_with_an_override_is_refused_when_it_is_taken(front):
    swap = done(front.swap("ann", 2, 5))
    made = done(front.override("replace", "bo", 4, 6, replaces="ann"))
    assert f"override {made['id']}" in conflict(front.take(swap, "chen"))
    assert front.people(3) == ["ann"]


# leaves


def test_who_is_on_leave_is_stood_in_for_by_the_next(front):
    done(front.leave("ann", 2, 5, reason="dentist"))
    assert front.people(3) == ["bo"]
    found = front.at(3)
    assert found["now"][0]["reason"].endswith(f"{front.name('ann')} is on leave")
    [absent] = found["absent"]
    assert absent["reason"] == f"on leave until {after(5)}"


def test_a_leave_that_leaves_nobody_is_a_gap(line):
    line.publish("ann")
    [said] = done(line.leave("ann", 2, 5))["warnings"]
    assert said["message"].startswith(f"leaves nobody on call for {line.word} ")
    assert line.covered(0, 24)["gaps"] == [window(2, 5)]


def test_a_cancelled_leave_has_never_been(front):
    leave = done(front.leave("ann", 2, 5))
    path = f"/v1/agents/{front.name('ann')}/leaves"
    front.api.ok("DELETE", f"{path}/{leave['id']}")
    assert front.people(3) == ["ann"]
    assert front.api.ok("GET", path)["items"] == []
    assert len(front.api.ok("GET", f"{path}?past=true")["items"]) == 1


def test_only_agents_go_on_leave_and_not_into_the_past(front):
    path = f"/v1/agents/{front.name('ann')}/leaves"
    assert front.api.post(f"{path}x", json=window(2, 5)).status_code == 404
    past = {"from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z"}
    assert set(refused(front.api.post(path, json=past))) == {"/to"}


# tried before it is published


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


# in a calendar


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


# watched


def test_hours_ahead_without_anybody_are_a_metric(line):
    line.publish("ann")
    sample = f'pledge_schedule_gap_seconds{{schedule="{line.word}"}} '

    def shown(figure):
        lines = line.api.get("/metrics").text.splitlines()
        return f"{sample}{figure}" in lines

    eventually(lambda: shown("0.0"))
    done(line.leave("ann", 2, 5))
    eventually(lambda: shown("10800.0"))


# people who leave


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
