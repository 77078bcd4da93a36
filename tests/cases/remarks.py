"""What a case says in prose, as data: read once, before the case is run.

`note`, the rule for a change, what a clock must do: no driver reads these texts. A note
that is not understood leaves the expectation as published; other prose that is not
understood stays as it is, and its driver refuses it.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tests.cases.model import Case
from tests.cases.ticket_policy import metric_of

RIGHT_TIME = re.compile(r"(?:exact|right|correct)\w* [\w ]*?(\d\d:\d\d(?::\d\d)?Z?)\b")
TIME_OF_DAY = re.compile(r"T\d\d:\d\d(:\d\d)?Z?")
WITH_SECONDS = re.compile(r"\b(\d+) minutes? \((\d+) s\)")
PER_EXCHANGE = re.compile(r"(two|three|four) misses .*per exchange it would be one")
NUMBERS = {"two": 2, "three": 3, "four": 4}
ANSWERS = ("next_response", "response", "update")
CHANGE_RULES = {
    r"carry.*(share|percent|proportion)": "carry_share",
    r"no retro|restart|from (the )?change": "restart",
    r"retro|carry|from.(start|creation)|recompute": "from_start",
    r"keep.*tight": "keep_tighter",
    r"keep": "keep",
}
"""What a source says it does with the time used, and our rule for it."""
DEADLINE = re.compile(r"\w+_due(?!_unchanged)")
STOPS = re.compile(r"must stop at (resolve|close)")
YEARLY = re.compile(r"yearly (\d+ [A-Z]\w+)")
ONE_WAIT = "judged by the note: one wait of a customer is one exchange"


@dataclass(frozen=True)
class Reading:
    """Where the note does not correct a mistake, any other outcome is right."""

    case: Case
    is_mistake: bool = False
    why: str | None = None


def read(case: Case) -> Reading:
    note, expected, why = case.get("note") or "", case["expected"], None
    if case.get("adopt") == "do_not_adopt":
        right_time = RIGHT_TIME.search(note)
        right = right_time and _corrected(expected, right_time[1])
        if right is None:
            why = "passes by differing from the mistake"
            return Reading(_in_data(case), is_mistake=True, why=why)
        expected, why = right, f"judged by the note: {right}"
    elif case.get("adopt") == "option" and (counted := PER_EXCHANGE.search(note)):
        expected = _per_exchange(expected, NUMBERS[counted[1]])
        why = None if expected == case["expected"] else ONE_WAIT
    return Reading(_in_data({**case, "expected": expected}), why=why)


def _in_data(case: Case) -> Case:
    expected = {name: _outcome(name, value) for name, value in case["expected"].items()}
    if case["kind"] == "elapsed":
        expected = _with_seconds(expected, case.get("note") or "")
    changed: Case = {"expected": expected}
    if targets := case.get("targets"):
        changed["targets"] = {name: _target(name, v) for name, v in targets.items()}
    if events := case.get("events"):
        changed["events"] = [_event(event) for event in events]
    return {**case, **changed}


def _corrected(expected: Any, right: str) -> Any:
    """With the right time of day, if one time and nothing else is expected."""
    if isinstance(expected, dict) and len(expected) == 1:
        ((name, value),) = expected.items()
        changed = _corrected(value, right)
        return changed and {name: changed}
    timed = isinstance(expected, str) and TIME_OF_DAY.search(expected)
    return TIME_OF_DAY.sub(f"T{right}", expected) if timed else None


def _per_exchange(expected: dict[str, Any], several: int) -> dict[str, Any]:
    """An option that counts each message of one wait; ours is one clock an exchange."""
    if not isinstance(expected.get("events"), dict):
        return expected
    misses = {
        name: 1 if count == several and metric_of(name) in ANSWERS else count
        for name, count in expected["events"].items()
    }
    return {**expected, "events": misses}


def _with_seconds(expected: dict[str, Any], note: str) -> dict[str, Any]:
    """Of a source that drops seconds. A note of other minutes is on something else."""
    found = WITH_SECONDS.search(note)
    if found is None:
        return expected
    whole, seconds = int(found[1]) * 60, int(found[2])
    same = expected["elapsed_s"] == whole == seconds - seconds % 60
    return {**expected, "elapsed_s": seconds} if same else expected


def _outcome(name: str, value: Any) -> Any:
    """`T0+2h, unchanged` is two statements; any other addition explains."""
    if not isinstance(value, str):
        return value
    if DEADLINE.match(name):
        at, _, more = value.partition(", ")
        return {"at": at, "unchanged": True} if more == "unchanged" else at or None
    if name.endswith("_clock") and (found := STOPS.search(value)):
        return {"stops_at": found[1]}
    return value


def _target(name: str, value: Any) -> Any:
    if name not in ("rule", "mode"):
        return value
    fits = (ours for text, ours in CHANGE_RULES.items() if re.search(text, str(value)))
    return next(fits, value)


def _event(event: Any) -> Any:
    """`yearly 24 December`, as a yearly holiday of ours is written."""
    text = event.get("event") if isinstance(event, dict) else None
    found = YEARLY.fullmatch(str(text))
    if found is None:
        return event
    day = datetime.strptime(f"{found[1]} 2000", "%d %B %Y")  # noqa: DTZ007 - a date
    return {**event, "yearly": f"{day:%m-%d}"}
