"""The targets of a case as an SLA policy of ours.

A source's word for what it measures becomes our metric, or a clock by conditions where
it measures what we have no built-in name for. A target in working days is turned into
business time once, at the opening: policies know durations only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from domain.calendar.business_time import elapsed
from domain.calendar.calendar import Calendar
from domain.calendar.working_days import working_days_later
from domain.duration import format_duration
from domain.event import Json
from domain.sla.change_rules import ChangeRule
from domain.sla.metric import METRICS, Metric
from tests.cases.model import UNIT_S, Case, UndrivableError

HOUR = timedelta(hours=1)
UNNAMED = timedelta(days=30)  # where a case measures and promises nothing
FIRST_RESPONDER = "first_responder"
OURS: Mapping[str, Metric] = {
    "first_reply": "first_response",
    "frt": "first_response",
    "next_reply": "next_response",
    "nrt": "next_response",
    "solution": "resolution",
    "time_to_resolve": "resolution",
    "rt": "resolution",
    "close": "resolution",
    "due": "resolution",
    "keep_in_loop": "periodic_update",
    "time_to_own": "assignment",
    "own": "assignment",
    "requester_wait_time": "requester_wait",
    "agent_work_time": "agent_work",
}
PRIORITIES = {
    "low": "low",
    "medium": "normal",
    "normal": "normal",
    "high": "high",
    "urgent": "urgent",
    "critical": "urgent",
}
FINISHED, PAUSED = {"finished": True}, {"paused": True}
REPLY = {"reply": True, "author_role": {"not": [FIRST_RESPONDER]}}
UNANSWERED: Json = {
    "start": {"awaiting_reply": True, "finished": False},
    "stop": [REPLY, FINISHED],
}
BY_CONDITIONS: Mapping[Metric, Json] = {
    "response": UNANSWERED,
    "update": UNANSWERED,
    "waiting_on_agent": {
        "start": {"finished": False},
        "pause": {"awaiting_reply": False},
        "stop": FINISHED,
    },
}
"""`response` (RT) and `update` (Zammad): from the oldest unanswered message, the first
one included. A first response that the source books as nothing but that does not stop
them: REPLY leaves it out.
"""
EVERY_CLOCK_PAUSES = ("zammad",)
"""Elsewhere a pending state holds the resolution, or what `ignore_on` is said of."""
NO_TARGETS = ("escalation_level_offset_s", "end_of_working_day", "real_time",
              "rule", "mode", "ignore_on")  # fmt: skip
TARGET = re.compile(r"(\w+?)_(s|min|h|working_days)")


@dataclass(frozen=True, kw_only=True)
class Target:
    """`by_priority`: amounts under the priority that they hold for, "" = any."""

    metric: Metric
    unit: str
    by_priority: Mapping[str, float] = field(default_factory=dict)
    pauses: bool


def metric_of(name: str) -> Metric:
    metric = OURS.get(name, name)
    if metric not in METRICS and metric not in BY_CONDITIONS:
        raise UndrivableError(f"no metric of ours for {name!r}")
    return metric


def targets_of(case: Case) -> dict[Metric, Target]:
    found: dict[Metric, Target] = {}
    for name, value in case["targets"].items():
        if name in NO_TARGETS:
            continue
        target = _target(name, value, case)
        known = found.get(target.metric)
        if known and known.by_priority.keys() & target.by_priority.keys():
            raise UndrivableError(f"two targets of {target.metric}")
        by_priority = {**(known.by_priority if known else {}), **target.by_priority}
        found[target.metric] = Target(
            metric=target.metric,
            unit=target.unit,
            by_priority=by_priority,
            pauses=target.pauses,
        )
    return found


def _target(name: str, value: Any, case: Case) -> Target:
    parsed = TARGET.fullmatch(name)
    if parsed is None:
        raise UndrivableError(f"no target of ours for {name!r}")
    word, unit = parsed.groups()
    ignored = case["targets"].get("ignore_on")
    if isinstance(value, dict) and "value" in value:
        ignored, value = value.get("ignore_on", []), value["value"]
    if word in PRIORITIES:
        metric, amounts = "resolution", {PRIORITIES[word]: value}
    else:
        metric = metric_of(word)
        amounts = _by_priority(value) if isinstance(value, dict) else {"": value}
    if not all(isinstance(amount, int | float) for amount in amounts.values()):
        raise UndrivableError(f"{name!r} is no number")
    if ignored and metric == "periodic_update":
        metric = "pausable_update"
    everything = case.get("system") in EVERY_CLOCK_PAUSES
    pauses = everything or metric == "resolution" if ignored is None else bool(ignored)
    return Target(metric=metric, unit=unit, by_priority=amounts, pauses=pauses)


def _by_priority(value: Mapping[str, float]) -> dict[str, float]:
    if unknown := value.keys() - PRIORITIES.keys():
        raise UndrivableError(f"no priorities of ours for {sorted(unknown)}")
    return {PRIORITIES[word]: amount for word, amount in value.items()}


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What turns amounts into durations, and where closing is a pausing state."""

    calendar: Calendar | None
    opened_at: datetime
    closing_pauses: bool = False


