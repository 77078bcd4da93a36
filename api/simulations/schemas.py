"""Drafts tried out on past tickets, and what differs. Durations are ISO 8601."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue

from activities.simulation import JobState
from api.configuration.bundle_schemas import BundleIn
from api.http.fields import Identifier, Instant, Strict, example
from domain.configuration.kinds import Kind
from domain.simulation.comparison import Verdict

RULE: JsonValue = {
    "when": {"type": "after_sales"},
    "targets": {"first_response": "PT15M", "resolution": "PT4H"},
}


class SimulationIn(Strict):
    """`draft`: a bundle of documents, laid over what is published; nothing of it is
    published. Either `tickets`, or all that were opened from `from` until before `to`.
    """

    model_config = example(
        draft={"sla-policies": {"after-sales": {"match": [RULE]}}},
        **{"from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"},
    )
    draft: BundleIn  # type: ignore[valid-type] # made from the table of kinds
    tickets: list[Identifier] | None = Field(default=None, max_length=10_000)
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None


class ToldOut(BaseModel):
    """`step` and `repetition` are counted from 0."""

    person: str
    step: int
    repetition: int
    at: datetime


class CourseOut(BaseModel):
    """unpromised: there was no such clock. open: it still ran or stood still.
    `due_at` as it was last; null while it stood still. An open one with `breached_at`
    is broken and not yet done.
    """

    verdict: Verdict
    target: str | None
    due_at: datetime | None
    breached_at: datetime | None
    told: list[ToldOut]


class ClockDifferenceOut(BaseModel):
    """`actual`: what happened. `published`: what is in force now, at all times.
    `draft`: the draft laid over that. `differs`: whether the draft changes anything.
    """

    metric: str
    cycle: int
    differs: bool
    actual: CourseOut
    published: CourseOut
    draft: CourseOut


class TicketDifferenceOut(BaseModel):
    ticket_id: str
    number: int
    clocks: list[ClockDifferenceOut]


class ShiftOut(BaseModel):
    """`more`: by the draft and not by what is published; `fewer`: the other way."""

    actual: int
    published: int
    draft: int
    more: int
    fewer: int


class SummaryOut(BaseModel):
    """`tickets_differing`, `verdicts_changed`: the draft against what is published.
    `tickets_drifted`: what is published against what happened. `breaches` are clocks
    that broke; `people_told`: each person once a ticket.
    """

    tickets: int
    clocks: int
    tickets_differing: int
    verdicts_changed: int
    tickets_drifted: int
    breaches: ShiftOut
    people_told: ShiftOut


class LeftOutOut(BaseModel):
    ticket_id: str
    reason: str


class ConfigWarningOut(BaseModel):
    """`pointer`: into the document; empty = all of it. `name` and `version` null: of
    all documents of the kind together.
    """

    kind: Kind
    name: str | None
    version: int | None
    pointer: str
    message: str


class ConfigWarnings(BaseModel):
    items: list[ConfigWarningOut]
    next_cursor: str | None


class ResultOut(BaseModel):
    summary: SummaryOut
    tickets: list[TicketDifferenceOut] = Field(
        description="The first thousand in which the draft changes anything"
    )
    left_out: list[LeftOutOut]


class SimulationOut(BaseModel):
    """`done` of `total` tickets. `warnings` are of the draft; `as_of`: until when it is
    followed. `result` once it is done, `error` if it failed.
    """

    id: str
    state: JobState
    done: int
    total: int
    as_of: datetime
    warnings: list[ConfigWarningOut]
    result: ResultOut | None
    error: str | None
