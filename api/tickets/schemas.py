"""Bodies and answers of tickets, as OpenAPI shows them."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.http.fields import (
    Attributes,
    Body,
    DurationText,
    Identifier,
    Instant,
    Line,
    Strict,
    Word,
    example,
)
from api.http.warning import WarningOut
from api.tickets.approval_schemas import ApprovalOut
from domain.escalation.run import RunState
from domain.event import ActorKind
from domain.lifecycle.facts import AuthorKind, Channel, Priority, Visibility
from domain.lifecycle.status import Status

Tags = list[Word]


class CustomerIn(Strict):
    external_id: Identifier
    name: Line | None = None
    tier: Word = "standard"
    contacts: dict[Word, Line] = Field(default={}, max_length=20)


class TicketIn(Strict):
    model_config = example(
        subject="The heater is cold",
        body="Since this morning, error E4.",
        channel="email",
        type="after_sales",
        customer={"external_id": "c-1", "tier": "key_account"},
    )
    subject: Line
    body: Body
    channel: Channel
    type: Word
    priority: Priority = "normal"
    customer: CustomerIn
    product_area: Word | None = None
    tags: Tags = Field(default=[], max_length=50)
    attributes: Attributes = Field(default={})
    occurred_at: Instant | None = None
    opened_by: AuthorKind = Field(
        default="customer",
        description="Who began: of a ticket that an agent opened nobody awaits an"
        " answer before the customer writes",
    )


class AuthorIn(Strict):
    """`role`: the author's part in the house, for policies that ask for it. An `agent`
    is one that the key may act for; the key of an agent may leave the `id` out.
    """

    kind: AuthorKind
    id: Identifier | None = None
    role: Word | None = None


class MessageIn(Strict):
    model_config = example(
        author={"kind": "agent", "id": "ann"}, body="A fitter is on the way."
    )
    author: AuthorIn
    body: Body
    visibility: Visibility = "public"
    channel: Channel | None = Field(
        default=None, description="If it is not that of the ticket"
    )
    expects_reply: bool = Field(
        default=True, description='A "thanks" does not: no clock waits for an answer'
    )
    automatic: bool = Field(
        default=False, description="No human wrote it: it answers nobody"
    )


class ChangeIn(Strict):
    """A field that is left out stays; `tags` and `attributes` are replaced whole."""

    model_config = example(priority="high", tier="key_account", tags=["heater"])
    priority: Priority | None = None
    type: Word | None = None
    tier: Word | None = None
    tags: Tags | None = Field(default=None, max_length=50)
    product_area: Word | None = None
    attributes: Attributes | None = None
    subject: Line | None = None


class AssignIn(Strict):
    """A team, an agent, or both."""

    model_config = example(team="second-line", agent="bo", reason="knows boilers")
    team: Identifier | None = None
    agent: Identifier | None = None
    reason: Line | None = None


class ByAgentIn(Strict):
    """`agent`: who does it. The key of an agent may leave it out; a service names one
    of those it acts for; without a name it is the doing of the key's own holder.
    """

    model_config = example(agent="ann")
    agent: Identifier | None = None


class AcceptIn(Strict):
    """`agent`: to whom it is offered. The key of an agent may leave it out."""

    model_config = example(agent="bo")
    agent: Identifier | None = None


class DeclineIn(Strict):
    """`agent`: as for accepting."""

    model_config = example(agent="bo", reason="at the doctor's")
    agent: Identifier | None = None
    reason: Line


class EscalateIn(Strict):
    """`to_step` counts from 0; left out: the next one. `agent`: who sends it on, if it
    is not the key's own holder.
    """

    model_config = example(reason="the customer is at the door", to_step=1)
    reason: Line
    agent: Identifier | None = None
    to_step: int | None = Field(default=None, ge=0, le=100)


class PauseIn(Strict):
    """`waiting_for` the customer makes the ticket pending, a third party on_hold."""

    model_config = example(
        reason="waiting for a photo", until="2026-11-23T09:00:00+08:00"
    )
    reason: Line
    until: Instant | None = None
    waiting_for: Literal["customer", "third_party"] = "customer"


class ResolveIn(Strict):
    model_config = example(code="repaired", note="Pump replaced.")
    code: Word | None = None
    note: Body | None = None


class ReopenIn(Strict):
    model_config = example(reason="cold again")
    reason: Line


class MergeIn(Strict):
    """`into`: the id of the ticket that stays."""

    model_config = example(into="0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a")
    into: Identifier


class UnmergeIn(Strict):
    model_config = example(reason="another device, another fault")
    reason: Line = "the merge was a mistake"


class SplitIn(Strict):
    """`message`: the version of its event in the history. Type and priority: those of
    the original, if not named.
    """

    model_config = example(message=4, subject="The invoice is wrong too")
    message: int = Field(ge=1, le=10**9)
    subject: Line
    type: Word | None = None
    priority: Priority | None = None


class FeedbackIn(Strict):
    model_config = example(
        text="E4 says nothing to a customer.", kind="wish", product_area="heaters"
    )
    text: Body
    kind: Word
    product_area: Word | None = None
    severity: Word | None = None


class Nothing(Strict):
    """An empty object; the body may be left out."""

    model_config = example()


class PolicyOut(BaseModel):
    name: str
    version: int
    sha256: str


class RuleAskedOut(BaseModel):
    """`failed_field`: the field that did not hold; null = the rule matched."""

    policy: str
    version: int
    rule: int
    failed_field: str | None


class DecisionOut(BaseModel):
    """Why this rule applies: what the rules were asked about, and each answer."""

    inputs: dict[str, object]
    asked: list[RuleAskedOut]


class SpanOut(BaseModel):
    """It stands still from `start` until `end`; null = it still does."""

    start: datetime
    end: datetime | None


class PlannedOut(BaseModel):
    threshold: str
    at: datetime


class ExcuseOut(BaseModel):
    reason: str
    approved_by: str
    at: datetime


class ClockOut(BaseModel):
    """Durations are ISO 8601. `elapsed` and `remaining` are as of the answer;
    `remaining` is negative once the promise is broken.
    """

    metric: str
    cycle: int
    policy: PolicyOut
    rule: int
    calendar: PolicyOut | None = Field(description="null: it always runs")
    team: str | None = Field(description="Which had the ticket when it started")
    state: Literal["waiting", "running", "paused", "met", "missed", "cancelled"]
    target: DurationText
    elapsed: DurationText
    remaining: str
    started_at: datetime | None = Field(description="null while it waits for its start")
    pauses: list[SpanOut]
    pause_ends_at: datetime | None = Field(description="By the policy's longest pause")
    warnings: list[PlannedOut] = Field(description="Still to be given")
    due_at: datetime | None
    breach_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None
    verdict: Literal["met", "missed"] | None
    lateness: str | None = Field(description="Overrun; null while the promise holds")
    excused: ExcuseOut | None


class RunOut(BaseModel):
    clock: str
    policy: PolicyOut
    state: RunState
    steps_fired: int
    next_step: int | None
    next_step_at: datetime | None = Field(
        description="None while the climb waits for something else, as `state` says"
    )
    acknowledged_by: str | None
    until: datetime | None = Field(
        description="When an acknowledgement or a pause of the climb runs out"
    )
    reason: str | None


class PauseOut(BaseModel):
    reason: str
    since: datetime
    until: datetime | None


class CustomerOut(BaseModel):
    external_id: str
    name: str | None
    tier: str
    contacts: dict[str, str]


class OfferOut(BaseModel):
    """Who is asked to take it, and until when the answer counts."""

    agent: str
    expires_at: datetime


class AbsorbedOut(BaseModel):
    ticket_id: str
    number: int
    at: datetime
    messages: int


class TicketOut(BaseModel):
    id: str
    number: int
    version: int
    status: Status
    subject: str
    channel: Channel
    type: str
    priority: Priority
    customer: CustomerOut
    team: str | None
    assignee: str | None
    offer: OfferOut | None
    queued_at: datetime | None = Field(
        description="When it began to wait for somebody, whoever had it since"
    )
    tags: list[str]
    product_area: str | None
    attributes: dict[str, object]
    pause: PauseOut | None
    acknowledged_by: str | None
    watchers: list[str]
    clocks: list[ClockOut]
    decision: DecisionOut | None = Field(
        description="Why these promises, or why none; of each clock its own: `explain`"
    )
    escalation: RunOut | None
    approvals: list[ApprovalOut]
    merged_into: str | None
    absorbed: list[AbsorbedOut] = Field(description="Tickets that went into this one")
    message_count: int
    feedback_count: int
    reopen_count: int
    created_at: datetime
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


class MergedOut(TicketOut):
    warnings: list[WarningOut] = Field(
        description="That the two are of different customers"
    )


class RowClockOut(BaseModel):
    metric: str
    cycle: int
    state: Literal["running", "paused", "met", "missed", "cancelled"]
    due_at: datetime | None
    breached_at: datetime | None


class TicketRow(BaseModel):
    """A ticket in a list: the read model, a moment behind the log."""

    id: str
    number: int
    version: int
    status: Status
    subject: str
    channel: Channel
    type: str
    priority: Priority
    tier: str
    customer: str
    team: str | None
    assignee: str | None
    tags: list[str]
    product_area: str | None
    clock_states: list[str]
    clocks: list[RowClockOut] = Field(description="The last one of each metric")
    promised: bool = Field(description="false: no SLA policy promises anything")
    breached: bool = Field(description="It is open, and a promise of it was broken")
    at_risk_from: datetime | None = Field(
        description="When the first running promise is warned of; where its policy"
        " gives no warnings, when a fifth of its time is left"
    )
    due_at: datetime | None = Field(description="Of the promise that is due first")
    created_at: datetime
    updated_at: datetime


class TicketPage(BaseModel):
    items: list[TicketRow]
    next_cursor: str | None


class ActorOut(BaseModel):
    """`kind`: an `agent` by a key of their own; a `user`, the name of another key; the
    `system`; a `migration`. `on_behalf_of`: the agent for whom it was done.
    """

    id: str
    kind: ActorKind
    on_behalf_of: str | None


class EventActorOut(ActorOut):
    key_id: str | None = Field(description="The key whose request led here; null: none")


class EventOut(BaseModel):
    """`causation_id` is a command, or `<ticket>/<version>` of the event that led here.
    `occurred_at` is when it took effect (a breach: its exact due instant),
    `claimed_at` what the caller said, `recorded_at` when it was written.
    """

    position: int
    version: int
    type: str
    actor: EventActorOut
    occurred_at: datetime
    claimed_at: datetime | None
    recorded_at: datetime
    command_id: str
    correlation_id: str
    causation_id: str
    channel: str | None
    policy: PolicyOut | None
    data: dict[str, object]


class EventPage(BaseModel):
    items: list[EventOut]
    next_cursor: str | None


class ClocksOut(BaseModel):
    items: list[ClockOut]
