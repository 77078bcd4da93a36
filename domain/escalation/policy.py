"""Escalation policies: what happens, step by step, around a promise that breaks.

A step is due so long after the breach, or before it (`-PT5M`, or a share of the target:
`80%`). From the breach on, what counts is the distance between two steps, from the
moment the earlier one fired: a pause or a hold moves all that follows. The steps are
repeated `repeat` times; a repetition starts one gap after the last step, the gap being
that between the last two steps (of a single step: its delay, or an hour).
"""

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Literal, get_args

from domain.conditions.condition import Condition, parse_condition
from domain.conditions.fields import STATE_FIELDS, TICKET_FIELDS
from domain.duration import LONGEST, parse_duration, parse_positive
from domain.errors import FieldError, InvalidError, UnknownWordError
from domain.escalation.target import Target, parse_target
from domain.event import Json, PolicyRef
from domain.lifecycle.status import StatusChange, parse_status

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


def parse_escalation_policy(ref: PolicyRef, document: Json) -> EscalationPolicy:
    """Raises InvalidError that names the field of the document."""
    errors: list[FieldError] = []
    given = document.get("steps")
    steps = tuple(
        _parse_step(step if isinstance(step, dict) else {}, f"/steps/{i}", errors)
        for i, step in enumerate(given if isinstance(given, list) else [])
    )
    if not steps:
        errors.append(FieldError("/steps", "at least one step is needed"))
    _check_order(steps, errors)
    expires = document.get("acknowledge_expires", "PT30M")
    longest = document.get("longest_pause")
    policy = EscalationPolicy(
        ref=ref,
        steps=steps,
        repeat=_parse_count(document, "repeat", MOST_REPEATS, "", errors),
        nobody=_parse_nobody(document.get("nobody", "skip"), errors),
        acknowledge_expires=None
        if expires in (None, "never")
        else _parse_length(expires, "/acknowledge_expires", errors),
        longest_pause=None
        if longest is None
        else _parse_length(longest, "/longest_pause", errors),
        no_channel=_parse_no_channel(document.get("no_channel", "tell"), errors),
    )
    if errors:
        raise InvalidError(errors)
    return policy


def _check_order(steps: tuple[Step, ...], errors: list[FieldError]) -> None:
    for i, (earlier, later) in enumerate(pairwise(steps)):
        pointer = f"/steps/{i + 1}/after"
        if later.early and not earlier.early:
            message = "lies before the breach and comes after a step that does not"
            errors.append(FieldError(pointer, message))
        same = (earlier.share is None) == (later.share is None)
        back = (later.share or 0, later.after) < (earlier.share or 0, earlier.after)
        if later.early == earlier.early and same and back:
            message = "comes before the step above it and could never be reached"
            errors.append(FieldError(pointer, message))


def _parse_step(document: Json, pointer: str, errors: list[FieldError]) -> Step:
    targets, reassign = document.get("targets"), document.get("reassign")
    parsed = tuple(
        parse_target(target, f"{pointer}/targets/{i}", errors)
        for i, target in enumerate(targets if isinstance(targets, list) else [])
    )
    watch = document.get("watch", [])
    macros = document.get("macros", [])
    moves = ("raise_priority", "status", "watch", "macros")
    acts = isinstance(reassign, dict) or any(document.get(name) for name in moves)
    if not parsed and not acts:
        message = "the step tells nobody and moves nothing: name a target or reassign"
        errors.append(FieldError(f"{pointer}/targets", message))
    after, share = _parse_after(document.get("after", "PT0S"), pointer, errors)
    when = document.get("when")
    # A share is one of the target, counted as the target is, unless it says otherwise.
    time = document.get("time", "wall" if share is None else "business")
    if time not in TIMES:
        errors.append(UnknownWordError.of(f"{pointer}/time", time, TIMES))
    return Step(
        after=after,
        share=share,
        time="business" if time == "business" else "wall",
        condition=None
        if when is None
        else parse_condition(
            when, f"{pointer}/when", (*TICKET_FIELDS, *STATE_FIELDS), errors
        ),
        targets=parsed,
        reassign=_parse_reassign(reassign, f"{pointer}/reassign", errors),
        raise_priority=_parse_count(document, "raise_priority", 3, pointer, errors),
        watch=tuple(str(name) for name in watch) if isinstance(watch, list) else (),
        macros=tuple(str(m) for m in macros) if isinstance(macros, list) else (),
        status=parse_status(document.get("status"), f"{pointer}/status", errors),
    )


def _parse_count(
    document: Json, field: str, most: int, pointer: str, errors: list[FieldError]
) -> int:
    value = document.get(field, 0)
    if isinstance(value, int) and 0 <= value <= most:
        return value
    message = f"must be a whole number from 0 to {most}"
    errors.append(FieldError(f"{pointer}/{field}", message))
    return 0


def _parse_after(
    value: object, pointer: str, errors: list[FieldError]
) -> tuple[timedelta, int | None]:
    pointer, text = f"{pointer}/after", str(value)
    if text.endswith("%"):
        number = text[:-1]
        if number.isascii() and number.isdigit() and 1 <= int(number) < PERCENT:
            return ZERO, int(number)
        errors.append(FieldError(pointer, "must be a whole percentage from 1% to 99%"))
        return ZERO, None
    try:
        after = parse_duration(text)
    except ValueError as error:
        errors.append(FieldError(pointer, str(error)))
        return ZERO, None
    if abs(after) > LONGEST:
        errors.append(FieldError(pointer, "must be at most five years"))
    return after, None


def _parse_length(value: object, pointer: str, errors: list[FieldError]) -> timedelta:
    try:
        return parse_positive(str(value))
    except ValueError as error:
        errors.append(FieldError(pointer, str(error)))
        return HOUR


def _parse_nobody(value: object, errors: list[FieldError]) -> Nobody:
    """`skip`, `hold PT1H`, or `{catch_all: <target>}`."""
    if value == "skip":
        return Nobody()
    if isinstance(value, str) and value.startswith("hold "):
        hold = _parse_length(value.removeprefix("hold "), "/nobody", errors)
        return Nobody(kind="hold", hold=hold)
    if isinstance(value, dict) and set(value) == {"catch_all"}:
        target = parse_target(value["catch_all"], "/nobody/catch_all", errors)
        return Nobody(kind="catch_all", catch_all=target)
    message = "must be 'skip', 'hold PT1H' or {catch_all: <target>}"
    errors.append(FieldError("/nobody", message))
    return Nobody()


def _parse_no_channel(value: object, errors: list[FieldError]) -> NoChannel:
    if value not in NO_CHANNELS:
        errors.append(UnknownWordError.of("/no_channel", value, NO_CHANNELS))
    return "pass_over" if value == "pass_over" else "tell"


def _parse_reassign(
    value: object, pointer: str, errors: list[FieldError]
) -> Reassign | None:
    if not isinstance(value, dict):
        return None
    strategy = value.get("strategy", "least_loaded")
    if strategy not in STRATEGIES:
        where = f"{pointer}/strategy"
        errors.append(UnknownWordError.of(where, strategy, STRATEGIES))
        strategy = "least_loaded"
    team = value.get("team")
    if strategy == "on_call" and not isinstance(team, str):
        message = "must name the schedule"
        errors.append(FieldError(f"{pointer}/team", message))
    return Reassign(strategy=strategy, team=team if isinstance(team, str) else None)
