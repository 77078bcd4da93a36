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

from domain.errors import InvalidError
from tests.cases import calendar_kinds, config_kinds, ticket_kinds
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
    "ticket": ticket_kinds.ticket,
    "ticket+level": ticket_kinds.ticket,
    "status": ticket_kinds.ticket,
    "metrics": ticket_kinds.measured,
    "state_machine": ticket_kinds.measured,
    "validation": config_kinds.validation,
    "calendar": config_kinds.holidays,
}

IN_WORDS = "the rule is in words, without values to run"
UNDRIVEN: Mapping[str, str] = {
    "pause_rule": IN_WORDS,
    "policy_match": IN_WORDS,
    "semantics": IN_WORDS,
    "recalculation": IN_WORDS,
    "display": "what a screen shows; our API answers in UTC with the offset",
    "levels": "levels with a condition of their own that act before the breach",
    "condition_lint": IN_WORDS,
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
        reason = UNDRIVEN.get(kind, f"no driver for the kind {kind!r}")
        return Result(case["id"], kind, "unsupported", None, expected, reason)
    try:
        return _judged(case, driver)
    except UndrivableError as error:
        return Result(case["id"], kind, "unsupported", None, expected, str(error))
    except InvalidError as error:
        got = {"refused": str(error)}
        return Result(
            case["id"], kind, "fail", got, expected, "what the case asks for is refused"
        )
    except Exception as error:  # noqa: BLE001 - one bad case must not hide the rest
        reason = f"not in the expected form: {error!r}"
        return Result(case["id"], kind, "fail", None, expected, reason)


def _judged(case: Case, driver: Driver) -> Result:
    if case.get("adopt") != "do_not_adopt":
        answer = driver(case)
        passed, reason = answer.agrees, answer.why
    elif (right := _corrected(case)) is not None:
        answer = driver({**case, "expected": right})
        passed, reason = answer.agrees, f"judged by the note: {right}"
    else:
        answer = driver(case)
        passed, reason = not answer.agrees, "passes by differing from the mistake"
    word: Literal["pass", "fail"] = "pass" if passed else "fail"
    return Result(case["id"], case["kind"], word, answer.got, case["expected"], reason)


def _corrected(case: Case) -> dict[str, Any] | None:
    """The expectation with the time of day that the note calls right, if it expects
    one time only.
    """
    found = RIGHT_TIME.search(case.get("note", ""))
    expected: dict[str, Any] = case["expected"]
    if found is None or len(list(_values(expected))) != 1:
        return None
    (wrong,) = _values(expected)
    if not isinstance(wrong, str) or not TIME_OF_DAY.search(wrong):
        return None
    right = TIME_OF_DAY.sub(f"T{found[1]}", wrong)
    changed: dict[str, Any] = _with_values(expected, right)
    return changed


def _values(expected: Any) -> Iterator[Any]:
    if isinstance(expected, dict):
        for value in expected.values():
            yield from _values(value)
    else:
        yield expected


def _with_values(expected: Any, value: Any) -> Any:
    if isinstance(expected, dict):
        return {name: _with_values(old, value) for name, old in expected.items()}
    return value
