"""Bodies and answers of tickets."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from api.http.answers import Answer, Made
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
        description=(
            "Who opened it. If an agent did, no answer is expected before the customer "
            "writes"
        ),
    )


class AuthorIn(Strict):
    """`role`: the author's role in the company, for policies that use it. An `agent`
    must be one that the key may act for; the `id` may be left out with the key of an
    agent.
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
        default=None, description="If it differs from the ticket's"
    )
    expects_reply: bool = Field(
        default=True,
        description=('false for a message such as a "thanks": it starts no clock'),
    )
    automatic: bool = Field(
        default=False, description="No human wrote it; it does not count as an answer"
    )


class ChangeIn(Strict):
    """Fields that are left out stay as they are; `tags` and `attributes` are replaced
    as a whole.
    """

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
    """`agent`: who does it. It may be left out with the key of an agent. A service
    names one of the agents that it acts for; without a name the holder of the key does
    it.
    """

    model_config = example(agent="ann")
    agent: Identifier | None = None


class AcceptIn(Strict):
    """`agent`: to whom it is offered. It may be left out with the key of an agent."""

    model_config = example(agent="bo")
    agent: Identifier | None = None


class DeclineIn(Strict):
    """`agent`: to whom it is offered. It may be left out with the key of an agent."""

    model_config = example(agent="bo", reason="at the doctor's")
    agent: Identifier | None = None
    reason: Line


class EscalateIn(Strict):
    """`to_step` counts from 0; if left out, the next one. `agent`: who does it, if not
    the holder of the key.
    """

    model_config = example(reason="the customer is at the door", to_step=1)
    reason: Line
    agent: Identifier | None = None
    to_step: int | None = Field(default=None, ge=0, le=100)


class PauseIn(Strict):
    """`waiting_for`: `customer` makes the ticket pending, `third_party` on_hold."""

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
    """`into`: the id of the ticket into which this one is merged."""

    model_config = example(into="0197b1c2-7d1e-7c3a-9f51-1f2e3d4c5b6a")
    into: Identifier


class UnmergeIn(Strict):
    model_config = example(reason="another device, another fault")
    reason: Line = "the merge was a mistake"


