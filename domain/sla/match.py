"""Which promise a ticket gets: the first matching rule per metric, and why."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeAlias

from domain.event import PolicyRef
from domain.sla.condition import Fields
from domain.sla.decision import Decision, Promise, RuleAsked
from domain.sla.metric import Metric
from domain.sla.policy import ALWAYS, Rule, SlaPolicy

CalendarOf: TypeAlias = Callable[[SlaPolicy, str], PolicyRef | None]
"""Which version of the calendar of this name a policy's promise is counted by."""
ASKED_OF_ALL = ("type", "channel", "tier", "priority")
"""Always among the inputs of a decision, whatever the rules asked."""


@dataclass(frozen=True, kw_only=True)
class _Found:
    policy: SlaPolicy
    rule: int
    target: timedelta
    calendar: str


def match(
    policies: Iterable[SlaPolicy],
    fields: Fields,
    calendar: CalendarOf = lambda *_: None,
) -> tuple[tuple[Promise, ...], Decision]:
    """First match per metric, and every rule that was asked on the way. `calendar` is
    not asked for `always`.
    """
    found: dict[Metric, _Found] = {}
    asked: list[RuleAsked] = []
    names = set(ASKED_OF_ALL)
    for policy in policies:
        for index, rule in enumerate(policy.rules):
            names.update(test.field for test in rule.when.tests)
            refused = rule.when.refused_on(fields)
            asked.append(_asked(policy, index, refused))
            if refused is None:
                _take(found, policy, index, rule)
    inputs: dict[str, object] = {name: fields.get(name) for name in sorted(names)}
    promises = tuple(_promise(m, f, calendar) for m, f in found.items())
    return promises, Decision(inputs=inputs, asked=tuple(asked))


def _asked(policy: SlaPolicy, index: int, refused: str | None) -> RuleAsked:
    ref = policy.ref
    return RuleAsked(
        policy=ref.name, version=ref.version, rule=index, refused_on=refused
    )


def _take(
    found: dict[Metric, _Found], policy: SlaPolicy, index: int, rule: Rule
) -> None:
    calendar = rule.calendar or policy.calendar
    for metric, target in rule.targets:
        mine = _Found(policy=policy, rule=index, target=target, calendar=calendar)
        found.setdefault(metric, mine)


def _promise(metric: Metric, found: _Found, calendar: CalendarOf) -> Promise:
    always = found.calendar == ALWAYS
    return Promise(
        metric=metric,
        policy=found.policy.ref,
        rule=found.rule,
        target=found.target,
        calendar=None if always else calendar(found.policy, found.calendar),
    )
