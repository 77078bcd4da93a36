"""SLA policies: which promise a ticket gets, and why.

A policy is an ordered list of rules; each rule names the conditions it wants and the
targets it gives. Policies are asked in their `order`, then by name; for each metric
the first rule that matches wins. The answer carries every rule that was asked, also
the ones that said no (design invariant 8).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Literal, get_args

from domain.duration import parse_positive
from domain.errors import FieldError, InvalidError
from domain.event import Json, PolicyRef

Metric = Literal["first_response", "resolution"]
METRICS: tuple[Metric, ...] = get_args(Metric)
FIELDS = ("type", "channel", "tier", "priority")
"""What a rule may ask about."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    when: tuple[tuple[str, tuple[str, ...]], ...]
    targets: tuple[tuple[Metric, timedelta], ...]

    def refuses_on(self, inputs: Mapping[str, str]) -> str | None:
        """The first field that does not hold, or None: the rule matches."""
        return next(
            (field for field, wanted in self.when if inputs.get(field) not in wanted),
            None,
        )


@dataclass(frozen=True, kw_only=True)
class SlaPolicy:
    ref: PolicyRef
    rules: tuple[Rule, ...]
    calendar: str
    warn_at: tuple[str, ...]
    escalation_policy: str | None
    pauses: tuple[Metric, ...]
    """Metrics whose clock stands still while the ticket is paused."""
    order: int


@dataclass(frozen=True, kw_only=True)
class RuleAsked:
    """`refused_on`: the field that did not hold; None = the rule matched."""

    policy: str
    version: int
    rule: int
    refused_on: str | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Why a rule was chosen, or why none was."""

    inputs: dict[str, str]
    asked: tuple[RuleAsked, ...]


@dataclass(frozen=True, kw_only=True)
class Match:
    metric: Metric
    policy: SlaPolicy
    rule: int
    target: timedelta
    decision: Decision


def match(
    policies: Iterable[SlaPolicy], inputs: Mapping[str, str]
) -> tuple[tuple[Match, ...], Decision]:
    """First match per metric, and every rule that was asked on the way."""
    found: dict[Metric, tuple[SlaPolicy, int, timedelta]] = {}
    asked: list[RuleAsked] = []
    for policy in policies:
        for index, rule in enumerate(policy.rules):
            refused = rule.refuses_on(inputs)
            asked.append(
                RuleAsked(
                    policy=policy.ref.name,
                    version=policy.ref.version,
                    rule=index,
                    refused_on=refused,
                )
            )
            if refused is not None:
                continue
            for metric, target in rule.targets:
                found.setdefault(metric, (policy, index, target))
    decision = Decision(inputs=dict(inputs), asked=tuple(asked))
    matches = tuple(
        Match(metric=m, policy=p, rule=i, target=t, decision=decision)
        for m, (p, i, t) in found.items()
    )
    return matches, decision


def parse_sla_policy(ref: PolicyRef, document: Json) -> SlaPolicy:
    """Raises InvalidError that names the field of the document."""
    errors: list[FieldError] = []
    rules = document.get("match")
    parsed = [
        _parse_rule(rule, f"/match/{i}", errors)
        for i, rule in enumerate(rules if isinstance(rules, list) else [])
    ]
    if not parsed:
        errors.append(FieldError("/match", "at least one rule is needed"))
    warn_at = _strings(document.get("warn_at"))
    for i, threshold in enumerate(warn_at):
        try:
            parse_threshold(threshold)
        except ValueError as error:
            errors.append(FieldError(f"/warn_at/{i}", str(error)))
    if document.get("calendar", "always") != "always":
        errors.append(FieldError("/calendar", "only 'always' is there to choose yet"))
    if errors:
        raise InvalidError(errors)
    order, escalation = document.get("order", 100), document.get("escalation_policy")
    return SlaPolicy(
        ref=ref,
        rules=tuple(parsed),
        calendar="always",
        warn_at=warn_at,
        escalation_policy=escalation if isinstance(escalation, str) else None,
        pauses=tuple(
            m for m in METRICS if m in _strings(document.get("pauses", ["resolution"]))
        ),
        order=order if isinstance(order, int) else 100,
    )


def _parse_rule(rule: object, pointer: str, errors: list[FieldError]) -> Rule:
    document = rule if isinstance(rule, dict) else {}
    when, targets = document.get("when") or {}, document.get("targets") or {}
    parsed: list[tuple[Metric, timedelta]] = []
    for metric, text in targets.items():
        if metric not in METRICS:
            message = f"{metric!r} is not one of {', '.join(METRICS)}"
            errors.append(FieldError(f"{pointer}/targets/{metric}", message))
            continue
        try:
            parsed.append((metric, parse_positive(str(text))))
        except ValueError as error:
            errors.append(FieldError(f"{pointer}/targets/{metric}", str(error)))
    if not targets:
        errors.append(FieldError(f"{pointer}/targets", "at least one target is needed"))
    conditions: list[tuple[str, tuple[str, ...]]] = []
    for field, wanted in when.items():
        if field not in FIELDS:
            message = f"{field!r} is not one of {', '.join(FIELDS)}"
            errors.append(FieldError(f"{pointer}/when/{field}", message))
        words = (wanted,) if isinstance(wanted, str) else _strings(wanted)
        if not words:
            errors.append(FieldError(f"{pointer}/when/{field}", "names no value"))
        conditions.append((field, words))
    return Rule(when=tuple(conditions), targets=tuple(parsed))


@cache
def parse_threshold(text: str) -> float | timedelta:
    """`80%` → 0.8 of the target; `PT5M` → so long before the due instant."""
    if text.endswith("%"):
        number = text[:-1]
        if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= 99:  # noqa: PLR2004
            msg = f"{text!r} must be a whole percentage from 1% to 99%"
            raise ValueError(msg)
        return int(number) / 100
    return parse_positive(text)


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(word for word in value if isinstance(word, str))
