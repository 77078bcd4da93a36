"""Escalation policies: steps that reach nobody, people without a channel, steps that
have no effect or are too late.
"""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from domain.configuration.lint.conditions import holds_never
from domain.configuration.lint.context import LintContext
from domain.configuration.lint.fit import never_early, outlasts, overtaken, users
from domain.configuration.lint.meaning import meant
from domain.errors import FieldError
from domain.escalation.policy import EscalationPolicy, Reassign, Step
from domain.escalation.target import SCHEDULES, TEAMS, Target, TargetKind
from domain.lifecycle.status import FINISHED
from domain.people.directory import managers_above

MOST_NAMED = 5


def ladder_findings(
    escalation_policy: EscalationPolicy, around: LintContext, *, new: bool
) -> Iterator[FieldError]:
    """`new`: just published for the first time, so that nothing can use it yet."""
    for index, step in enumerate(escalation_policy.steps):
        yield from _step(f"/steps/{index}", step, around)
    yield from _repeated(escalation_policy, around)
    yield from _never_reached(escalation_policy)
    yield from _nobody(escalation_policy, around)
    policies = users(escalation_policy.ref.name, around.sla_policies)
    for policy in policies:
        for index, promises in never_early(escalation_policy, policy):
            message = (
                f"comes before the ticket is opened and is skipped for: {promises}"
            )
            yield FieldError(f"/steps/{index}/after", message)
        for index, promises in overtaken(escalation_policy, policy):
            message = f"is due after a later step and is skipped for: {promises}"
            yield FieldError(f"/steps/{index}/after", message)
        if (long := outlasts(escalation_policy, policy)) is not None:
            yield FieldError("/steps", long)
    if not policies and not new:
        yield FieldError("", "no SLA policy uses it")


def _step(pointer: str, step: Step, around: LintContext) -> Iterator[FieldError]:
    if step.condition is not None and holds_never(step.condition):
        yield FieldError(f"{pointer}/when", "can never hold: the step is never taken")
    for place, target in enumerate(step.targets):
        where = f"{pointer}/targets/{place}/{target.kind}"
        yield from target_findings(where, target, around)
    if step.reassign is not None:
        yield from _reassign(f"{pointer}/reassign/team", step.reassign, around)
    absent = [person for person in step.watch if not around.acts(person)]
    if absent:
        yield FieldError(f"{pointer}/watch", f"not active: {listed(absent)}")


def target_findings(
    pointer: str, target: Target, around: LintContext
) -> Iterator[FieldError]:
    people = meant(target, around)
    if people is None:
        yield from _managers(pointer, target, around)
        return
    active = [person for person in people if around.acts(person)]
    if not people:
        yield FieldError(pointer, f"reaches nobody: {_emptiness(target, around)}")
    elif not active:
        yield FieldError(pointer, f"reaches nobody: not active: {listed(people)}")
    elif len(active) < len(people):
        absent = [person for person in people if person not in active]
        yield FieldError(pointer, f"not active: {listed(absent)}")
    mute = [person for person in active if not around.can_be_told(person)]
    if mute:
        message = f"no notification channel configured for: {listed(mute)}"
        yield FieldError(pointer, message)
    if target.kind == "webhook" and around.preferences(target.name).webhook is None:
        message = f"{target.name} has no webhook: notified by other channels"
        yield FieldError(pointer, message)
    yield from _gaps(pointer, target, around)


def _emptiness(target: Target, around: LintContext) -> str:
    if target.kind in TEAMS and target.name not in around.directory.teams:
        return f"there is no team {target.name} any more"
    match target.kind:
        case "lead_of":
            return f"{target.name} has no lead"
        case "skilled":
            needs = ", ".join(need.skill for need in target.needs)
            return f"nobody in {target.name} has any of the skills: {needs}"
        case _:
            return f"{target.name} has no members"


def _managers(
    pointer: str, target: Target, around: LintContext
) -> Iterator[FieldError]:
    if target.kind != "manager_of":
        return
    agents = around.directory.agents
    heights = (len([*managers_above(agents, person)]) for person in agents)
    highest, wanted = max(heights, default=0), target.up_to or target.depth
    if highest < wanted:
        reaches = "nobody" if target.up_to is None else f"at most {highest} of them"
        message = f"nobody has a manager at level {wanted}: reaches {reaches}"
        yield FieldError(pointer, message)


def _gaps(pointer: str, target: Target, around: LintContext) -> Iterator[FieldError]:
    for gap in around.gaps(target.name) if target.kind in SCHEDULES else ():
        yield FieldError(pointer, f"{target.name}: {gap.message}")


def _reassign(
    pointer: str, reassign: Reassign, around: LintContext
) -> Iterator[FieldError]:
    if reassign.team is None:
        return
    kind: TargetKind = "on_call" if reassign.strategy == "on_call" else "team"
    people = meant(Target(kind=kind, name=reassign.team), around) or ()
    if not any(around.acts(person) for person in people):
        message = f"nobody in {reassign.team} could take the ticket"
        yield FieldError(pointer, message)


def _repeated(
    escalation_policy: EscalationPolicy, around: LintContext
) -> Iterator[FieldError]:
    for index, (before, step) in enumerate(pairwise(escalation_policy.steps), start=1):
        moved = before.reassign is not None
        turns = step.macros or step.status
        acts = step.reassign or step.raise_priority or step.watch or turns or moved
        same = _reach(before, around) == _reach(step, around)
        if step.targets and same and not acts and before.condition == step.condition:
            message = "means the same people as the step before it"
            yield FieldError(f"/steps/{index}/targets", message)


def _never_reached(escalation_policy: EscalationPolicy) -> Iterator[FieldError]:
    """Steps after the end of the escalation."""
    last = len(escalation_policy.steps) - 1
    for index, step in enumerate(escalation_policy.steps):
        finishes = step.status is not None and step.status.to in FINISHED
        if not finishes or step.condition is not None:
            continue
        why = f"/steps/{index} finishes the ticket, which ends the escalation"
        if index < last:
            yield FieldError(f"/steps/{index + 1}", f"never reached: {why}")
        elif escalation_policy.last_repetition:
            yield FieldError("/repeat", f"it is never repeated: {why}")
        return
    if escalation_policy.repeat and not escalation_policy.last_repetition:
        message = "it is never repeated: all steps lie before the breach"
        yield FieldError("/repeat", message)


def _reach(step: Step, around: LintContext) -> frozenset[str | Target]:
    """People where they are certain, else the target itself."""
    reach: set[str | Target] = set()
    for target in step.targets:
        certain = target.kind in ("agent", "webhook", "team", "lead_of")
        reach.update(meant(target, around) or () if certain else (target,))
    return frozenset(reach)


def _nobody(
    escalation_policy: EscalationPolicy, around: LintContext
) -> Iterator[FieldError]:
    nobody = escalation_policy.nobody
    if nobody.catch_all is not None:
        where = f"/nobody/catch_all/{nobody.catch_all.kind}"
        yield from target_findings(where, nobody.catch_all, around)
    asked = any(
        t.kind in SCHEDULES for step in escalation_policy.steps for t in step.targets
    )
    if nobody.kind == "hold" and not asked:
        message = "waits for a shift, but no step targets a schedule"
        yield FieldError("/nobody", message)


def listed(people: Iterable[str]) -> str:
    names = sorted(people)
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
