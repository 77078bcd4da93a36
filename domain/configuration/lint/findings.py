"""What is probably unintended in one document, given everything in force with it.

Findings are warnings: none of them prevents a document from being published. A document
that could never work is refused instead.
"""

from collections.abc import Container, Iterator
from typing import Protocol

from domain.configuration.lint.context import LintContext
from domain.configuration.lint.escalation_policies import ladder_findings
from domain.configuration.lint.fit import never_early, outlasts, overtaken
from domain.configuration.lint.no_sla import unpromised_findings
from domain.configuration.lint.people import agent_findings, team_findings
from domain.configuration.lint.sla_policies import promise_findings
from domain.configuration.lint.unused_words import ladder_words, policy_words
from domain.documents.kinds import Kind
from domain.errors import FieldError
from domain.escalation.policy import EscalationPolicy
from domain.event import Json
from domain.sla.policy import SlaPolicy


class Document(Protocol):
    """One version of a document, as it is published."""

    @property
    def kind(self) -> Kind: ...
    @property
    def name(self) -> str: ...
    @property
    def document(self) -> Json: ...
    @property
    def sla_policy(self) -> SlaPolicy: ...
    @property
    def escalation_policy(self) -> EscalationPolicy: ...


def findings(
    found: Document, around: LintContext, *, new: bool, said: Container[str] = ()
) -> Iterator[FieldError]:
    """`around` has this version in force. `new`: nothing can name it yet. `said`:
    escalation policies that are checked too, so that one fault is not reported for
    both.
    """
    match found.kind:
        case "sla-policies":
            yield from sla_findings(found.sla_policy, found.document, around)
        case "escalation-policies":
            yield from ladder_findings(found.escalation_policy, around, new=new)
            yield from ladder_words(found.document, around)
        case "schedules":
            yield from schedule_findings(found.name, around)
        case "teams":
            yield from team_findings(found.name, around)
        case "agents":
            yield from agent_findings(found.name, around, said)
        case "calendars" | "authorities" | "macros":
            pass


def sla_findings(
    policy: SlaPolicy, document: Json, around: LintContext
) -> Iterator[FieldError]:
    others = [p for p in around.sla_policies if p.ref.name != policy.ref.name]
    yield from promise_findings(policy, document, others)
    yield from unpromised_findings(policy, around.unpromised, around.meant_types)
    yield from policy_words(document, around)
    escalation_policy = around.escalation_policies.get(policy.escalation_policy or "")
    if escalation_policy is not None:
        yield from _timing(policy, escalation_policy)


def _timing(
    policy: SlaPolicy, escalation_policy: EscalationPolicy
) -> Iterator[FieldError]:
    where = "/escalation_policy"
    for index, promises in never_early(escalation_policy, policy):
        message = (
            f"its /steps/{index} comes before the ticket is opened and is skipped for:"
        )
        yield FieldError(where, f"{message} {promises}")
    for index, promises in overtaken(escalation_policy, policy):
        message = f"its /steps/{index} is due after a later step and is skipped"
        yield FieldError(where, f"{message} for: {promises}")
    if (long := outlasts(escalation_policy, policy)) is not None:
        yield FieldError(where, f"{escalation_policy.ref.name} {long}")


def schedule_findings(name: str, around: LintContext) -> Iterator[FieldError]:
    """Besides the warnings of a schedule itself: people on call without a channel."""
    plan = around.plan(name)
    people = sorted(plan.people) if plan else ()
    mute = [p for p in people if around.acts(p) and not around.can_be_told(p)]
    if mute and _asked(name, around):
        message = f"no notification channel configured for: {', '.join(mute)}"
        yield FieldError("/layers", message)


def _asked(name: str, around: LintContext) -> bool:
    return any(
        target.name == name and target.kind.startswith("on_call")
        for escalation_policy in around.escalation_policies.values()
        for step in escalation_policy.steps
        for target in step.targets
    )
