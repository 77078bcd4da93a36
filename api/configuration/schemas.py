"""The documents of the configuration, one model per kind."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

from api.http.answers import Answer, Made
from api.http.fields import (
    DISPLAYED,
    Cleaned,
    Duration,
    Identifier,
    Line,
    Strict,
    Verbatim,
    Word,
    example,
    normal_json,
)
from api.http.warning import WarningOut
from domain.documents.kinds import Kind
from domain.escalation.policy import NoChannel, Strategy
from domain.escalation.target import WHOLE
from domain.lifecycle.facts import Channel
from domain.lifecycle.status import Status
from domain.people.routing import Affinity, Mode, Order, Ranking
from domain.sla.change_rules import ChangeRule, EditRule, ReopenRule, SplitRule

Percentage = Annotated[
    str,
    Cleaned,
    Field(max_length=40, description=("`80%` of the target, or `PT5M` before its end")),
]


Condition = Annotated[
    dict[Line, Annotated[JsonValue, BeforeValidator(normal_json)]],
    Field(
        min_length=1,
        max_length=20,
        description="Every field named must hold: a word, a list (any of them), or"
        " {not, set, at_least, at_most}",
    ),
]
Conditions = Condition | Annotated[list[Condition], Field(max_length=20)]


class RuleIn(Strict):
    """Without `when` it matches every ticket; null is refused, because it is more often
    a mistake than intended. `calendar`: if it differs from that of the policy.
    """

    when: Condition = None  # type: ignore[assignment] # left out, not null
    targets: dict[Word, Duration] = Field(min_length=1, max_length=50)
    calendar: Identifier | None = None


class ClockIn(Strict):
    """When a clock starts, is cancelled, is paused, is resumed, stops and starts over.
    For a built-in metric only the given conditions are replaced. Without `resume` the
    clock is resumed as soon as `pause` does not hold any more.
    """

    start: Conditions | None = None
    cancel: Conditions | None = None
    pause: Conditions | None = None
    resume: Conditions | None = None
    stop: Conditions | None = None
    reset: Conditions | None = None


class RepliesIn(Strict):
    """What counts as an answer: public messages by these authors. An empty `roles` or
    `channels` means any.
    """

    by: list[Word] = Field(default=["agent"], min_length=1, max_length=5)
    roles: list[Word] = Field(default=[], max_length=50)
    channels: list[Word] = Field(default=[], max_length=50)
    automatic: bool = False


class ChangesIn(Strict):
    """What a change does to a running clock. Every application is recorded with the old
    and the new deadline. `other`: any other field that rules test.
    """

    priority: ChangeRule = "from_start"
    tier: ChangeRule = "from_start"
    other: ChangeRule = "from_start"
    policy_edit: EditRule = "pinned"
    calendar_edit: EditRule = "restate"
    reopen: ReopenRule = "resume"
    reopen_within: Duration | None = None
    split: SplitRule = "split_message"
    grace: Duration = "PT0S"


class QuietHoursIn(Strict):
    """No warnings between these times of day: they are sent before."""

    model_config = ConfigDict(populate_by_name=True)
    tz: Line = "UTC"
    from_: Line = Field(alias="from")
    to: Line


class SlaPolicyIn(Strict):
    """Rules are evaluated in order; for each metric the first matching rule wins.
    Policies with a smaller `order` are evaluated first.
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
    name: Line | None = Field(default=None, description=DISPLAYED)
    match: list[RuleIn] = Field(min_length=1, max_length=200)
    calendar: Identifier = "always"
    warn_at: list[Percentage] = Field(default=[], max_length=20)
    escalation_policy: Identifier | None = None
    pauses: list[Word] = Field(
        default=["resolution"],
        max_length=50,
        description="Metrics whose clock is paused while the ticket is paused",
    )
    clocks: dict[Word, ClockIn] = Field(default={}, max_length=50)
    replies: RepliesIn = RepliesIn()
    on_change: ChangesIn = ChangesIn()
    longest_pause: Duration | None = Field(
        default=None, description="After this time in a pause, the clock runs again"
    )
    quiet_hours: QuietHoursIn | None = None
    order: int = Field(default=100, ge=0, le=100_000)


class SkilledIn(Strict):
    """The most skilled member of the team; a number is the required level."""

    team: Identifier
    needs: dict[Word, int] | list[Word] = Field(min_length=1, max_length=20)


