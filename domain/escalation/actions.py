"""What a step does to the ticket besides notifying people: it reassigns the ticket,
raises its priority, adds watchers, runs macros, changes its status.

Everything is recorded, also what had no effect.
"""

from dataclasses import dataclass

from domain.assignment.availability import ResolutionContext, away_of, barred
from domain.assignment.ranking import IN_TURN, SelectionCriteria, candidates, chosen_of
from domain.escalation.facts import EscalationReassigned, EscalationReassignmentFailed
from domain.escalation.policy import Reassign, Step
from domain.escalation.ports import EscalationDraft, TicketActions
from domain.escalation.run import Run
from domain.event import Fact, PolicyRef
from domain.lifecycle.facts import PRIORITIES, TicketPriorityChanged, TicketWatched
from domain.oncall.on_call import on_call_at
from domain.people.candidate import Candidate
from domain.people.directory import may_act


@dataclass(frozen=True, kw_only=True)
class StepActions:
    """The actions of one step at one instant. `others`: what is decided by other
    concepts.
    """

    draft: EscalationDraft
    run: Run
    step: Step
    policy: PolicyRef
    context: ResolutionContext
    others: TicketActions

    @property
    def place(self) -> str:
        """The step's place in the policy; steps are counted from 0 as in facts."""
        return f"escalation policy {self.policy.name}, /steps/{self.run.step}"

    def change_anything(self, found: tuple[Candidate, ...]) -> bool:
        """Whether the step changes the ticket, whoever it notifies."""
        step = self.step
        status = step.status and step.status.to != self.draft.ticket.status
        changes = bool(step.watch or step.macros or status) or self._raises()
        return changes or chosen_of(found) is not None

    def candidates(self) -> tuple[Candidate, ...]:
        """Who could be assigned by the step, at most one of them chosen."""
        wanted = self.step.reassign
        if wanted is None:
            return ()
        if wanted.strategy == "on_call":
            return self._on_shift(wanted)
        ticket, directory = self.draft.ticket, self.others.directory_without_offer()
        team = wanted.team or ticket.team or ""
        routing, strategy = directory.routing(team), wanted.strategy
        needs = dict(routing.required) | routing.preferred_skills(ticket.attributes)
        if strategy == "skilled" and not needs:
            strategy = "least_loaded"  # the team does not say which skills it needs
        return candidates(
            directory,
            team,
            SelectionCriteria(
                strategy=strategy,
                holder=ticket.assignee,
                last=directory.last(self._place),
                place=self._place,
                away=away_of(self.context, team),
                needs=needs,
                required_skills=routing.required,
                weight=directory.weight(team, ticket.channel),
            ),
        )

    def do(self, found: tuple[Candidate, ...], cause: int) -> None:
        """`cause`: version of the event that the step fired."""
        self._reassign(found, cause)
        self._raise_priority(cause)
        for person in self.step.watch:
            if person not in self.draft.ticket.watchers:
                self._record(TicketWatched(person=person), cause)
        at, status = self.context.at, self.step.status
        for name in self.step.macros:
            self.others.run_macro(name, at, cause)
        if status is not None and not self.draft.ticket.finished:
            policy = self.policy
            self.others.change_status(
                status, at, self.place, cause=cause, policy=policy
            )

    def _on_shift(self, wanted: Reassign) -> tuple[Candidate, ...]:
        book, name = self.context.oncall, wanted.team or ""
        known = name in book.plans
        shifts = on_call_at(book.plan(name), self.context.at).now if known else ()
        unfit = {shift.person: self._unfit(shift.person) for shift in shifts}
        free = [person for person, why in unfit.items() if why is None]
        return tuple(
            Candidate(
                agent=shift.person,
                load=self.context.directory.load(shift.person),
                chosen=bool(free) and shift.person == free[0],
                reason=unfit[shift.person] or shift.reason,
            )
            for shift in shifts
        )

    def _unfit(self, person: str) -> str | None:
        if person == self.draft.ticket.assignee:
            return "is the assignee already"
        context = self.context
        unfit = may_act(context.directory, person) or barred(context, person)
        return unfit or context.asked.get(person)

    @property
    def _place(self) -> str:
        """The place of this step's own round robin."""
        return f"{self.policy.name}/{self.run.step}/reassign"

    def _reassign(self, found: tuple[Candidate, ...], cause: int) -> None:
        wanted = self.step.reassign
        if wanted is None:
            return
        ticket, on_call = self.draft.ticket, wanted.strategy == "on_call"
        team = ticket.team if on_call else wanted.team or ticket.team
        chosen = chosen_of(found)
        if chosen is None or (team is None and not on_call):
            self._record(
                EscalationReassignmentFailed(
                    clock=self.run.clock,
                    step=self.run.step,
                    repetition=self.run.repetition,
                    strategy=wanted.strategy,
                    team=team,
                    candidates=found,
                ),
                cause,
            )
            return
        self._record(
            EscalationReassigned(
                clock=self.run.clock,
                step=self.run.step,
                repetition=self.run.repetition,
                strategy=wanted.strategy,
                team=team,
                from_agent=ticket.assignee,
                to_agent=chosen.agent,
                candidates=found,
                turn=self._place if chosen.reason == IN_TURN else None,
            ),
            cause,
        )

    def _raises(self) -> bool:
        return bool(self.step.raise_priority) and (
            self.draft.ticket.priority != PRIORITIES[-1]
        )

    def _raise_priority(self, cause: int) -> None:
        if not self._raises():
            return
        old = self.draft.ticket.priority
        rank = PRIORITIES.index(old) + self.step.raise_priority
        new = PRIORITIES[min(rank, len(PRIORITIES) - 1)]
        reason = self.place
        self._record(TicketPriorityChanged(old=old, new=new, reason=reason), cause)

    def _record(self, fact: Fact, cause: int) -> None:
        at, policy = self.context.at, self.policy
        self.draft.record(fact, at, cause=cause, policy=policy, by_rule=True)
