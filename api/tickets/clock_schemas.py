"""Answers about clocks: why a clock is as it is, and attainment. Durations are ISO
8601.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from api.http.fields import FROM_TO, DurationText, Line, Strict, example
from api.ports import Grouping
from api.tickets.schemas import ActorOut, DecisionOut, ExcuseOut, PolicyOut
from domain.lifecycle.status import Status
from domain.sla.consumption import IntervalKind


class ExcuseIn(Strict):
    """`cycle`: if left out, the last one."""

    model_config = example(reason="the carrier's lorry broke down")
    reason: Line
    cycle: int | None = Field(default=None, ge=1, le=2**31 - 1)


class CauseOut(BaseModel):
    """The event of the ticket that caused it, and who did that."""

    version: int
    event_id: str
    type: str
    actor: ActorOut


class IntervalOut(BaseModel):
    """Half-open: `from` is included, `to` is not. `counted`: what it adds to the
    elapsed time. `status`, `team`, `assignee`: those of the ticket at that time.

    running: counts. paused: does not count; a pause outside the business hours is
    `closed`, because it costs nothing. closed, holiday: outside the hours of the
    calendar. reopened: the ticket was resolved; counts by the rule of the policy.
    unpromised: no policy promised it for a while; counts. carried: the time before a
    change of the target, which was set aside or carried over in part.
    """

    model_config = FROM_TO | ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "from": "2026-11-23T09:00:00Z",
                    "to": "2026-11-23T10:30:00Z",
                    "kind": "paused",
                    "counted": "PT0S",
                    "reason": "waiting for a photo",
                    "cause": {
                        "version": 4,
                        "event_id": "0199c0de-0000-7000-8000-000000000001/4",
                        "type": "ticket.paused",
                        "actor": {"id": "ann", "kind": "user", "on_behalf_of": None},
                    },
                    "holiday": None,
                    "status": "pending",
                    "team": "front-line",
                    "assignee": "ann",
                }
            ]
        }
    )
    from_: datetime = Field(alias="from")
    to: datetime
    kind: IntervalKind
    counted: DurationText
    reason: str
    cause: CauseOut | None = Field(
        description=("null: it follows from the calendar alone")
    )
    holiday: date | None = Field(description="The date of the calendar")
    status: Status
    team: str | None
    assignee: str | None


class ShareOut(BaseModel):
    """`name` null: no team or nobody."""

    model_config = example(name="front-line", counted="PT2H30M")
    name: str | None
    counted: DurationText


class ConsumptionOut(BaseModel):
    """Counted time by the owner of the ticket; each of the three lists adds up to
    `elapsed`.
    """

    teams: list[ShareOut]
    people: list[ShareOut]
    states: list[ShareOut]


class DeadlineOut(BaseModel):
    """`old_due_at`: the previous deadline. `rule_of_change`: set for a restatement
    only.
    """

    at: datetime
    version: int
    type: str
    target: DurationText
    policy: PolicyOut
    calendar: PolicyOut | None
    rule_of_change: str | None
    reason: str | None
    old_due_at: datetime | None
    due_at: datetime | None
    breach_at: datetime | None


class BreachOut(BaseModel):
    """`inherited`: a change of the target made it late. `assignee`: the assignee at
    that time.
    """

    at: datetime
    version: int
    target: DurationText
    due_at: datetime
    inherited: bool
    assignee: str | None


class ExplanationOut(BaseModel):
    """The clock as of `as_of` (for a stopped clock, its stop). The intervals have no
    gaps, and their `counted` adds up to `elapsed`, to the microsecond.
    """

    metric: str
    cycle: int
    state: Literal["running", "paused", "met", "missed", "cancelled"]
    as_of: datetime
    started_at: datetime
    target: DurationText
    elapsed: DurationText
    verdict: str = Field(examples=["elapsed 3 h 10 min of 4 h: met"])
    policy: PolicyOut
    rule: int
    decision: DecisionOut
    calendar: PolicyOut | None = Field(description="null: every hour counts")
    intervals: list[IntervalOut]
    consumption: ConsumptionOut
    deadlines: list[DeadlineOut]
    breach: BreachOut | None
    excused: ExcuseOut | None


class ExcludedOut(BaseModel):
    """`open`: neither stopped nor breached by the end of the period. `cancelled`:
    merged away, or not promised any more.
    """

    open: int
    cancelled: int


class PercentilesOut(BaseModel):
    p50: DurationText | None
    p90: DurationText | None


class AttainedOut(BaseModel):
    """`raw` is met / (met + missed), `adjusted` is the same without excused breaches;
    null if there are none to divide by. `missed`: all breached clocks; of these,
    `restated` ended as met because their target was changed after the breach.
    """

    model_config = example(
        name="first_response",
        met=93,
        missed=7,
        excused=2,
        restated=0,
        raw=0.93,
        adjusted=0.9489795918367347,
        elapsed={"p50": "PT12M", "p90": "PT27M30S"},
        n_excluded={"open": 4, "cancelled": 1},
    )
    name: str | None
    met: int
    missed: int
    excused: int
    restated: int
    raw: float | None
    adjusted: float | None
    elapsed: PercentilesOut = Field(
        description=("Of clocks that stopped; percentiles are interpolated")
    )
    n_excluded: ExcludedOut


class AttainmentOut(BaseModel):
    """Clocks that were breached in the period, or otherwise stopped in it. Tier, team
    and the other groups are those of the ticket at that time.
    """

    model_config = FROM_TO
    from_: datetime = Field(alias="from")
    to: datetime
    group_by: Grouping
    definition_version: int
    total: AttainedOut
    items: list[AttainedOut]
