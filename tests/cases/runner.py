"""Runs one case: reads its remarks, finds the driver of its kind, judges the answer.

`adopt` and `option` cases must agree (an option under the rule that its note names). A
`do_not_adopt` case records a mistake of its source: it passes if our answer is the one
that its note gives or, where that cannot be read from the note, if it differs from the
mistake.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from domain.errors import InvalidError
from tests.cases import calendar_kinds, config_kinds
from tests.cases.model import Answer, Case, UndrivableError
from tests.cases.remarks import read
from tests.cases.ticket_answers import ticket

Driver = Callable[[Case], Answer]
Word = Literal["pass", "fail", "unsupported"]

DRIVERS: Mapping[str, Driver] = {
    "deadline": calendar_kinds.deadline,
    "elapsed": calendar_kinds.elapsed_time,
    "segments": calendar_kinds.business_pieces,
    "backward": calendar_kinds.backward,
    "wall_to_utc": calendar_kinds.wall_clock,
    "in_hours": calendar_kinds.in_hours,
    "business_days": calendar_kinds.business_days,
    "ticket": ticket,
    "ticket+level": ticket,
    "status": ticket,
    "metrics": ticket,
    "state_machine": ticket,
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


@dataclass(frozen=True)
class Result:
    id: str | None
    kind: str | None
    result: Word
    got: Any
    expected: Any
    reason: str | None = None

    def line(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in asdict(self).items()
            if name != "reason" or value is not None
        }


def run(case: Case) -> Result:
    word, got, reason = _judged(case)
    named, kind = case.get("id"), case.get("kind")
    return Result(named, kind, word, got, case.get("expected"), reason)


def _judged(case: Case) -> tuple[Word, Any, str | None]:
    kind = str(case.get("kind"))
    if kind not in DRIVERS:
        reason = UNDRIVEN.get(kind, f"no driver for the kind {kind!r}")
        return "unsupported", None, reason
    try:
        reading = read(case)
        answer = DRIVERS[kind](reading.case)
    except UndrivableError as error:
        return "unsupported", None, str(error)
    except InvalidError as error:
        return "fail", {"refused": str(error)}, "what the case asks for is refused"
    except Exception as error:  # noqa: BLE001 - one bad case must not hide the rest
        return "fail", None, f"not in the expected form: {error!r}"
    passed = answer.agrees is not reading.is_mistake
    return "pass" if passed else "fail", answer.got, reading.why or answer.why
