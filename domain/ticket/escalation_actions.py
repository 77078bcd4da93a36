"""What a step of a ladder does to the ticket, beside telling people: it is handed on,
raised, watched, changed by macros, turned to another status.

Everything is recorded, also what was tried in vain.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.assignment.availability import ResolutionContext, away_of, barred
from domain.assignment.ranking import IN_TURN, SelectionCriteria, candidates, chosen_of
from domain.assignment.workload import handed
from domain.escalation.facts import EscalationReassigned, EscalationReassignmentFailed
from domain.escalation.policy import Reassign, Step
from domain.escalation.run import Run
from domain.event import Fact, PolicyRef
from domain.lifecycle.commands import Handling, Origin
from domain.lifecycle.facts import PRIORITIES, TicketPriorityChanged, TicketWatched
from domain.lifecycle.macro_run import run_by_step
from domain.oncall.on_call import on_call_at
from domain.people.candidate import Candidate
from domain.people.directory import may_act
from domain.ticket.draft import Draft
from domain.ticket.world import World


@dataclass(frozen=True, kw_only=True)
class StepActions:
    """Of one step at its instant."""

    draft: Draft
    run: Run
    step: Step
    policy: PolicyRef
    at: datetime
    around: ResolutionContext
    world: World

    @property
    def place(self) -> str:
        """Where the step stands in the policy; steps are counted from 0 as in facts."""
        return f"escalation policy {self.policy.name}, /steps/{self.run.step}"

    def change_anything(self, moves: tuple[Candidate, ...]) -> bool:
        """Whether something is done to the ticket, whoever hears of it."""
        step = self.step
        turns = step.status and step.status.to != self.draft.ticket.status
        does = bool(step.watch or step.macros or turns) or self._rises()
        return does or chosen_of(moves) is not None

    def candidates(self) -> tuple[Candidate, ...]:
        """For whom the ticket might be, at most one of them chosen."""
        wanted = self.step.reassign
        if wanted is None:
            return ()
        if wanted.strategy == "on_call":
            return self._on_shift(wanted)
        ticket = self.draft.ticket
        # Who is only asked to take it is not full of it.
        unasked = replace(ticket, queue=None)
        directory = handed(self.world.directory, (ticket, unasked))
        team = wanted.team or ticket.team or ""
        routing, strategy = directory.routing(team), wanted.strategy
        needs = dict(routing.required) | routing.preferred_skills(ticket.attributes)
        if strategy == "skilled" and not needs:
            strategy = "least_loaded"  # the team does not say which skills it takes
        return candidates(
            directory,
            team,
            SelectionCriteria(
                strategy=strategy,
                holder=ticket.assignee,
                last=directory.last(self._place),
                place=self._place,
                away=away_of(self.around, team),
                needs=needs,
                required_skills=routing.required,
                weight=directory.weight(team, ticket.channel),
            ),
        )

    def do(self, moves: tuple[Candidate, ...], cause: int) -> None:
        """`cause`: version of the event that the step fired."""
        self._hand_over(moves, cause)
        self._raise_priority(cause)
        for person in self.step.watch:
            if person not in self.draft.ticket.watchers:
                self._record(TicketWatched(person=person), cause)
        for name in self.step.macros:
            macro, directory = self.world.config.macro(name), self.world.directory
            run_by_step(self.draft, macro, self.at, directory, cause)
        if self.step.status is not None and not self.draft.ticket.finished:
            origin = Origin(cause=cause, policy=self.policy, by_rule=True)
            Handling(
                draft=self.draft,
                at=self.at,
                directory=self.world.directory,
                origin=origin,
            ).turn(self.step.status, self.place)

    def _on_shift(self, wanted: Reassign) -> tuple[Candidate, ...]:
        book, name = self.world.oncall, wanted.team or ""
        known = name in book.plans
        shifts = on_call_at(book.plan(name), self.at).now if known else ()
        unfit = {shift.person: self._unfit(shift.person) for shift in shifts}
        free = [person for person, why in unfit.items() if why is None]
        return tuple(
            Candidate(
                agent=shift.person,
                load=self.world.directory.load(shift.person),
                chosen=bool(free) and shift.person == free[0],
                reason=unfit[shift.person] or shift.reason,
            )
            for shift in shifts
        )

    def _unfit(self, person: str) -> str | None:
        if person == self.draft.ticket.assignee:
            return "holds it already"
        unfit = may_act(self.world.directory, person) or barred(self.around, person)
        return unfit or self.around.asked.get(person)

    @property
    def _place(self) -> str:
        """Of a round robin: each step goes on by its own."""
        return f"{self.policy.name}/{self.run.step}/reassign"

    def _hand_over(self, moves: tuple[Candidate, ...], cause: int) -> None:
        wanted = self.step.reassign
        if wanted is None:
            return
        ticket, on_call = self.draft.ticket, wanted.strategy == "on_call"
        team = ticket.team if on_call else wanted.team or ticket.team
        chosen = chosen_of(moves)
        if chosen is None or (team is None and not on_call):
            self._record(
                EscalationReassignmentFailed(
                    clock=self.run.clock,
                    step=self.run.step,
                    repetition=self.run.repetition,
                    strategy=wanted.strategy,
                    team=team,
                    candidates=moves,
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
                candidates=moves,
                turn=self._place if chosen.reason == IN_TURN else None,
            ),
            cause,
        )

    def _rises(self) -> bool:
        return bool(self.step.raise_priority) and (
            self.draft.ticket.priority != PRIORITIES[-1]
        )

    def _raise_priority(self, cause: int) -> None:
        if not self._rises():
            return
        old = self.draft.ticket.priority
        rank = PRIORITIES.index(old) + self.step.raise_priority
        new = PRIORITIES[min(rank, len(PRIORITIES) - 1)]
        reason = self.place
        self._record(TicketPriorityChanged(old=old, new=new, reason=reason), cause)

    def _record(self, fact: Fact, cause: int) -> None:
        self.draft.record(fact, self.at, cause=cause, policy=self.policy, by_rule=True)
