"""What a step of a ladder does to the ticket, beside telling people: it is handed on,
raised, watched, changed by macros, turned to another status.

Everything is recorded, also what was tried in vain.
"""

from dataclasses import dataclass
from datetime import datetime

from domain.assignment import Candidate, Wanted, candidates
from domain.escalation.facts import EscalationNotReassigned, EscalationReassigned
from domain.escalation.policy import Reassign, Step
from domain.escalation.run import Run
from domain.escalation.who import Around, away_of
from domain.event import Fact, PolicyRef
from domain.handling import Handling, Origin
from domain.macro_run import run_by_step
from domain.oncall.on_call import on_call_at
from domain.ticket.draft import Draft
from domain.ticket.facts import PRIORITIES, TicketPriorityChanged, TicketWatched
from domain.world import World


@dataclass(frozen=True, kw_only=True)
class StepActions:
    """Of one step at its instant."""

    draft: Draft
    run: Run
    step: Step
    policy: PolicyRef
    at: datetime
    around: Around
    world: World

    def change_anything(self, moves: tuple[Candidate, ...]) -> bool:
        """Whether something is done to the ticket, whoever hears of it."""
        step = self.step
        turns = step.status and step.status.to != self.draft.ticket.status
        moved = any(candidate.chosen for candidate in moves)
        return moved or bool(step.watch or step.macros or turns) or self._rises()

    def candidates(self) -> tuple[Candidate, ...]:
        """For whom the ticket might be, at most one of them chosen."""
        wanted = self.step.reassign
        if wanted is None:
            return ()
        if wanted.strategy == "on_call":
            return self._on_shift(wanted)
        team = wanted.team or self.draft.ticket.team or ""
        return candidates(
            self.world.directory,
            team,
            Wanted(
                strategy=wanted.strategy,
                holder=self.draft.ticket.assignee,
                turn=self.around.turn,
                away=away_of(self.around, team),
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
            ).turn(self.step.status, f"escalation step {self.run.step + 1}")

    def _on_shift(self, wanted: Reassign) -> tuple[Candidate, ...]:
        book, name = self.world.oncall, wanted.team or ""
        known = name in book.plans
        shifts = on_call_at(book.plan(name), self.at).now if known else ()
        directory, holder = self.world.directory, self.draft.ticket.assignee
        free = [s.person for s in shifts if s.person != holder]
        return tuple(
            Candidate(
                agent=shift.person,
                load=directory.load(shift.person),
                chosen=bool(free) and shift.person == free[0],
                reason=shift.reason if shift.person != holder else "holds it already",
            )
            for shift in shifts
        )

    def _hand_over(self, moves: tuple[Candidate, ...], cause: int) -> None:
        wanted = self.step.reassign
        if wanted is None:
            return
        ticket, on_call = self.draft.ticket, wanted.strategy == "on_call"
        team = ticket.team if on_call else wanted.team or ticket.team
        chosen = next((c.agent for c in moves if c.chosen), None)
        if chosen is None or (team is None and not on_call):
            self._record(
                EscalationNotReassigned(
                    clock=self.run.clock,
                    step=self.run.step,
                    lap=self.run.lap,
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
                lap=self.run.lap,
                strategy=wanted.strategy,
                team=team,
                from_agent=ticket.assignee,
                to_agent=chosen,
                candidates=moves,
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
        reason = f"escalation step {self.run.step + 1}"
        self._record(TicketPriorityChanged(old=old, new=new, reason=reason), cause)

    def _record(self, fact: Fact, cause: int) -> None:
        self.draft.record(fact, self.at, cause=cause, policy=self.policy, by_rule=True)
