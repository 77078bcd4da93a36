"""On-call schedules as documents, who is on call, and the exceptions.

Only the outline of a document is checked here; `domain` reads the rest and reports all
errors in one answer.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, JsonValue, RootModel, WithJsonSchema

from api.http.answers import Answer, Made
from api.http.fields import (
    DISPLAYED,
    Identifier,
    Instant,
    Line,
    PlainJson,
    Strict,
    example,
)
from api.http.warning import WarningOut
from domain.oncall.dated_shifts_form import MOST_SHIFTS
from domain.oncall.override import OverrideKind
from domain.oncall.shift_sources import MOST_CHARACTERS

TEXT: dict[str, JsonValue] = {"type": "string"}
ROTATION: dict[str, JsonValue] = {
    "type": "object",
    "required": ["start", "unit", "people"],
    "additionalProperties": False,
    "properties": {
        "start": {**TEXT, "examples": ["2026-01-05T09:00"]},
        "unit": {"enum": ["hour", "day", "week", "month"]},
        "length": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
        "people": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 1000},
    },
    "description": "`start`: the first hand-off in local wall time; `agents`: in order",
}
RESTRICTION: dict[str, JsonValue] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "days": {"type": "array", "items": TEXT, "description": "`mon` to `sun`"},
        "from": {**TEXT, "examples": ["09:00"]},
        "to": {
            **TEXT,
            "description": (
                "Up to 24:00, or past midnight if the end is earlier than the start"
            ),
        },
    },
}
SHIFT: dict[str, JsonValue] = {
    "type": "object",
    "required": ["from", "to", "person"],
    "additionalProperties": False,
    "properties": {
        "from": {**TEXT, "examples": ["2026-12-24T18:00", "2026-12-24T17:00:00Z"]},
        "to": TEXT,
        "person": TEXT,
    },
    "description": "In local wall time, or in UTC with Z",
}
LAYER: dict[str, JsonValue] = {
    "type": "object",
    "required": ["name"],
    "oneOf": [{"required": [source]} for source in ("rotation", "shifts", "ical")],
    "additionalProperties": False,
    "properties": {
        "name": TEXT,
        "tz": {**TEXT, "description": "If it differs from the schedule's"},
        "rotation": ROTATION,
        "shifts": {"type": "array", "items": SHIFT, "maxItems": MOST_SHIFTS},
        "ical": {
            **TEXT,
            "maxLength": MOST_CHARACTERS,
            "description": "An iCalendar text, expanded into shifts when published",
        },
        "people": {
            "type": "object",
            "additionalProperties": TEXT,
            "description": "For `ical`: the agent for a summary or an address",
        },
        "restrict": {"type": "array", "items": RESTRICTION, "maxItems": 100},
        "from": {**TEXT, "description": "Local time; the layer applies from then on"},
        "until": {**TEXT, "description": "Local; and up to then"},
        "masks": {
            "type": "boolean",
            "description": "While it applies, all others are ignored",
        },
        "priority": {"type": "integer", "minimum": 0, "maximum": 1000},
    },
}
Layers = Annotated[
    list[Any],
    PlainJson,
    WithJsonSchema(
        {
            "type": "array",
            "items": LAYER,
            "minItems": 1,
            "maxItems": 100,
            "description": (
                "A later layer overrides an earlier one; or each has a `priority`, and "
                "equal ones are on call together"
            ),
        }
    ),
]
FRONT_LINE: dict[str, JsonValue] = {
    "tz": "America/Chicago",
    "layers": [
        {
            "name": "base",
            "rotation": {
                "start": "2026-01-05T09:00",
                "unit": "week",
                "people": ["ann", "bo"],
            },
            "restrict": [
                {"days": ["mon", "tue", "wed"], "from": "09:00", "to": "21:00"}
            ],
        }
    ],
}


class ScheduleIn(Strict):
    """Who is on call when: rotations handed over in local wall time, dated shifts, or
    an iCalendar text.
    """

    model_config = example(**FRONT_LINE)
    name: Line | None = Field(default=None, description=DISPLAYED)
    tz: Line
    layers: Layers


class SchedulePreviewIn(Strict):
    """`as_next_of`: as the next version of this schedule, which keeps the rotation
    positions and the overrides; otherwise as a new schedule.
    """

    model_config = example(
        schedule=FRONT_LINE,
        **{"from": "2026-12-07T00:00:00Z", "to": "2026-12-14T00:00:00Z"},
    )
    schedule: ScheduleIn
    from_: Instant = Field(alias="from")
    to: Instant
    as_next_of: Identifier | None = None


class OverrideIn(Strict):
    """`add` puts the person on call besides the others, `remove` takes the person off
    call, `replace` puts the person on call instead of `replaces`, or instead of
    everybody if it is left out. Of two overrides the one with the higher `priority`
    wins.
    """

    model_config = example(
        kind="replace",
        person="bo",
        replaces="ann",
        reason="ann is at the dentist",
        **{"from": "2026-12-07T15:00:00Z", "to": "2026-12-07T20:00:00Z"},
    )
    kind: OverrideKind
    person: Identifier
    replaces: Identifier | None = None
    from_: Instant = Field(alias="from")
    to: Instant
    reason: Line
    priority: int = Field(default=0, ge=0, le=1000)


class WindowIn(Strict):
    from_: Instant = Field(alias="from")
    to: Instant


class SwapIn(Strict):
    """`person` offers shift time, to anybody or to the agent in `with`; `back` is the
    time wanted in return. Nothing changes before the offer is taken. `person` may be
    left out with the key of an agent.
    """

    model_config = example(
        person="ann",
        back={"from": "2026-12-14T15:00:00Z", "to": "2026-12-14T20:00:00Z"},
        **{
            "with": "bo",
            "from": "2026-12-07T15:00:00Z",
            "to": "2026-12-07T20:00:00Z",
        },
    )
    person: Identifier | None = None
    with_: Identifier | None = Field(default=None, alias="with")
    from_: Instant = Field(alias="from")
    to: Instant
    back: WindowIn | None = None
    reason: Line | None = None


class TakeIn(Strict):
    """`person`: who takes it. It may be left out with the key of an agent."""

    model_config = example(person="bo")
    person: Identifier | None = None


class LeaveIn(Strict):
    model_config = example(
        reason="vacation",
        **{"from": "2026-12-21T00:00:00+08:00", "to": "2027-01-04T00:00:00+08:00"},
    )
    from_: Instant = Field(alias="from")
    to: Instant
    reason: Line | None = None


class WindowOut(Answer):
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")


class OnCallShiftOut(WindowOut):
    """`reason`: the layer and rotation position, the override or the swap."""

    person: str
    reason: str


class AbsentOut(Answer):
    person: str
    reason: str


class OnCallOut(Answer):
    """`now` has whole shifts; `next` and `previous` are the next and the last people
    other than those; `absent` lists the other people, and why they are not on call.
    `version`: the version of the schedule at that time, null after it was retired. For
    times before `published_at` the answer shows what the first version would have
    given; nobody was notified by it then.
    """

    schedule: Made[str]
    version: Made[int | None]
    published_at: Made[datetime | None]
    at: datetime
    now: list[OnCallShiftOut]
    next: list[OnCallShiftOut]
    previous: list[OnCallShiftOut]
    absent: list[AbsentOut]


class ShiftsOut(Answer):
    """Shifts cut to the range; `gaps`: when nobody is on call."""

    schedule: Made[str]
    begin: Made[datetime] = Field(alias="from")
    end: Made[datetime] = Field(alias="to")
    shifts: Made[list[OnCallShiftOut]]
    gaps: Made[list[WindowOut]]


class WhoOut(RootModel[OnCallOut | ShiftsOut]):
    """The first form answers `at`, the second `from` and `to`."""


class SchedulePreviewOut(Answer):
    shifts: Made[list[OnCallShiftOut]]
    gaps: Made[list[WindowOut]]
    warnings: Made[list[WarningOut]]


class OverrideOut(Answer):
    id: str
    kind: OverrideKind
    person: str
    replaces: str | None
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    reason: str
    priority: int
    by: str = Field(alias="made_by")
    made_at: datetime
    cancelled_at: datetime | None


class NewOverrideOut(OverrideOut):
    warnings: Made[list[WarningOut]]


class SwapOut(Answer):
    id: str
    asker: str = Field(alias="person")
    offered_to: str | None = Field(alias="with")
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    back: Made[WindowOut | None]
    reason: str
    taker: str | None = Field(alias="taken_by")
    taken_at: datetime | None
    cancelled_at: datetime | None


class TakenSwapOut(SwapOut):
    warnings: Made[list[WarningOut]]


class LeaveOut(Answer):
    id: str
    person: str = Field(alias="agent")
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
    reason: str
    made_at: datetime
    cancelled_at: datetime | None


class NewLeaveOut(LeaveOut):
    """`warnings`: hours in which the leave leaves nobody on call, for each schedule."""

    warnings: Made[list[WarningOut]]
