"""SLA policies: rules that are never evaluated, metrics without a target, warnings that
are never given.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from domain.configuration.lint.clocks import clock_findings
from domain.configuration.lint.conditions import holds_never, implies
from domain.duration import format_duration
from domain.errors import FieldError
from domain.event import Json
from domain.sla.policy import Rule, SlaPolicy
from domain.sla.threshold import parse_threshold


def promise_findings(
    policy: SlaPolicy, document: Json, others: Iterable[SlaPolicy]
) -> Iterator[FieldError]:
    """`document` is that of the policy; `others` are evaluated before or after it."""
    yield from _never_asked(policy, others)
    yield from _clocks(policy, document)
    yield from _warnings(policy)


def _never_asked(
    policy: SlaPolicy, others: Iterable[SlaPolicy]
) -> Iterator[FieldError]:
    """For each metric the first rule that matches wins."""
    mine = (policy.order, policy.ref.name)
    asked: list[tuple[str, Rule]] = [
        (f"{other.ref.name} /match/{index}", rule)
        for other in others
        if (other.order, other.ref.name) < mine
        for index, rule in enumerate(other.rules)
    ]
    for index, rule in enumerate(policy.rules):
        pointer = f"/match/{index}"
        if holds_never(rule.when):
            yield FieldError(f"{pointer}/when", "can never hold")
        for metric, _ in rule.targets:
            earlier = next((at for at, r in asked if _takes(r, metric, rule)), None)
            if earlier is not None:
                message = f"never applies: {earlier} takes every such ticket first"
                yield FieldError(f"{pointer}/targets/{metric}", message)
        asked.append((pointer, rule))


def _takes(earlier: Rule, metric: str, rule: Rule) -> bool:
    return metric in dict(earlier.targets) and implies(rule.when, earlier.when)


def _clocks(policy: SlaPolicy, document: Json) -> Iterator[FieldError]:
    given = document.get("clocks")
    promised = {metric for rule in policy.rules for metric, _ in rule.targets}
    for metric in given if isinstance(given, dict) else ():
        pointer = f"/clocks/{metric}"
        if metric not in promised:
            yield FieldError(
                pointer, "no rule has a target for it: the clock never runs"
            )
        yield from clock_findings(pointer, policy.definitions[metric])


def _warnings(policy: SlaPolicy) -> Iterator[FieldError]:
    for index, text in enumerate(policy.warn_at):
        before = parse_threshold(text)
        if not isinstance(before, timedelta):
            continue
        short = {
            f"/match/{number} {metric} {format_duration(target)}": None
            for number, rule in enumerate(policy.rules)
            for metric, target in rule.targets
            if before >= target
        }
        if short:
            message = "is not shorter than the target, so no warning is sent for: "
            yield FieldError(f"/warn_at/{index}", message + ", ".join(short))
