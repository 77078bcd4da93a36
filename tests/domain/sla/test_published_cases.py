"""What other systems published about promises and business time holds for ours.

Every case of the file is run, as `python -m tests.cases` runs it; what cannot be run
is named here with its reason, and is tested by its id in `test_sla_cases_read` as far
as it applies.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.sla.forecast import used
from domain.ticket.clock_explanation import explain
from tests.cases.remarks import read
from tests.cases.runner import DRIVERS, run
from tests.cases.ticket_answers import answer
from tests.cases.ticket_story import TicketStory
from tests.cases.ticket_words import BY_THE_TICKET, ONE_FOR_ALL
from tests.support.files import VECTORS

FILE = VECTORS / "sla.jsonl"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()
]
NOT_RUN = {
    "dynamics365-001": "the rule is in words",
    "dynamics365-003": "the rule is in words",
    "frappe-helpdesk-024": "the rule is in words",
    "frappe-helpdesk-026": "what a screen shows",
    "freshdesk-001": "the rule is in words",
    "glpi-037": "no target is given",
    "glpi-038": "levels with a condition of their own",
    "servicenow-003": "the rule is in words",
    "servicenow-005": "the rule is in words",
    "zammad-061": "the rule is in words",
    "zendesk-001": "the rule is in words",
    "zendesk-003": "the rule is in words",
    "znuny-056": "the input is in words",
}
RUN = [case for case in CASES if case["id"] not in NOT_RUN]
TICKETS = ("ticket", "ticket+level", "status", "metrics", "state_machine")

WRONG = {
    "id": "made-up",
    "kind": "deadline",
    "calendar": None,
    "targets": {"deadline_s": 60},
    "events": [{"at": "2026-01-01T00:00:00Z", "type": "created"}],
    "expected": {"deadline": "2026-01-01T00:02:00Z"},
    "note": "",
    "adopt": "adopt",
}


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_the_outcome_is_ours(case: dict[str, Any]) -> None:
    result = run(case)
    assert result.result == "pass", result


def test_every_case_that_is_not_run_says_why() -> None:
    results = [run(case) for case in CASES if case["id"] in NOT_RUN]
    assert {result.id for result in results} == NOT_RUN.keys()
    for result in results:
        assert result.result == "unsupported"
        assert NOT_RUN[result.id] in (result.reason or "")


def played(case: dict[str, Any]) -> TicketStory:
    return TicketStory(read(case).case)


@pytest.mark.parametrize(
    "case", [c for c in RUN if c["kind"] in TICKETS], ids=lambda case: case["id"]
)
def test_the_intervals_of_every_clock_add_up_to_what_it_used(
    case: dict[str, Any],
) -> None:
    played_out = played(case)
    story, at = played_out.story, played_out.now
    for clock in story.ticket.clocks:
        why = explain(story.events, clock.key, story.world.calendar, at)
        calendar = story.world.calendar(clock.calendar)
        counted = sum((i.counted for i in why.intervals), timedelta(0))
        assert why.elapsed == counted == used(clock, at, calendar)


def wrong_values(value: Any) -> Iterator[Any]:
    """The value with one thing in it made wrong, each in turn; nothing of a text."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ({**value, name: wrong} for wrong in wrong_values(inner))
    elif isinstance(value, list):
        yield [*value, "set"]
    elif isinstance(value, str):
        yield from wrong_texts(value)
    elif value is None:
        yield "2030-01-01T00:00:00Z"
    else:
        yield not value if isinstance(value, bool) else value + 1


def wrong_texts(text: str) -> Iterator[str | None]:
    for vocabulary in (ONE_FOR_ALL, BY_THE_TICKET):
        if text in vocabulary:
            yield from (word for word in vocabulary if word != text)
    if re.match(r"\d{4}-", text):
        yield (datetime.fromisoformat(text) + timedelta(seconds=1)).isoformat()
        yield None


@pytest.mark.parametrize(
    "case",
    [c for c in RUN if c["kind"] in TICKETS and c["adopt"] != "do_not_adopt"],
    ids=lambda case: case["id"],
)
def test_any_other_outcome_would_fail(case: dict[str, Any]) -> None:
    story = played(case)
    for wrong in wrong_values(case["expected"]):
        story.case = read({**case, "expected": wrong}).case
        assert not answer(story).agrees, wrong


@pytest.mark.parametrize(
    "case",
    [c for c in RUN if c["kind"] not in TICKETS and c["adopt"] != "do_not_adopt"],
    ids=lambda case: case["id"],
)
def test_any_other_answer_of_a_calendar_would_fail(case: dict[str, Any]) -> None:
    for wrong in wrong_values(case["expected"]):
        assert run({**case, "expected": wrong}).result == "fail", wrong


def test_a_wrong_expectation_fails() -> None:
    assert run(WRONG).result == "fail"


def test_a_mistake_not_to_adopt_passes_by_the_right_value_in_its_note() -> None:
    mistake = {**WRONG, "adopt": "do_not_adopt"}
    assert run(mistake).result == "pass"
    assert run({**mistake, "note": "exact answer is 00:01:00Z."}).result == "pass"
    assert run({**mistake, "note": "exact answer is 00:01:30Z."}).result == "fail"


@pytest.mark.parametrize(
    ("published_s", "note", "result"),
    [
        (120, "2 minutes (123 s)", "pass"),
        (120, "2 minutes (124 s)", "fail"),
        (120, "", "fail"),
        (123, "a pause of 5 minutes (300 s)", "pass"),
        (300, "a pause of 5 minutes (301 s)", "fail"),
    ],
)
def test_a_note_gives_the_seconds_that_a_source_drops(
    published_s: int, note: str, result: str
) -> None:
    end = {"at": "2026-01-01T00:02:03Z", "type": "closed"}
    events = [*WRONG["events"], end]
    case = {**WRONG, "kind": "elapsed", "events": events, "note": note}
    assert run({**case, "expected": {"elapsed_s": published_s}}).result == result


def test_a_line_without_a_kind_does_not_hide_the_others() -> None:
    assert run({"id": "ESC-001", "topic": "rotation"}).result == "unsupported"


def test_an_unknown_kind_is_unsupported_and_a_broken_case_fails() -> None:
    assert "horoscope" not in DRIVERS
    assert run({**WRONG, "kind": "horoscope"}).result == "unsupported"
    assert run({**WRONG, "targets": {}}).result == "unsupported"
    assert (
        run({**WRONG, "events": [{"at": "2026-13-01", "type": "x"}]}).result == "fail"
    )


@pytest.mark.parametrize(("case", "code"), [(RUN[0], 0), (WRONG, 1)])
def test_the_command_prints_a_line_a_case_and_a_summary(
    tmp_path: Path, case: dict[str, Any], code: int
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(json.dumps(case) + "\n")
    command = [sys.executable, "-m", "tests.cases", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    line, summary = done.stdout.splitlines()
    assert done.returncode == code
    assert list(json.loads(line))[:5] == ["id", "kind", "result", "got", "expected"]
    assert summary == f"{1 - code} passed, {code} failed, 0 skipped"
