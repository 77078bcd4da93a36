"""Simulations of drafts on past tickets: bodies and answers. Durations are ISO 8601."""

from datetime import datetime

from pydantic import BaseModel, Field, JsonValue

from activities.simulation import JobState
from api.configuration.bundle_schemas import BundleIn
from api.http.answers import Answer, Made
from api.http.fields import Identifier, Instant, Strict, example
from domain.documents.kinds import Kind
from domain.simulation.comparison import Verdict

RULE: JsonValue = {
    "when": {"type": "after_sales"},
    "targets": {"first_response": "PT15M", "resolution": "PT4H"},
}


class SimulationIn(Strict):
    """`draft`: a bundle of documents that is applied on top of what is published and is
    not published itself. Give either `tickets`, or `from` and `to` for all tickets
    opened in that period.
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
    """unpromised: there was no such clock. open: it was still running or paused.
    `due_at`: the last deadline; null while it was paused. An open clock with
    `breached_at` is breached and not yet stopped.
    """

    verdict: Verdict
    target: str | None
    due_at: datetime | None
    breached_at: datetime | None
    told: list[ToldOut]


class ClockDifferenceOut(BaseModel):
    """`actual`: what happened. `published`: what would have happened under what is in
    force now. `draft`: the same with the draft applied. `differs`: whether the draft
    changes anything.
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


class ShiftOut(Answer):
    """`more`: notified under the draft and not under what is published; `fewer`: the
    reverse.
    """

    actual: int
    published: int
    draft: int
    more: int
    fewer: int


class SummaryOut(Answer):
    """`tickets_differing`, `verdicts_changed`: the draft compared with what is
    published. `tickets_drifted`: what is published compared with what happened.
    `breaches`: breached clocks; `people_told`: people notified, each once per ticket.
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


class ConfigWarningOut(Answer):
    """`pointer`: the place in the document; empty for the whole. `name` and `version`
    null: all documents of the kind together.
    """

    kind: Kind
    name: str | None
    version: int | None
    pointer: str
    message: str


class ResultOut(Answer):
    summary: SummaryOut
    tickets: list[TicketDifferenceOut] = Field(
        description="At most the first thousand tickets that the draft changes"
    )
    left_out: list[LeftOutOut]


class SimulationOut(Answer):
    """`done` of `total` tickets. `warnings` are about the draft. `as_of`: the instant
    until which tickets are followed. `result` when it is done, `error` if it failed.
    """

    id: str
    state: JobState
    done: int
    total: int
    as_of: datetime
    warnings: Made[list[ConfigWarningOut]]
    result: Made[ResultOut | None]
    error: str | None
