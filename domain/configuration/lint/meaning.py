"""Everybody to whom a target can resolve, whatever the ticket and the hour."""

from collections.abc import Iterable

from domain.configuration.lint.context import LintContext
from domain.escalation.policy import EscalationPolicy
from domain.escalation.target import Target, TargetKind


def meant(target: Target, around: LintContext) -> tuple[str, ...] | None:
    """Everybody it may resolve to; None: that depends on the assignee."""
    team = around.directory.teams.get(target.name)
    match target.kind:
        case "assignee" | "manager_of":
            return None
        case "agent" | "webhook":
            return (target.name,)
        case "team" | "least_loaded" | "round_robin":
            return team.members if team else ()
        case "skilled":
            return (
                tuple(m for m in team.members if _able(m, target, around))
                if team
                else ()
            )
        case "lead_of":
            return (team.lead,) if team and team.lead else ()
        case "on_call" | "on_call_next" | "on_call_previous":
            plan = around.plan(target.name)
            return tuple(sorted(plan.people)) if plan else ()


def _able(person: str, target: Target, around: LintContext) -> bool:
    agent = around.directory.agents.get(person)
    return agent is not None and any(n.skill in agent.skills for n in target.needs)


def named_by(
    escalation_policies: Iterable[EscalationPolicy], kind: TargetKind, name: str
) -> list[str]:
    """The steps with such a target."""
    return [
        f"{escalation_policy.ref.name} /steps/{index}"
        for escalation_policy in escalation_policies
        for index, step in enumerate(escalation_policy.steps)
        if any((t.kind, t.name) == (kind, name) for t in step.targets)
    ]
