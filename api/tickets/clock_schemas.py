"""Answers about clocks: why a clock is as it is, and attainment. Durations are ISO
8601.
"""

from datetime import date, datetime
from typing import Literal

from pydantic import ConfigDict, Field

from api.http.answers import Answer, Made
from api.http.fields import DurationText, Line, Strict, example
from api.ports import Grouping
from api.tickets.schemas import ActorOut, DecisionOut, ExcuseOut, PolicyOut
from domain.lifecycle.status import Status
from domain.sla.consumption import IntervalKind


class ExcuseIn(Strict):
    """`cycle`: if left out, the last one."""

    model_config = example(reason="the carrier's lorry broke down")
    reason: Line
    cycle: int | None = Field(default=None, ge=1, le=2**31 - 1)


class CauseOut(Answer):
    """The event of the ticket that caused it, and who did that."""

    version: int
    event_id: str
    type: str
    actor: ActorOut


class IntervalOut(Answer):
    """Half-open: `from` is included, `to` is not. `counted`: what it adds to the
    elapsed time. `status`, `team`, `assignee`: those of the ticket at that time.

    running: counts. paused: does not count; a pause outside the business hours is
    `closed`, because it costs nothing. closed, holiday: outside the hours of the
    calendar. reopened: the ticket was resolved; counts by the rule of the policy.
    unpromised: no policy promised it for a while; counts. carried: the time before a
    change of the target, which was set aside or carried over in part.
    """

    model_config = ConfigDict(
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
    start: datetime = Field(alias="from")
    end: datetime = Field(alias="to")
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


class ShareOut(Answer):
    """`name` null: no team or nobody."""

    model_config = example(name="front-line", counted="PT2H30M")
    name: str | None
    counted: DurationText


class ConsumptionOut(Answer):
    """Counted time by the owner of the ticket; each of the three lists adds up to
    `elapsed`.
    """

    teams: list[ShareOut]
    people: list[ShareOut]
    states: list[ShareOut]


class DeadlineOut(Answer):
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


class BreachOut(Answer):
    """`inherited`: a change of the target made it late. `assignee`: the assignee at
    that time.
    """

    at: datetime
    version: int
    target: DurationText
    due_at: datetime
    inherited: bool
    assignee: str | None


class ExplanationOut(Answer):
    """The clock as of `as_of` (for a stopped clock, its stop). The intervals have no
    gaps, and their `counted` adds up to `elapsed`, to the microsecond.
    """

    metric: str
    cycle: int
    state: Literal["running", "paused", "met", "missed", "cancelled"]
    as_of: Made[datetime]
    started_at: datetime
    target: DurationText
    elapsed: Made[DurationText]
    verdict: Made[str] = Field(examples=["elapsed 3 h 10 min of 4 h: met"])
    policy: PolicyOut
    rule: int
    decision: DecisionOut
    calendar: PolicyOut | None = Field(description="null: every hour counts")
    intervals: Made[list[IntervalOut]]
    consumption: Made[ConsumptionOut]
    deadlines: Made[list[DeadlineOut]]
    breach: Made[BreachOut | None]
    excuse: ExcuseOut | None = Field(alias="excused")


class ExcludedOut(Answer):
    """`open`: neither stopped nor breached by the end of the period. `cancelled`:
    merged away, or not promised any more.
    """

    open: int
    cancelled: int


class PercentilesOut(Answer):
    elapsed_p50: DurationText | None = Field(alias="p50")
    elapsed_p90: DurationText | None = Field(alias="p90")


class AttainedOut(Answer):
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
    raw: Made[float | None]
    adjusted: Made[float | None]
    elapsed: Made[PercentilesOut] = Field(
        description=("Of clocks that stopped; percentiles are interpolated")
    )
    n_excluded: Made[ExcludedOut]


class AttainmentOut(Answer):
    """Clocks that were breached in the period, or otherwise stopped in it. Tier, team
    and the other groups are those of the ticket at that time.
    """

    begin: Made[datetime] = Field(alias="from")
    end: Made[datetime] = Field(alias="to")
    group_by: Made[Grouping]
    definition_version: Made[int]
    total: Made[AttainedOut]
    items: Made[list[AttainedOut]]
