"""Escalation policies: what happens, step by step, around a promise that breaks.

A step is due so long after the breach, or before it (`-PT5M`, or a share of the target:
`80%`). From the breach on, what counts is the distance between two steps, from the
moment the earlier one fired: a pause or a hold moves all that follows. The steps are
repeated `repeat` times; a repetition starts one gap after the last step, the gap being
that between the last two steps (of a single step: its delay, or an hour).
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from typing import Literal, get_args

from domain.conditions.condition import Condition, read_condition
from domain.conditions.fields import STATE_FIELDS, TICKET_FIELDS
from domain.documents.reader import Reader
from domain.duration import LONGEST, parse_duration
from domain.escalation.target import Target, read_target
from domain.event import PolicyRef
from domain.lifecycle.status import StatusChange, read_status

MOST_REPEATS = 100
HOUR = timedelta(hours=1)
ZERO = timedelta(0)
EXPIRES = timedelta(minutes=30)
"""An acknowledgement is a promise to look, not an end: PagerDuty's default, on here."""
PERCENT = 100
Strategy = Literal["least_loaded", "round_robin", "skilled", "longest_idle", "on_call"]
STRATEGIES: tuple[Strategy, ...] = get_args(Strategy)
TimeKind = Literal["wall", "business"]
TIMES: tuple[TimeKind, ...] = get_args(TimeKind)
NoChannel = Literal["tell", "pass_over"]
NO_CHANNELS: tuple[NoChannel, ...] = get_args(NoChannel)
NobodyKind = Literal["skip", "hold", "catch_all"]
MOVES = ("raise_priority", "status", "watch", "macros")


@dataclass(frozen=True, kw_only=True)
class Reassign:
    """`team=None`: the team that has the ticket; of `on_call` it names a schedule."""

    strategy: Strategy
    team: str | None


@dataclass(frozen=True, kw_only=True)
class Step:
    """Due `after` the breach (negative: before the due instant, in `wall` time), or
    when `share` % of the target is used; in `wall` time, of the way to the due instant.
    `condition`: None = always. `watch`: who follows the ticket from now on.
    `macros`: by name, as they are when the step is taken; then `status`.
    """

    after: timedelta
    targets: tuple[Target, ...]
    reassign: Reassign | None
    raise_priority: int
    share: int | None = None
    time: TimeKind = "wall"
    condition: Condition | None = None
    watch: tuple[str, ...] = ()
    macros: tuple[str, ...] = ()
    status: StatusChange | None = None

    @property
    def early(self) -> bool:
        """Before the breach."""
        return self.share is not None or self.after < ZERO

    @property
    def threshold(self) -> str:
        """As a warning at that instant would be written."""
        return f"{self.share}%" if self.share else f"PT{-self.after.total_seconds():g}S"


@dataclass(frozen=True, kw_only=True)
class Nobody:
    """What becomes of a step that reaches nobody: it is skipped at once, waits until
    somebody comes on shift (`hold` at the longest), or goes to `catch_all`.
    """

    kind: NobodyKind = "skip"
    hold: timedelta = ZERO
    catch_all: Target | None = None


@dataclass(frozen=True, kw_only=True)
class EscalationPolicy:
    """`acknowledge_expires` None: an acknowledgement ends the run for good.
    `no_channel`: who has none is notified in the log only, where others may read it, or
    is passed over and counts as not reached.
    """

    ref: PolicyRef
    steps: tuple[Step, ...]
    repeat: int
    nobody: Nobody = Nobody()
    acknowledge_expires: timedelta | None = EXPIRES
    longest_pause: timedelta | None = None
    no_channel: NoChannel = "tell"

    @property
    def first_late(self) -> int:
        """The first step from the breach on; the number of steps if there is none."""
        return next(
            (i for i, s in enumerate(self.steps) if not s.early), len(self.steps)
        )

    @property
    def last_repetition(self) -> int:
        """Steps before the breach are never repeated."""
        return self.repeat if self.first_late < len(self.steps) else 0

    def gap_after(self, step: int) -> timedelta:
        """From this step to the next, or to the first of the next repetition."""
        late = self.steps[self.first_late :]
        if step + 1 < len(self.steps):
            return _gap(self.steps[step], self.steps[step + 1])
        if len(late) > 1:
            return (late[-1].after - late[-2].after) or HOUR
        return (late[-1].after if late else ZERO) or HOUR

    def gap_before(self, step: int, repetition: int) -> timedelta:
        """To this step from the one before it, or from the breach."""
        if step != self.first_late:
            return self.gap_after(step - 1) if step else ZERO
        return (
            self.gap_after(len(self.steps) - 1)
            if repetition
            else self.steps[step].after
        )


