"""Events in plain words: what happened, and why."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from domain.duration import parse_duration

Data = dict[str, Any]


def seconds(duration: str) -> str:
    return f"{parse_duration(duration).total_seconds():g} s"


def clock_time(instant: str) -> str:
    """Local time to the tenth of a second."""
    return f"{datetime.fromisoformat(instant).astimezone():%H:%M:%S.%f}"[:-5]


def after(instant: str, earlier: str) -> timedelta:
    return datetime.fromisoformat(instant) - datetime.fromisoformat(earlier)


def sentence(type_: str, data: Data) -> str:
    """What happened; an event without words of its own gives its type."""
    told = _WORDS.get(type_)
    return told(data) if told else type_


def _matched(data: Data) -> str:
    inputs, asked = data["decision"]["inputs"], data["decision"]["asked"]
    chosen = {(p["policy"]["name"], p["rule"]) for p in data["promises"]}
    names = {name for name, _ in chosen}
    no = [a for a in asked if a["failed_field"] and a["policy"] in names]
    because = ", ".join(f"{name} is {value}" for name, value in inputs.items())
    rules = ", ".join(f"rule {rule + 1} of {name}" for name, rule in sorted(chosen))
    return f"matched {rules}: {because}" + (f"; {_refusals(no)}" if no else "")


def _attached(data: Data) -> str:
    policy = data["policy"]
    return (
        f"promise made: {data['metric']} within {seconds(data['target'])},"
        f" due at {clock_time(data['due_at'])}, by rule {data['rule'] + 1} of"
        f" {policy['name']} version {policy['version']}"
    )


def _refusals(asked: list[Data]) -> str:
    return ", ".join(
        f"rule {a['rule'] + 1} said no on {a['failed_field']}" for a in asked
    )


def _reassigned(data: Data) -> str:
    asked = ", ".join(
        f"{c['agent']} ({c['load']} open: {c['reason']})" for c in data["candidates"]
    )
    return (
        f"reassigned from {data['from_agent']} to {data['to_agent']},"
        f" team {data['team']}; candidates {asked}"
    )


def _step_fired(data: Data) -> str:
    """People count steps from 1."""
    chosen = ", ".join(
        f"{c['person']} ({'; '.join(c['reasons'])})" for c in data["chosen"]
    )
    whom = f": to notify {chosen}" if chosen else ""
    return f"escalation step {data['step'] + 1}{whom}"


def _missed(data: Data) -> str:
    return (
        f"judged missed: {data['metric']} took {seconds(data['elapsed'])},"
        f" {seconds(data['overrun'])} over"
    )


_WORDS: dict[str, Callable[[Data], str]] = {
    "ticket.opened": lambda d: (
        f"opened by {d['customer']['name']} ({d['customer']['tier']}): {d['subject']}"
    ),
    "ticket.assigned": lambda d: f"assigned to {d['agent']}",
    "ticket.message_added": lambda d: f"{d['author']['id']} answered: {d['body']}",
    "ticket.priority_changed": lambda d: (
        f"priority {d['old']} raised to {d['new']} ({d['reason']})"
    ),
    "ticket.resolved": lambda d: f"resolved: {d['note']}",
    "sla.matched": _matched,
    "sla.attached": _attached,
    "sla.paused": lambda d: f"{d['metric']} stands still: {d['reason']}",
    "sla.resumed": lambda d: f"{d['metric']} goes on: {d['reason']}",
    "sla.warned": lambda d: (
        f"WARNING: {d['threshold']} of the time for {d['metric']} is used"
    ),
    "sla.breached": lambda d: (
        f"BREACH: {d['metric']} was due at {clock_time(d['due_at'])},"
        f" {d['assignee']} holds the ticket"
    ),
    "sla.met": lambda d: (
        f"judged met: {d['metric']} took {seconds(d['elapsed'])}"
        f" of {seconds(d['target'])}"
    ),
    "sla.missed": _missed,
    "escalation.pinned": lambda d: (
        f"will climb {d['policy']['ref']['name']}"
        f" version {d['policy']['ref']['version']} if the promise breaks"
    ),
    "escalation.started": lambda d: f"escalation of {d['clock']} starts",
    "escalation.step_fired": _step_fired,
    "escalation.notified": lambda d: f"notified {d['person']} by {d['channel']}",
    "escalation.reassigned": _reassigned,
    "escalation.exhausted": lambda _: "no steps are left",
    "escalation.ended": lambda d: f"escalation over: {d['reason']}",
    "feedback.captured": lambda d: (
        f"feedback on {d['product_area']}, {d['kind']}: {d['text']}"
    ),
}


def summary(types: list[str]) -> str:
    """As `2 sla.breached, 1 feedback.captured`, in the order of the alphabet."""
    counts = [(len(list(same)), type_) for type_, same in groupby(sorted(types))]
    return ", ".join(f"{count} {type_}" for count, type_ in counts)
