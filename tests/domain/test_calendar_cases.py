"""What other systems published about business time holds for ours."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.cases.runner import DRIVERS, run

FILE = Path(__file__).parents[1] / "vectors" / "sla.jsonl"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines()
]
OURS = [case for case in CASES if case["kind"] in DRIVERS]

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


@pytest.mark.parametrize("case", OURS, ids=lambda case: case["id"])
def test_the_outcome_is_ours(case: dict[str, Any]) -> None:
    result = run(case)
    assert result.result == "pass", result


def test_no_case_about_calendars_is_left_out() -> None:
    assert Counter(case["kind"] for case in OURS) == {
        "deadline": 33,
        "elapsed": 35,
        "segments": 8,
        "in_hours": 6,
        "business_days": 7,
        "backward": 3,
        "wall_to_utc": 2,
    }


def test_a_wrong_expectation_fails() -> None:
    assert run(WRONG).result == "fail"


def test_a_mistake_not_to_adopt_passes_by_the_right_value_in_its_note() -> None:
    mistake = {**WRONG, "adopt": "do_not_adopt"}
    assert run(mistake).result == "pass"
    assert run({**mistake, "note": "exact answer is 00:01:00Z."}).result == "pass"
    assert run({**mistake, "note": "exact answer is 00:01:30Z."}).result == "fail"


def test_an_unknown_kind_is_unsupported_and_a_broken_case_fails() -> None:
    assert run({**WRONG, "kind": "horoscope"}).result == "unsupported"
    assert run({**WRONG, "targets": {}}).result == "unsupported"
    assert (
        run({**WRONG, "events": [{"at": "2026-13-01", "type": "x"}]}).result == "fail"
    )


@pytest.mark.parametrize(("case", "code"), [(OURS[0], 0), (WRONG, 1)])
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