def _gap(step: Step, following: Step) -> timedelta:
    """Never negative: a run that is sent back after the breach takes the steps before
    the breach too, one by one, and shares of the target have no distance then.
    """
    if not following.early:
        return following.after - max(step.after, ZERO)
    if step.share or following.share:
        return ZERO
    return following.after - step.after


def read_escalation_policy(ref: PolicyRef, reader: Reader) -> EscalationPolicy:
    steps = tuple(_read_step(step) for step in reader["steps"].items())
    if not steps:
        reader["steps"].fault("at least one step is needed")
    _check_order(steps, reader["steps"])
    return EscalationPolicy(
        ref=ref,
        steps=steps,
        repeat=reader.get("repeat", 0).number(0, MOST_REPEATS),
        nobody=_read_nobody(reader.get("nobody", "skip")),
        acknowledge_expires=_read_expiry(reader.get("acknowledge_expires", "PT30M")),
        longest_pause=reader.optional("longest_pause", Reader.duration),
        no_channel=reader.get("no_channel", "tell").one_of(NO_CHANNELS),
    )


def _check_order(steps: tuple[Step, ...], reader: Reader) -> None:
    for i, (earlier, later) in enumerate(pairwise(steps)):
        after = reader[i + 1]["after"]
        if later.early and not earlier.early:
            after.fault("lies before the breach and comes after a step that does not")
        same = (earlier.share is None) == (later.share is None)
        back = (later.share or 0, later.after) < (earlier.share or 0, earlier.after)
        if later.early == earlier.early and same and back:
            after.fault("comes before the step above it and could never be reached")


def _read_step(reader: Reader) -> Step:
    reassign = _read_reassign(reader["reassign"])
    targets = tuple(read_target(target) for target in reader["targets"].items())
    acts = any(reader[name].value for name in MOVES)
    if not targets and reassign is None and not acts:
        message = "the step tells nobody and moves nothing: name a target or reassign"
        reader["targets"].fault(message)
    after, share = _read_after(reader.get("after", "PT0S"))
    # A share is one of the target, counted as the target is, unless it says otherwise.
    usual: TimeKind = "wall" if share is None else "business"
    return Step(
        after=after,
        share=share,
        time=reader.get("time", usual).one_of(TIMES),
        condition=reader.optional("when", _read_when),
        targets=targets,
        reassign=reassign,
        raise_priority=reader.get("raise_priority", 0).number(0, 3),
        watch=reader["watch"].names("agents"),
        macros=reader["macros"].names("macros"),
        status=reader.optional("status", read_status),
    )


def _read_when(reader: Reader) -> Condition:
    return read_condition(reader, (*TICKET_FIELDS, *STATE_FIELDS))


def _read_after(reader: Reader) -> tuple[timedelta, int | None]:
    text = str(reader.value)
    if text.endswith("%"):
        number = text[:-1]
        if number.isascii() and number.isdigit() and 1 <= int(number) < PERCENT:
            return ZERO, int(number)
        reader.fault("must be a whole percentage from 1% to 99%")
        return ZERO, None
    after = reader.parsed(parse_duration) or ZERO
    if abs(after) > LONGEST:
        reader.fault("must be at most five years")
    return after, None


def _read_expiry(reader: Reader) -> timedelta | None:
    return None if reader.value in (None, "never") else reader.duration()


def _read_nobody(reader: Reader) -> Nobody:
    """`skip`, `hold PT1H`, or `{catch_all: <target>}`."""
    value = reader.value
    if isinstance(value, str) and value.startswith("hold "):
        hold = replace(reader, value=value.removeprefix("hold ")).duration()
        return Nobody(kind="hold", hold=hold)
    if list(reader.members()) == ["catch_all"]:
        catch_all = read_target(reader["catch_all"])
        return Nobody(kind="catch_all", catch_all=catch_all)
    if value != "skip":
        reader.fault("must be 'skip', 'hold PT1H' or {catch_all: <target>}")
    return Nobody()


def _read_reassign(reader: Reader) -> Reassign | None:
    if not isinstance(reader.value, dict):
        return None
    strategy = reader.get("strategy", "least_loaded").one_of(STRATEGIES)
    on_call = strategy == "on_call"
    team = reader["team"].name("schedules" if on_call else "teams")
    if on_call and team is None:
        reader["team"].fault("must name the schedule")
    return Reassign(strategy=strategy, team=team)
