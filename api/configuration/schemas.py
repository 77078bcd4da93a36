"""The documents that ops configure, one model for each kind."""

import re
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    model_validator,
)

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
from domain.configuration.kinds import Kind
from domain.escalation.policy import NoChannel, Strategy
from domain.escalation.target import WHOLE
from domain.lifecycle.facts import Channel
from domain.lifecycle.status import Status
from domain.people.routing import Affinity, Mode, Order, Ranking
from domain.sla.change_rules import ChangeRule, EditRule, ReopenRule, SplitRule

Percentage = Annotated[
    str, Cleaned, Field(max_length=40, description="`80%` of the target, or `PT5M`")
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
    """Without `when` it matches every ticket; a null one is refused, because it is more
    often a mistake than a wish. `calendar`: if not that of the policy.
    """

    when: Condition = None  # type: ignore[assignment] # left out, not null
    targets: dict[Word, Duration] = Field(min_length=1, max_length=50)
    calendar: Identifier | None = None


class ClockIn(Strict):
    """When a clock starts, is cancelled, pauses, resumes, stops and starts over. Of a
    built-in metric only what is named is changed; `resume` left out: as soon as `pause`
    does not hold any more.
    """

    start: Conditions | None = None
    cancel: Conditions | None = None
    pause: Conditions | None = None
    resume: Conditions | None = None
    stop: Conditions | None = None
    reset: Conditions | None = None


class RepliesIn(Strict):
    """What counts as an answer: public, by these; `roles`, `channels` empty: any."""

    by: list[Word] = Field(default=["agent"], min_length=1, max_length=5)
    roles: list[Word] = Field(default=[], max_length=50)
    channels: list[Word] = Field(default=[], max_length=50)
    automatic: bool = False


class ChangesIn(Strict):
    """What a change does to a running clock; every application is recorded with the old
    and the new deadline. `other`: any other field that rules ask about.
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
    """Nobody is warned between these times of day: earlier instead."""

    model_config = ConfigDict(populate_by_name=True)
    tz: Line = "UTC"
    from_: Line = Field(alias="from")
    to: Line


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
    name: Line | None = Field(default=None, description=DISPLAYED)
    match: list[RuleIn] = Field(min_length=1, max_length=200)
    calendar: Identifier = "always"
    warn_at: list[Percentage] = Field(default=[], max_length=20)
    escalation_policy: Identifier | None = None
    pauses: list[Word] = Field(
        default=["resolution"],
        max_length=50,
        description="Metrics whose clock stands still while the ticket is paused",
    )
    clocks: dict[Word, ClockIn] = Field(default={}, max_length=50)
    replies: RepliesIn = RepliesIn()
    on_change: ChangesIn = ChangesIn()
    longest_pause: Duration | None = Field(
        default=None, description="After it a clock runs although the ticket is paused"
    )
    quiet_hours: QuietHoursIn | None = None
    order: int = Field(default=100, ge=0, le=100_000)


class SkilledIn(Strict):
    """Who of the team has most of these; a number is the level that it takes."""

    team: Identifier
    needs: dict[Word, int] | list[Word] = Field(min_length=1, max_length=20)


class TargetIn(Strict):
    """Exactly one of these. With `manager_of` goes `depth` (tells one manager, so many
    levels up) or `up_to` (tells all of them up to that level), not both.
    """

    model_config = example(manager_of="assignee", up_to=2)

    assignee: Literal[True] | None = None
    agent: Identifier | None = None
    webhook: Identifier | None = Field(
        default=None, description="A machine: an agent with a webhook of its own"
    )
    team: Identifier | None = None
    lead_of: Identifier | None = None
    manager_of: Literal["assignee"] | None = None
    depth: int | None = Field(
        default=None,
        ge=1,
        le=10,
        description="Of `manager_of`: tells one, so many levels up; 1 (as without it) ="
        " the manager, 2 = that one's manager. For who cannot be told the next above"
        " stands in",
    )
    up_to: int | None = Field(
        default=None,
        ge=1,
        le=10,
        description="Of `manager_of`: tells each manager from the direct one to so many"
        " levels up. Who cannot be told is passed over, and the chain goes on above",
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
    """`team`: if not the ticket's own; under `on_call` the name of the schedule."""

    strategy: Strategy = "least_loaded"
    team: Identifier | None = None


class StatusChangeIn(Strict):
    """`lasts`: of `pending` and `on_hold`; without it until somebody resumes."""

    to: Status
    reason: Line | None = None
    lasts: Duration | None = None


class StepIn(Strict):
    """`after` the breach; before it: `-PT15M`, or `80%` of the target. `time`: by which
    the distance from the step before is counted. `when`: else it is passed over.
    `macros` are run as they are then; `status` is turned last.
    """

    after: Duration | Percentage = "PT0S"
    time: Literal["wall", "business"] | None = Field(
        default=None,
        description="Of what `after` counts. Unsaid: `wall`, the time on the wall, and"
        " for a percentage `business`, the share of the target that is used. A"
        " percentage in `wall` is one of the way from the start to the due instant",
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
    """What the shorter forms of `nobody` mean: `{hold: PT1H}`, and a catch-all in
    words, as `catch_all team: second-line`.
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
        description="`skip`, `hold PT1H`, or `{catch_all: <target>}`; also in words, as"
        " `catch_all team: second-line`",
        examples=["hold PT1H", {"catch_all": {"on_call": "second-line"}}],
    ),
]


class EscalationPolicyIn(Strict):
    """Steps in order. `nobody`: what becomes of one that reaches nobody: `skip` (the
    next is taken at once), `hold PT1H` (until somebody comes on shift), or a catch-all.
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
        description="Whom no channel leads to: told in the log only, where other tools"
        " may read it, or passed over as not reached",
    )


Skills = Annotated[dict[Word, int] | list[Word], Field(max_length=20)]


class OverflowIn(Strict):
    """`after`: since the ticket came into this team's queue."""

    after: Duration
    team: Identifier


class OnShiftIn(Strict):
    """Who is on call by this schedule now, and for `left` longer."""

    schedule: Identifier
    left: Duration | None = None


class AssignmentIn(Strict):
    """How tickets of the team get into somebody's hands: `offer` asks one after the
    other, `direct` gives at once. `needs`: skills, or the attribute of a ticket that
    has them; `required` of them stay, and each `relax_after` the lowest other is
    dropped. `affinity`: who comes before others, as far as they are free: who had this
    ticket (`owner`), who had the `customer` last.
    """

    mode: Mode = "manual"
    strategy: Ranking = "least_loaded"
    offer_timeout: Duration = "PT2M"
    offer_rounds: int = Field(
        default=5,
        ge=1,
        le=100,
        description="How often everybody is asked before the offers end",
    )
    longest_pause: Duration = Field(
        default="PT1H",
        description="Between two rounds; the first pause is `offer_timeout`, each next"
        " one twice as long",
    )
    order: Order = Field(
        default="oldest", description="Of those that wait, which is next"
    )
    needs: Skills | Word = Field(default=[])
    required: Skills = Field(default=[])
    relax_after: Duration | None = None
    overflow: OverflowIn | None = None
    weights: dict[Channel, Annotated[int, Field(ge=1, le=10_000)]] = Field(
        default={},
        description="How much of somebody's `capacity` a ticket takes, by its channel;"
        " 1 where none is said. What is more than all of it needs empty hands",
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
    """`after`: since the event that tells the person, while it is still true.
    `urgency`: only what is as urgent, as a broken promise, a last step or an offer.
    """

    channel: Literal["email", "webhook", "apprise"]
    after: Duration = "PT0S"
    urgency: Literal["low", "high"] | None = None


class PersonQuietHoursIn(Strict):
    """Times of day in the person's time zone; what is of low urgency waits."""

    model_config = ConfigDict(populate_by_name=True)
    from_: Line = Field(alias="from")
    to: Line


class NotifyIn(Strict):
    """Without rules: by e-mail at once. `apprise`: names of targets that the operator
    set up, never URLs, since those hold tokens. A `webhook` is in the log as it is.
    `webhook_secret_version`: a higher one makes another secret, which signs at once.
    """

    rules: list[NotifyRuleIn] = Field(default=[], max_length=20)
    quiet_hours: PersonQuietHoursIn | None = None
    webhook: Annotated[str, Verbatim, Field(min_length=1, max_length=2000)] | None = (
        None
    )
    webhook_secret_version: int | None = Field(default=None, ge=1, le=1_000_000)
    apprise: list[Line] = Field(default=[], max_length=10)


class AgentIn(Strict):
    """`active`: false = gets nothing new, and is told of nothing."""

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
        default=None, description="By which of the `authorities` they may spend"
    )
    active: bool = True
    skills: dict[Word, int] | list[Word] = Field(default=[], max_length=100)
    capacity: int | None = Field(
        default=None,
        ge=0,
        le=10_000,
        description="Open tickets at most, each by its weight in its team",
    )
    conflicts: list[Identifier] = Field(
        default=[],
        max_length=1000,
        description="Customers, by `external_id`, whose tickets must not be theirs",
    )


class ConfigOut(BaseModel):
    """`resolved`: a calendar with every holiday as a date, as it is counted by.
    `warnings`: what was said when it was published.
    """

    kind: Kind
    name: str
    version: int
    sha256: str
    retired: bool
    retired_at: datetime | None
    retired_by: str | None
    published_at: datetime
    published_by: str
    document: dict[str, object]
    resolved: dict[str, object] | None
    warnings: list[WarningOut]


class RetiredOut(BaseModel):
    """`warnings`: what names it all the same, and the hours that it uncovers."""

    warnings: list[WarningOut]


class ConfigPage(BaseModel):
    items: list[ConfigOut]
    next_cursor: str | None
