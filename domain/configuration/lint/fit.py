"""An escalation policy compared with the promises that use it: steps before the start
of the clock, and policies that take longer than the promise.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from domain.calendar.calendar import ALWAYS
from domain.duration import format_duration
from domain.escalation.policy import PERCENT, EscalationPolicy, Step
from domain.sla.policy import Rule, SlaPolicy

ZERO = timedelta(0)


def never_early(
    escalation_policy: EscalationPolicy, policy: SlaPolicy
) -> Iterator[tuple[int, str]]:
    """Steps that would be due before a promise of the policy starts, and are skipped:
    their number, and for which promises.
    """
    for index, step in enumerate(escalation_policy.steps):
        lead = -step.after
        found = {
            f"{metric} {format_duration(target)}": None
            for rule in policy.rules
            for metric, target in rule.targets
            if step.early and step.share is None and lead >= target
            if _as_the_clock(step, rule, policy)
        }
        if found:
            yield index, f"{', '.join(found)} of {policy.ref.name}"


def overtaken(
    escalation_policy: EscalationPolicy, policy: SlaPolicy
) -> Iterator[tuple[int, str]]:
    """Steps before the breach that are due after a later step, for a promise of the
    policy: their number, and for which promises.
    """
    early = [(i, step) for i, step in enumerate(escalation_policy.steps) if step.early]
    for index, step in early:
        found = {
            f"{metric} {format_duration(target)}": None
            for rule in policy.rules
            for metric, target in rule.targets
            if any(
                _lead(step, target) < _lead(later, target) < target
                for number, later in early
                if number > index and (later.time == step.time or _always(rule, policy))
            )
        }
        if found:
            yield index, f"{', '.join(found)} of {policy.ref.name}"


def _as_the_clock(step: Step, rule: Rule, policy: SlaPolicy) -> bool:
    """Whether the time before the breach is counted as the target is."""
    return step.time == "business" or _always(rule, policy)


def _always(rule: Rule, policy: SlaPolicy) -> bool:
    return (rule.calendar or policy.calendar) == ALWAYS


def _lead(step: Step, target: timedelta) -> timedelta:
    """How long before the breach."""
    if step.share is None:
        return -step.after
    return target * (PERCENT - step.share) / PERCENT


def length(escalation_policy: EscalationPolicy) -> timedelta:
    """From the breach to the last step of the last repetition, if nobody acts."""
    late = escalation_policy.steps[escalation_policy.first_late :]
    if not late:
        return ZERO
    again = (
        escalation_policy.gap_after(len(escalation_policy.steps) - 1)
        + late[-1].after
        - late[0].after
    )
    return late[-1].after + escalation_policy.repeat * again


def outlasts(escalation_policy: EscalationPolicy, policy: SlaPolicy) -> str | None:
    """The warning if the escalation takes longer than the longest promise of the
    policy.
    """
    total = length(escalation_policy)
    targets = [(t, metric) for rule in policy.rules for metric, t in rule.targets]
    longest, metric = max(targets)
    if total <= longest:
        return None
    promise = f"{metric} {format_duration(longest)}"
    return (
        f"takes {format_duration(total)} from the breach to its last step, longer than"
        f" the longest promise of {policy.ref.name}: {promise}"
    )


def users(escalation_policy: str, policies: Iterable[SlaPolicy]) -> list[SlaPolicy]:
    return [
        policy for policy in policies if policy.escalation_policy == escalation_policy
    ]
