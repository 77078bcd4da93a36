"""The results of the messages of steps, as recorded in the ticket."""

from dataclasses import replace
from datetime import datetime

from domain.escalation.commands import PersonNotified, StepUndelivered
from domain.escalation.facts import EscalationNotified, EscalationUndelivered
from domain.escalation.ports import EscalationDraft, EscalationWorld, TicketActions
from domain.escalation.steps import StepExecution


def notified(draft: EscalationDraft, command: PersonNotified, at: datetime) -> None:
    runs = draft.ticket.runs
    policy = next((r.policy for r in runs if r.clock == command.clock), None)
    draft.record(
        EscalationNotified(
            clock=command.clock,
            step=command.step,
            repetition=command.repetition,
            target=command.chosen.target,
            person=command.chosen.person,
            reason="; ".join(command.chosen.reasons),
            channel=command.channel,
            notification=command.notification,
            sent_at=command.sent_at,
        ),
        at,
        cause=command.about,
        policy=policy,
        by_rule=True,
    )


def undelivered(
    draft: EscalationDraft,
    command: StepUndelivered,
    at: datetime,
    world: EscalationWorld,
    others: TicketActions,
) -> None:
    """No message of the step reached anybody: the next step is due now, or after the
    last step the catch-all is notified.
    """
    _hasten(draft, command, at)
    for run in draft.ticket.runs:
        last = len(draft.ticket.escalation_policy(run.policy).steps) - 1
        at_end = (run.clock, last, run.repetition) == (
            command.clock,
            command.step,
            command.repetition,
        )
        if at_end and run.state == "exhausted":
            step = StepExecution(draft, replace(run, step=last), at, world, others)
            step.fire_catch_all(command.people)


def _hasten(draft: EscalationDraft, command: StepUndelivered, at: datetime) -> None:
    """Only recorded, without effect, where there is no next step, where the run has
    continued meanwhile, or where the ticket is acknowledged.
    """
    for run in draft.ticket.runs:
        if run.clock != command.clock or run.state == "ended":
            continue
        steps = len(draft.ticket.escalation_policy(run.policy).steps)
        last = command.repetition * steps + command.step
        ahead = run.repetition * steps + run.step
        waits = run.state == "running" and run.next_due_at is not None
        fact = EscalationUndelivered(
            clock=run.clock,
            step=command.step,
            repetition=command.repetition,
            people=command.people,
            reason=command.reason,
            next_due_at=at if waits and ahead <= last + 1 else run.next_due_at,
        )
        cause = run.started_version
        draft.record(fact, at, cause=cause, policy=run.policy, by_rule=True)
