"""The documents that ops configure, one model for each kind."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from api.words import Cleaned, Duration, Identifier, Line, Strict, Word, example
from domain.config import Kind
from domain.sla.policy import Metric

Percentage = Annotated[
    str, Cleaned, Field(max_length=40, description="`80%` of the target, or `PT5M`")
]


class WhenIn(Strict):
    """Each field named must hold; a list means any of these."""

    type: Word | list[Word] | None = None
    channel: Word | list[Word] | None = None
    tier: Word | list[Word] | None = None
    priority: Word | list[Word] | None = None


class TargetsIn(Strict):
    first_response: Duration | None = None
    resolution: Duration | None = None


class RuleIn(Strict):
    when: WhenIn = WhenIn()
    targets: TargetsIn


class SlaPolicyIn(Strict):
    """Rules are asked in order; for each metric the first that matches wins.
    `order`: policies with a smaller one are asked first.
    """

    model_config = example(
        match=[
            {
                "when": {"type": "after_sales", "tier": "key_account"},
                "targets": {"first_response": "PT15M"},
            },
            {
                "when": {"type": "after_sales"},
                "targets": {"first_response": "PT30M", "resolution": "PT8H"},
            },
        ],
        warn_at=["50%", "80%", "PT5M"],
        escalation_policy="default",
    )
    match: list[RuleIn] = Field(min_length=1, max_length=200)
    calendar: Identifier = "always"
    warn_at: list[Percentage] = Field(default=[], max_length=20)
    escalation_policy: Identifier | None = None
    pauses: list[Metric] = Field(
        default=["resolution"],
        description="Metrics whose clock stands still while the ticket is paused",
    )
    order: int = Field(default=100, ge=0, le=100_000)


class TargetIn(Strict):
    """Exactly one of these."""

    assignee: Literal[True] | None = None
    agent: Identifier | None = None
    team: Identifier | None = None
    manager_of: Literal["assignee"] | None = None


class ReassignIn(Strict):
    strategy: Literal["least_loaded"] = "least_loaded"
    team: Identifier | None = None


class StepIn(Strict):
    after: Duration = "PT0S"
    targets: list[TargetIn] = Field(default=[], max_length=50)
    reassign: ReassignIn | None = None
    raise_priority: int = Field(default=0, ge=0, le=3)


class EscalationPolicyIn(Strict):
    """Steps are counted from the breach, in order."""

    model_config = example(
        steps=[
            {"after": "PT0S", "targets": [{"assignee": True}]},
            {
                "after": "PT10M",
                "targets": [{"team": "second-line"}],
                "reassign": {"strategy": "least_loaded", "team": "second-line"},
                "raise_priority": 1,
            },
        ]
    )
    steps: list[StepIn] = Field(min_length=1, max_length=50)
    repeat: int = Field(default=0, ge=0, le=100)


class TeamIn(Strict):
    model_config = example(members=["ann", "bo"], lead="ann")
    members: list[Identifier] = Field(max_length=2000)
    lead: Identifier | None = None


class AgentIn(Strict):
    """`active`: false = gets nothing new."""

    model_config = example(name="Ann Li", email="ann@shop.example")
    name: Line
    email: Line | None = None
    manager: Identifier | None = None
    active: bool = True


class ConfigOut(BaseModel):
    kind: Kind
    name: str
    version: int
    sha256: str
    retired: bool
    published_at: datetime
    published_by: str
    document: dict[str, object]


class ConfigPage(BaseModel):
    items: list[ConfigOut]
    next_cursor: str | None
