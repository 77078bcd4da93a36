"""Which promise a ticket gets: the first matching rule per metric, and why."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import NamedTuple, TypeAlias

from domain.calendar.calendar import ALWAYS
from domain.conditions.condition import ATTRIBUTE, Fields
from domain.event import PolicyRef
from domain.sla.decision import Decision, Promise, RuleAsked
from domain.sla.metric import Metric
from domain.sla.policy import Rule, SlaPolicy

CalendarOf: TypeAlias = Callable[[SlaPolicy, str], PolicyRef | None]
"""Which version of the calendar of this name a policy's promise is counted by."""
ASKED_OF_ALL = ("type", "channel", "tier", "priority")
"""Always among the inputs of a decision, whatever fields the rules use."""


class _Found(NamedTuple):
    policy: SlaPolicy
    rule: int
    target: timedelta
    calendar: str


class Matched(NamedTuple):
    """`answers`: for every rule that was evaluated, the field that did not match."""

    promises: tuple[Promise, ...]
    fields: Fields
    answers: tuple[tuple[SlaPolicy, int, str | None], ...]

    def decision(self, personal_attributes: Iterable[str] = ()) -> Decision:
        """Computed by the caller that records it: mostly the promises do not change."""
        names = set(ASKED_OF_ALL)
        for policy, index, _ in self.answers:
            names.update(test.field for test in policy.rules[index].when.tests)
        return Decision(
            inputs={name: self.fields.get(name) for name in sorted(names)},
            asked=tuple(
                RuleAsked(
                    policy=policy.ref.name,
                    version=policy.ref.version,
                    rule=index,
                    failed_field=refused,
                )
                for policy, index, refused in self.answers
            ),
            personal=tuple(
                field
                for name in personal_attributes
                if (field := f"{ATTRIBUTE}{name}") in names
            ),
        )


def match(
    policies: Iterable[SlaPolicy],
    fields: Fields,
    calendar: CalendarOf = lambda *_: None,
) -> Matched:
    """First match per metric; every rule is evaluated. `calendar` is not called for
    `always`.
    """
    found: dict[Metric, _Found] = {}
    answers: list[tuple[SlaPolicy, int, str | None]] = []
    for policy in policies:
        for index, rule in enumerate(policy.rules):
            refused = rule.when.failed_field(fields)
            answers.append((policy, index, refused))
            if refused is None:
                _take(found, policy, index, rule)
    promises = tuple(_promise(m, f, calendar) for m, f in found.items())
    return Matched(promises, fields, tuple(answers))


def _take(
    found: dict[Metric, _Found], policy: SlaPolicy, index: int, rule: Rule
) -> None:
    calendar = rule.calendar or policy.calendar
    for metric, target in rule.targets:
        if metric not in found:
            found[metric] = _Found(policy, index, target, calendar)


def _promise(metric: Metric, found: _Found, calendar: CalendarOf) -> Promise:
    always = found.calendar == ALWAYS
    return Promise(
        metric=metric,
        policy=found.policy.ref,
        rule=found.rule,
        target=found.target,
        calendar=None if always else calendar(found.policy, found.calendar),
    )
