"""Overrides, swaps and leaves change who is on call, for a while and on record."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.on_call_line import after, conflict, done, refused, window


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
