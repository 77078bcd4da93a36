"""The words of a case that no published one uses yet, told by our own examples: a desk
in Berlin, open on weekdays from nine to five, and a ticket opened on Monday at ten.
"""

from typing import Any

import pytest

from tests.cases.runner import run

DESK = {
    "tz": "Europe/Berlin",
    "hours": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": [],
}
MONDAY = {"at": "2026-01-12T10:00:00", "type": "created"}
EIGHT_HOURS = {"solution_h": 8}


def case(events: list[Any], expected: Any, targets: Any = EIGHT_HOURS) -> Any:
    return {
        "id": "ours",
        "system": "ours",
        "kind": "ticket",
        "calendar": DESK,
        "targets": targets,
        "events": [MONDAY, *events],
        "expected": expected,
        "note": "",
        "adopt": "adopt",
    }


def event(at: str, type_: str, **more: Any) -> dict[str, Any]:
    return {"at": f"2026-01-{at}:00", "type": type_, **more}


def result(*given: Any) -> str:
    return run(case(*given)).result


@pytest.mark.parametrize(
    ("rule", "due"),
    [
        ("recompute from creation", "12T14:00"),
        ("carry share of the budget", "12T16:30"),
        ("restart", "13T11:00"),
        ("no retroactive start", "13T11:00"),
        ("retroactive start", "12T14:00"),
        ("keep", "13T10:00"),
    ],
)
def test_a_priority_that_is_raised_by_each_rule(rule, due):
    targets = {"solution_h": {"normal": 8, "high": 4}, "rule": rule}
    raised = event("12T15:00", "priority_changed", to="high")
    assert result([raised], {"due_at": f"2026-01-{due}:00"}, targets) == "pass"


def test_an_edited_policy_applies_to_the_running_clock():
    edited = event("12T10:30", "policy_edited", targets={"solution_h": 2})
    expected = {
        "due_at_before": "2026-01-13T10:00:00",
        "due_at_after": "2026-01-12T12:00:00",
    }
    assert result([edited], expected) == "pass"
    assert result([event("12T10:30", "policy_edited")], expected) == "unsupported"


def test_a_policy_that_is_removed_leaves_no_deadline():
    removed = event("12T10:30", "sla_removed")
    assert result([removed], {"due_at": {"solution": None}}) == "pass"


@pytest.mark.parametrize(
    ("edit", "due"),
    [
        (event("12T12:00", "holiday_added", date="2026-01-13"), "14T10:00"),
        (event("12T12:00", "calendar_edited", tz="Europe/London"), "12T17:00"),
        (event("12T12:00", "calendar_edited", calendar={"holidays": []}), "13T10:00"),
    ],
)
def test_an_edited_calendar_applies_to_the_running_clock(edit, due):
    assert result([edit], {"before": "2026-01-13T10:00:00"}) == "pass"
    offset = "+00:00" if "tz" in edit else "+01:00"
    expected = {"after": f"2026-01-{due}:00{offset}"}
    assert result([edit], expected) == "pass"


def test_an_edit_that_says_nothing_new_is_not_run():
    assert result([event("12T12:00", "calendar_edited")], {"due_at": None}) == (
        "unsupported"
    )


def test_a_reopened_ticket_goes_on_where_it_stopped():
    events = [event("12T14:00", "resolved"), event("14T10:00", "reopened")]
    assert result(events, {"due_at": "2026-01-14T14:00:00"}) == "pass"


def test_a_budget_that_ends_at_closing_is_met_by_an_answer_in_the_evening():
    targets = {"first_response_h": 4}
    created = {"at": "2026-01-12T13:00:00", "type": "created"}
    for at, verdict in (("12T20:00", "met"), ("13T09:01", "missed")):
        answered = [event(at, "agent_reply")]
        made = case(answered, {"first_response": verdict}, targets)
        assert run({**made, "events": [created, *answered]}).result == "pass"


@pytest.mark.parametrize("word", ["internal note", "agent_note", "auto_reply", "bot"])
def test_what_is_no_answer_leaves_the_first_response_open(word):
    targets, spoken = {"first_response_h": 1}, [event("12T10:30", word)]
    due = "2026-01-12T11:00:00"
    assert result(spoken, {"next_escalation": due}, targets) == "pass"
    spoken = [event("12T10:30", "phone_call")]
    assert result(spoken, {"next_escalation": None}, targets) == "pass"


def test_a_ticket_that_went_into_another_has_no_deadline_and_misses_nothing():
    merged, later = event("12T12:00", "merged"), event("14T12:00", "now")
    expected = {"due_at": {"solution": None}, "events": {"rt": 0}}
    assert result([merged, later], expected) == "pass"
    assert result([later], {"events": {"rt": 1}}) == "pass"


def test_a_word_that_nobody_knows_is_not_run():
    eaten = run(case([event("12T12:00", "eaten")], {"due_at": None}))
    assert (eaten.result, eaten.reason) == (
        "unsupported",
        "no command of ours for the event 'eaten'",
    )
    asked = run(case([], {"colour": "red"}))
    assert asked.reason == "'colour' is not asked of tickets"
    promised = run(case([], {"due_at": None}, {"joy_min": 5}))
    assert promised.reason == "no metric of ours for 'joy'"
