"""What a change does to a clock that is running: one rule per kind of change.

    from_start     the new target counts from the old start, pauses kept
    carry_share    half of the budget was used, so half of the new one is
    restart        the new target counts from the change
    keep           the old target stands
    keep_tighter   the earlier of the two deadlines stands

Table 2.3 of the study of the field; each application is recorded with both deadlines.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias, get_args

from domain.duration import parse_duration
from domain.errors import FieldError, UnknownWordError

ChangeRule = Literal["from_start", "carry_share", "restart", "keep", "keep_tighter"]
EditRule = Literal["pinned", "restate"]
ReopenRule = Literal["resume", "count", "new_cycle"]
SplitRule = Literal["split_message", "original"]
Cause: TypeAlias = Literal["priority", "tier", "other", "edit"]
ZERO = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class ChangeRules:
    """`grace`: a promise that a change makes overdue still holds for this long after
    the change. `reopen_within`: a ticket reopened later than this starts a new cycle.
    """

    priority: ChangeRule = "from_start"
    tier: ChangeRule = "from_start"
    other: ChangeRule = "from_start"
    policy_edit: EditRule = "pinned"
    calendar_edit: EditRule = "restate"
    reopen: ReopenRule = "resume"
    reopen_within: timedelta | None = None
    split: SplitRule = "split_message"
    grace: timedelta = ZERO

    def of(self, cause: Cause) -> ChangeRule:
        by_cause: dict[Cause, ChangeRule] = {
            "priority": self.priority,
            "tier": self.tier,
            "other": self.other,
            "edit": "from_start",
        }
        return by_cause[cause]


WORDS: dict[str, tuple[str, ...]] = {
    "priority": get_args(ChangeRule),
    "tier": get_args(ChangeRule),
    "other": get_args(ChangeRule),
    "policy_edit": get_args(EditRule),
    "calendar_edit": get_args(EditRule),
    "reopen": get_args(ReopenRule),
    "split": get_args(SplitRule),
}
DURATIONS = ("reopen_within", "grace")


def parse_change_rules(document: object, errors: list[FieldError]) -> ChangeRules:
    if not isinstance(document, dict):
        if document is not None:
            errors.append(FieldError("/on_change", "must be an object"))
        return ChangeRules()
    found: dict[str, object] = {}
    for name, value in document.items():
        pointer = f"/on_change/{name}"
        if name in WORDS:
            if value in WORDS[name]:
                found[name] = value
            else:
                errors.append(UnknownWordError.of(pointer, value, WORDS[name]))
        elif name in DURATIONS:
            found[name] = _length(value, pointer, errors)
        else:
            known = (*WORDS, *DURATIONS)
            errors.append(UnknownWordError.of(pointer, name, known))
    return ChangeRules(**found)  # type: ignore[arg-type] # each was just checked


def _length(value: object, pointer: str, errors: list[FieldError]) -> timedelta:
    try:
        length = parse_duration(str(value))
    except ValueError as error:
        errors.append(FieldError(pointer, str(error)))
        return ZERO
    if length < ZERO:
        errors.append(FieldError(pointer, "must not be negative"))
    return length