class TargetIn(Strict):
    """Exactly one of these. With `manager_of` give `depth` (notifies one manager, that
    many levels up) or `up_to` (notifies all managers up to that level), not both.
    """

    model_config = example(manager_of="assignee", up_to=2)

    assignee: Literal[True] | None = None
    agent: Identifier | None = None
    webhook: Identifier | None = Field(
        default=None, description="A machine: an agent with its own webhook"
    )
    team: Identifier | None = None
    lead_of: Identifier | None = None
    manager_of: Literal["assignee"] | None = None
    depth: int | None = Field(
        default=None,
        ge=1,
        le=10,
        description=(
            "With `manager_of`: notify one manager, this many levels up; 1 (the "
            "default) is the direct manager, 2 is that manager's manager. If this "
            "manager cannot be notified, the next one above is"
        ),
    )
    up_to: int | None = Field(
        default=None,
        ge=1,
        le=10,
        description=(
            "With `manager_of`: notify all managers from the direct one up to this "
            "level. Managers who cannot be notified are skipped, and the chain "
            "continues above them"
        ),
    )
    on_call: Identifier | None = None
    on_call_next: Identifier | None = None
    on_call_previous: Identifier | None = None
    least_loaded: Identifier | None = None
    round_robin: Identifier | None = None
    skilled: SkilledIn | None = None

    @model_validator(mode="after")
    def depth_is_of_a_manager(self) -> Self:
        for field in ("depth", "up_to"):
            if getattr(self, field) is not None and self.manager_of is None:
                raise ValueError(f"`{field}` is for `manager_of` only")
        if self.depth is not None and self.up_to is not None:
            raise ValueError("`depth` and `up_to` exclude each other")
        return self


class ReassignIn(Strict):
    """`team`: if not the ticket's own; for `on_call` the name of the schedule."""

    strategy: Strategy = "least_loaded"
    team: Identifier | None = None


class StatusChangeIn(Strict):
    """`lasts`: for `pending` and `on_hold`; without it, until somebody resumes the
    ticket.
    """

    to: Status
    reason: Line | None = None
    lasts: Duration | None = None


class StepIn(Strict):
    """`after`: the delay after the breach; `-PT15M`, or `80%` of the target, is before
    it. `time`: how the delay from the step before is counted. `when`: otherwise the
    step is skipped. `macros` are run in their current version; `status` is set last.
    """

    after: Duration | Percentage = "PT0S"
    time: Literal["wall", "business"] | None = Field(
        default=None,
        description=(
            "How `after` is counted. The default is `wall`, wall time; for a "
            "percentage it is `business`, the used share of the target. A percentage "
            "in `wall` is a share of the time from the start to the due instant"
        ),
    )
    when: Condition | None = None
    targets: list[TargetIn] = Field(default=[], max_length=50)
    reassign: ReassignIn | None = None
    raise_priority: int = Field(default=0, ge=0, le=3)
    watch: list[Identifier] = Field(default=[], max_length=50)
    macros: list[Identifier] = Field(default=[], max_length=10)
    status: Status | StatusChangeIn | None = None


class CatchAllIn(Strict):
    catch_all: TargetIn


_CATCH_ALL = re.compile(r"catch_all\s+\{?\s*(\w+)(?:\s*:\s*|\s+)([^\s{}]+?)\s*\}?")


def _one_form(value: object) -> object:
    """Accepts the shorter forms of `nobody`: `{hold: PT1H}`, and a catch-all as text,
    for example `catch_all team: second-line`.
    """
    if isinstance(value, dict) and set(value) == {"hold"}:
        return f"hold {value['hold']}"
    if isinstance(value, str) and (found := _CATCH_ALL.fullmatch(value.strip())):
        kind, name = found.groups()
        return {"catch_all": {kind: WHOLE.get(kind, name)}}
    return value


Nobody = Annotated[
    Line | CatchAllIn,
    BeforeValidator(_one_form),
    Field(
        description=(
            "`skip`, `hold PT1H`, or `{catch_all: <target>}`; also as text, for "
            "example `catch_all team: second-line`"
        ),
        examples=["hold PT1H", {"catch_all": {"on_call": "second-line"}}],
    ),
]


class EscalationPolicyIn(Strict):
    """Steps in order. `nobody`: what happens to a step that reaches nobody: `skip` (the
    next one fires at once), `hold PT1H` (it waits until somebody comes on shift), or a
    catch-all.
    """

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
    name: Line | None = Field(default=None, description=DISPLAYED)
    steps: list[StepIn] = Field(min_length=1, max_length=50)
    repeat: int = Field(default=0, ge=0, le=100)
    nobody: Nobody = "skip"
    acknowledge_expires: Duration | Literal["never"] = "PT30M"
    longest_pause: Duration | None = None
    no_channel: NoChannel = Field(
        default="tell",
        description=(
            "People without a channel: `tell` records them in the log only, where "
            "other tools may read it; `pass_over` counts them as not reached"
        ),
    )


Skills = Annotated[dict[Word, int] | list[Word], Field(max_length=20)]


class OverflowIn(Strict):
    """`after`: since the ticket entered this team's queue."""

    after: Duration
    team: Identifier


class OnShiftIn(Strict):
    """Only members on call by this schedule now, and for `left` longer."""

    schedule: Identifier
    left: Duration | None = None