def policy_of(case: Case, targets: Iterable[Target], setting: Setting) -> Json:
    targets = list(targets)
    if not targets:
        raise UndrivableError("no target is given")
    rules = [_rule(p, targets, case, setting) for p in _priorities(targets)]
    return {
        "calendar": "hours" if setting.calendar else "always",
        "match": [rule for rule in rules if rule["targets"]],
        "clocks": dict(_clocks(targets, closing_pauses=setting.closing_pauses)),
        "pauses": [t.metric for t in targets if t.pauses],
        "on_change": _on_change(case["targets"]),
        "warn_at": _warnings(case["targets"]),
    }


def _priorities(targets: Iterable[Target]) -> list[str]:
    """Those that a rule is written for, "" last: the first match wins."""
    named = {priority for target in targets for priority in target.by_priority}
    return sorted(named, key=lambda priority: (priority == "", priority))


def _rule(
    priority: str, targets: Iterable[Target], case: Case, setting: Setting
) -> Json:
    given = {
        t.metric: format_duration(_length(t, t.by_priority[priority], case, setting))
        for t in targets
        if priority in t.by_priority
    }
    when = {"when": {"priority": priority}} if priority else {}
    return {**when, "targets": given}


def _length(target: Target, amount: float, case: Case, setting: Setting) -> timedelta:
    if target.unit != "working_days":
        return timedelta(seconds=amount * UNIT_S[target.unit])
    end_of_day = case["targets"].get("end_of_working_day", False)
    start, days = setting.opened_at, int(amount)
    end = working_days_later(setting.calendar, start, days, end_of_day=end_of_day)
    assert end is not None
    return elapsed(setting.calendar, start, end)


def _clocks(
    targets: Iterable[Target], *, closing_pauses: bool
) -> Iterator[tuple[Metric, Json]]:
    for target in targets:
        metric = target.metric
        if metric in BY_CONDITIONS:
            yield metric, BY_CONDITIONS[metric]
        if closing_pauses and metric in ("first_response", "response", "update"):
            held = {"stop": REPLY, "pause": [PAUSED, FINISHED]}
            yield metric, {**BY_CONDITIONS.get(metric, {}), **held}


def _on_change(targets: Json) -> Json:
    rule = targets.get("rule", targets.get("mode"))
    if rule is None:
        return {}
    if rule not in get_args(ChangeRule):
        raise UndrivableError(f"no rule of ours for {rule!r}")
    return {"priority": rule, "tier": rule, "other": rule}


def _warnings(targets: Json) -> list[str]:
    """A level before the breach is a warning; whole days mean working days, which
    warnings do not know.
    """
    offset = timedelta(seconds=targets.get("escalation_level_offset_s", 0))
    before = -offset
    whole_days = not before % timedelta(days=1)
    return [] if before <= timedelta(0) or whole_days else [format_duration(before)]