class SplitIn(Strict):
    """`message`: the version of its event in the history. Type and priority: if left
    out, those of the original.
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


class PolicyOut(Answer):
    name: str
    version: int
    sha256: str


class RuleAskedOut(Answer):
    """`failed_field`: the field that did not match; null: the rule matched."""

    policy: str
    version: int
    rule: int
    failed_field: str | None


class DecisionOut(Answer):
    """Why this rule applies: the inputs of the rules, and the result of each."""

    inputs: dict[str, object]
    asked: list[RuleAskedOut]


class SpanOut(Answer):
    """Paused from `start` until `end`; null: it still is."""

    start: datetime
    end: datetime | None


class PlannedOut(Answer):
    threshold: str
    at: datetime


class ExcuseOut(Answer):
    reason: str
    approved_by: str
    at: datetime


class ClockOut(Answer):
    """Durations are ISO 8601. `elapsed` and `remaining` are as of the answer;
    `remaining` is negative after a breach.
    """

    metric: str
    cycle: int
    policy: PolicyOut
    rule: int
    calendar: PolicyOut | None = Field(description="null: every hour counts")
    team: str | None = Field(
        description=("The team of the ticket when the clock started")
    )
    state: Literal["waiting", "running", "paused", "met", "missed", "cancelled"]
    target: DurationText
    elapsed: Made[DurationText]
    remaining: Made[str]
    started_at: datetime | None = Field(description="null until the clock starts")
    pauses: list[SpanOut]
    resumes_at: datetime | None = Field(
        alias="pause_ends_at", description="When the policy's longest pause ends"
    )
    warnings_left: list[PlannedOut] = Field(
        alias="warnings", description="Warnings that are still to come"
    )
    due_at: datetime | None
    breach_at: datetime | None
    breached_at: datetime | None
    stopped_at: datetime | None
    verdict: Made[Literal["met", "missed"] | None]
    lateness: Made[str | None] = Field(
        description="By how much it is late; null: it is not"
    )
    excuse: ExcuseOut | None = Field(alias="excused")


class RunOut(Answer):
    clock: str
    policy: PolicyOut
    state: RunState
    fired: int = Field(alias="steps_fired")
    next_step: Made[int | None]
    next_step_at: Made[datetime | None] = Field(
        description="null while the escalation waits, see `state`"
    )
    acknowledged_by: str | None
    until: datetime | None = Field(
        description="When the acknowledgement or the pause of the escalation expires"
    )
    reason: str | None


class PauseOut(Answer):
    reason: str
    since: datetime
    until: datetime | None


class CustomerOut(Answer):
    external_id: str
    name: str | None
    tier: str
    contacts: dict[str, str]


class OfferOut(Answer):
    """To whom the ticket is offered, and until when it can be accepted."""

    agent: str
    expires_at: datetime


class AbsorbedOut(Answer):
    ticket_id: str
    number: int
    at: datetime
    messages: int


class TicketOut(Answer):
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
    offer: Made[OfferOut | None]
    queued_at: datetime | None = Field(
        description="When it was first queued, whoever had it since"
    )
    tags: list[str]
    product_area: str | None
    attributes: dict[str, object]
    pause: PauseOut | None
    acknowledged_by: str | None
    watchers: list[str]
    clocks: Made[list[ClockOut]]
    decision: DecisionOut | None = Field(
        description="Why these promises, or why none; see `explain` for each clock"
    )
    escalation: Made[RunOut | None]
    approvals: list[ApprovalOut]
    merged_into: str | None
    absorbed: list[AbsorbedOut] = Field(
        description=("Tickets that were merged into this one")
    )
    message_count: int
    feedback_count: int
    reopen_count: int
    opened_at: datetime = Field(alias="created_at")
    updated_at: datetime
    resolved_at: datetime | None
    closed_at: datetime | None


class MergedOut(TicketOut):
    warnings: Made[list[WarningOut]] = Field(
        description="Whether the customers of the two tickets differ"
    )


class RowClockOut(BaseModel):
    metric: str
    cycle: int
    state: Literal["running", "paused", "met", "missed", "cancelled"]
    due_at: datetime | None
    breached_at: datetime | None


class TicketRow(BaseModel):
    """A ticket in a list, from the read model, shortly behind the log."""

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
    clocks: list[RowClockOut] = Field(description="The last clock of each metric")
    promised: bool = Field(description="false: no SLA policy applies")
    breached: bool = Field(description="The ticket is open and has a breached promise")
    at_risk_from: datetime | None = Field(
        description=(
            "When the first running promise reaches its warning; without warnings in "
            "its policy, when a fifth of its time is left"
        )
    )
    due_at: datetime | None = Field(
        description=("Due time of the promise that is due first")
    )
    created_at: datetime
    updated_at: datetime


class ActorOut(Answer):
    """`kind`: `agent`, with their own key; `user`, the name of another key; `system`;
    `migration`. `on_behalf_of`: the agent for whom it was done.
    """

    id: str
    kind: ActorKind
    on_behalf_of: str | None


class EventActorOut(ActorOut):
    key_id: Made[str | None] = Field(
        description=("The key whose request caused the event; null: none")
    )


class EventOut(Answer):
    """`causation_id`: a command, or `<ticket>/<version>` of the event that caused this
    one. `occurred_at`: when it took effect (for a breach, its exact due instant),
    `claimed_at`: the time that the caller gave, `recorded_at`: when it was written.
    """

    position: Made[int]
    version: Made[int]
    type: Made[str]
    actor: Made[EventActorOut]
    occurred_at: Made[datetime]
    claimed_at: Made[datetime | None]
    recorded_at: Made[datetime]
    command_id: str
    correlation_id: str
    causation_id: str
    channel: str | None
    policy: PolicyOut | None
    data: Made[dict[str, object]]


class ClocksOut(BaseModel):
    items: list[ClockOut]
