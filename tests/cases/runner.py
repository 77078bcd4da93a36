"""Runs one case: finds the driver of its kind and judges the answer.

`adopt` and `option` cases must agree (an option under the rule that its note names,
which the driver applies). A `do_not_adopt` case records a mistake of its source: it
passes if our answer is the one that its note gives or, where that cannot be read from
the note, if it differs from the mistake.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from domain.sla.calendar import CalendarError
from tests.cases import calendar_kinds
from tests.cases.model import Answer, Case, UndrivableError

Driver = Callable[[Case], Answer]

DRIVERS: Mapping[str, Driver] = {
    "deadline": calendar_kinds.deadline,
    "elapsed": calendar_kinds.elapsed_time,
    "segments": calendar_kinds.business_pieces,
    "backward": calendar_kinds.backward,
    "wall_to_utc": calendar_kinds.wall_clock,
    "in_hours": calendar_kinds.in_hours,
    "business_days": calendar_kinds.business_days,
}

RIGHT_TIME = re.compile(r"(?:exact|right|correct)\w* [\w ]*?(\d\d:\d\d(?::\d\d)?Z?)\b")
TIME_OF_DAY = re.compile(r"T\d\d:\d\d(:\d\d)?Z?")


@dataclass(frozen=True)
class Result:
    id: str
    kind: str
    result: Literal["pass", "fail", "unsupported"]
    got: Any
    expected: Any
    reason: str | None = None

    def line(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in asdict(self).items()
            if name != "reason" or value is not None
        }


def run_all(cases: Iterable[Case]) -> Iterator[Result]:
    return (run(case) for case in cases)


def run(case: Case) -> Result:
    kind, expected = case["kind"], case["expected"]
    driver = DRIVERS.get(kind)
    if driver is None:
        reason = f"no driver for the kind {kind!r}"
        return Result(case["id"], kind, "unsupported", None, expected, reason)
    try:
        return _judged(case, driver)
    except UndrivableError as error:
        return Result(case["id"], kind, "unsupported", None, expected, str(error))
    except CalendarError as error:
        got = {"refused": str(error)}
        return Result(case["id"], kind, "fail", got, expected, "calendar refused")
    except Exception as error:  # noqa: BLE001 - one bad case must not hide the rest
        reason = f"not in the expected form: {error!r}"
        return Result(case["id"], kind, "fail", None, expected, reason)


def _judged(case: Case, driver: Driver) -> Result:
    passed, reason = False, None
    if case.get("adopt") != "do_not_adopt":
        answer = driver(case)
        passed = answer.agrees
    elif (right := _corrected(case)) is not None:
        answer = driver({**case, "expected": right})
        passed, reason = answer.agrees, f"judged by the note: {right}"
    else:
        answer = driver(case)
        passed, reason = not answer.agrees, "passes by differing from the mistake"
    word: Literal["pass", "fail"] = "pass" if passed else "fail"
    return Result(case["id"], case["kind"], word, answer.got, case["expected"], reason)


def _corrected(case: Case) -> dict[str, Any] | None:
    """The expectation with the time of day that the note calls right."""
    found = RIGHT_TIME.search(case.get("note", ""))
    if found is None or len(case["expected"]) != 1:
        return None
    ((name, wrong),) = case["expected"].items()
    if not isinstance(wrong, str) or not TIME_OF_DAY.search(wrong):
        return None
    return {name: TIME_OF_DAY.sub(f"T{found[1]}", wrong)}
