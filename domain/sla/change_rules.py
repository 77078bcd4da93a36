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

from domain.documents.reader import Reader
from domain.duration import parse_duration

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


def read_change_rules(reader: Reader) -> ChangeRules:
    if not reader.is_object():
        return ChangeRules()
    reader.refuse_others((*WORDS, *DURATIONS))
    found: dict[str, object] = {}
    for name, rule in reader.members().items():
        if name in WORDS:
            found[name] = rule.one_of(WORDS[name])
        elif name in DURATIONS:
            found[name] = _read_length(rule)
    return ChangeRules(**found)  # type: ignore[arg-type] # each was just checked


def _read_length(reader: Reader) -> timedelta:
    length = reader.parsed(parse_duration) or ZERO
    if length < ZERO:
        reader.fault("must not be negative")
    return length