class AssignmentIn(Strict):
    """How tickets of the team are assigned: `offer` offers a ticket to one agent after
    the other, `direct` assigns it at once. `needs`: skills, or the ticket attribute
    that holds them. `required` skills always stay; the lowest other one is dropped
    after each `relax_after`. `affinity`: who is preferred if they have capacity: the
    last assignee of this ticket (`owner`), or of the customer's last ticket
    (`customer`).
    """

    mode: Mode = "manual"
    strategy: Ranking = "least_loaded"
    offer_timeout: Duration = "PT2M"
    offer_rounds: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How many rounds of offers there are before the offers end",
    )
    longest_pause: Duration = Field(
        default="PT1H",
        description=(
            "The longest pause between two rounds; the first pause is `offer_timeout`, "
            "and each next one is twice as long"
        ),
    )
    order: Order = Field(
        default="oldest", description="Which of the waiting tickets is next"
    )
    needs: Skills | Word = Field(default=[])
    required: Skills = Field(default=[])
    relax_after: Duration | None = None
    overflow: OverflowIn | None = None
    weights: dict[Channel, Annotated[int, Field(ge=1, le=10_000)]] = Field(
        default={},
        description=(
            "How much of an agent's `capacity` a ticket takes, by its channel; 1 by "
            "default. A ticket that takes more than the whole capacity goes only to an "
            "agent without tickets"
        ),
    )
    on_shift: OnShiftIn | None = None
    affinity: list[Affinity] = Field(default=[], max_length=2)


class TeamIn(Strict):
    """`calendar`: the hours in which the team works."""

    model_config = example(
        members=["ann", "bo"],
        lead="ann",
        assignment={"mode": "offer", "strategy": "longest_idle"},
    )
    name: Line | None = Field(default=None, description=DISPLAYED)
    members: list[Identifier] = Field(max_length=2000)
    lead: Identifier | None = None
    calendar: Identifier | None = None
    assignment: AssignmentIn | None = None


class NotifyRuleIn(Strict):
    """`after`: the delay after the event; the message is sent only if it is still true
    then. `urgency`: the rule applies to this urgency only; a breach, a last step or an
    offer is `high`.
    """

    channel: Literal["email", "webhook", "apprise"]
    after: Duration = "PT0S"
    urgency: Literal["low", "high"] | None = None


class PersonQuietHoursIn(Strict):
    """Times of day in the person's time zone; messages of low urgency wait."""

    model_config = ConfigDict(populate_by_name=True)
    from_: Line = Field(alias="from")
    to: Line


class NotifyIn(Strict):
    """Without rules: by e-mail at once. `apprise`: names of chat tools that the
    operator set up, never URLs, because those contain tokens. A `webhook` URL is stored
    in the log as it is. `webhook_secret_version`: a higher number creates a new secret,
    which signs at once.
    """

    rules: list[NotifyRuleIn] = Field(default=[], max_length=20)
    quiet_hours: PersonQuietHoursIn | None = None
    webhook: Annotated[str, Verbatim, Field(min_length=1, max_length=2000)] | None = (
        None
    )
    webhook_secret_version: int | None = Field(default=None, ge=1, le=1_000_000)
    apprise: list[Line] = Field(default=[], max_length=10)


class AgentIn(Strict):
    """`active`: false means no new tickets and no notifications."""

    model_config = example(
        name="Ann Li",
        email="ann@shop.example",
        time_zone="Europe/Berlin",
        notify={
            "rules": [
                {"channel": "email"},
                {"channel": "apprise", "after": "PT5M", "urgency": "high"},
            ],
            "quiet_hours": {"from": "22:00", "to": "07:00"},
            "apprise": ["team-chat"],
        },
    )
    name: Line
    email: Line | None = None
    time_zone: Line | None = None
    locale: Line | None = None
    notify: NotifyIn | None = None
    manager: Identifier | None = None
    role: Identifier | None = Field(
        default=None, description="The role whose approval limits (`authorities`) apply"
    )
    active: bool = True
    skills: dict[Word, int] | list[Word] = Field(default=[], max_length=100)
    capacity: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="The maximum of open tickets, each with its weight in its team",
    )
    conflicts: list[Identifier] = Field(
        default=[],
        max_length=1000,
        description=(
            "Customers, by `external_id`, with whom there is a conflict of interest"
        ),
    )


class ConfigOut(Answer):
    """`resolved`: a calendar with every holiday as a date; this is what counts.
    `warnings`: those given when it was published.
    """

    kind: Kind
    name: str
    version: int
    sha256: str
    retired: Made[bool]
    retired_at: Made[datetime | None]
    retired_by: Made[str | None]
    published_at: datetime
    published_by: str
    document: dict[str, object]
    resolved: dict[str, object] | None
    warnings: list[WarningOut]


class RetiredOut(Answer):
    """`warnings`: the documents that still refer to it, and the hours in which nobody
    is on call.
    """

    warnings: list[WarningOut]
