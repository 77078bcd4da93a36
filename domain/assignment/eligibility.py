"""Who of a team could take this ticket now, why not the others, and when that may
change by time alone.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.assignment.availability import ResolutionContext, away_of, barred
from domain.assignment.context import AssignmentContext
from domain.assignment.ranking import (
    IN_TURN,
    SelectionCriteria,
    candidates,
    chosen_of,
    unfit_for,
)
from domain.oncall.book import on_leave
from domain.oncall.plan import Plan
from domain.oncall.presence import next_on_shift, not_on_shift
from domain.people.candidate import Candidate
from domain.people.routing import RoutingRules

LEADS = "leads the team, and nobody in it took the ticket"


@dataclass(frozen=True)
class Eligibility:
    """`routing`: of the team in whose queue the ticket is."""

    context: AssignmentContext
    routing: RoutingRules

    def candidates(self, asked: dict[str, str]) -> tuple[Candidate, ...]:
        """Every member, at most one of them chosen. `asked`: who is not asked again,
        and why.
        """
        context, routing = self.context, self.routing
        directory, queue = context.directory, context.queue
        wanted = SelectionCriteria(
            strategy=routing.strategy,
            last=directory.last(_place(queue.team)),
            place=_place(queue.team),
            needs=dict(routing.required) | queue.preferred_skills,
            required_skills=routing.required_skills(queue.preferred_skills),
            away=self._off_shift() | away_of(self._around(asked), queue.team),
            preferred=self._preferred(),
            weight=directory.weight(queue.team, context.ticket.channel),
        )
        found = candidates(directory, queue.team, wanted)
        if routing.strategy == "skilled" and not chosen_of(found):
            # Preferred skills that nobody has must not keep the ticket waiting.
            wanted = replace(wanted, strategy="least_loaded")
            found = candidates(directory, queue.team, wanted)
        return found

    def said_no(self, found: tuple[Candidate, ...]) -> list[str]:
        asked = self.context.queue.asked
        return [c.agent for c in found if c.reason == asked.get(c.agent)]

    def may_change(self, found: tuple[Candidate, ...]) -> list[datetime]:
        """When somebody returns from leave, or comes on shift."""
        oncall, at = self.context.world.oncall, self.context.at
        back = (on_leave(oncall, c.agent, at) for c in found)
        times = [end for end in back if end is not None]
        shift = self.next_shift()
        return times if shift is None else [*times, shift]

    def next_shift(self) -> datetime | None:
        """None: the team does not work by shifts."""
        plan = self._plan()
        if plan is None:
            return None
        return next_on_shift(plan, self._members, self.context.at)

    def lead(self) -> Candidate | None:
        """The lead of the team, who is asked last. None: there is no lead, or they were
        asked already, as a member or as the lead.
        """
        directory, queue = self.context.directory, self.context.queue
        team = queue.team
        known = directory.teams.get(team)
        lead = known.lead if known else None
        if lead is None or lead in self._members or lead in queue.asked:
            return None
        barring = barred(self._around({}), lead)
        wanted = SelectionCriteria(
            strategy="least_loaded",
            away={lead: barring} if barring else {},
            weight=directory.weight(team, self.context.ticket.channel),
        )
        unfit = unfit_for(directory, lead, wanted)
        return Candidate(
            agent=lead,
            load=directory.load(lead),
            chosen=unfit is None,
            reason=unfit or LEADS,
        )

    def _preferred(self) -> dict[str, str]:
        """Who is asked before the others, and why."""
        ticket, preferred = self.context.ticket, dict[str, str]()
        for word in self.routing.affinity:
            if word == "owner" and ticket.last_owner is not None:
                preferred.setdefault(ticket.last_owner, "had this ticket before")
            elif word == "customer":
                customer = ticket.customer.external_id
                for agent in self.context.world.past_agents.get(customer, ()):
                    preferred.setdefault(agent, "had the customer before")
        return preferred

    def _off_shift(self) -> dict[str, str]:
        plan, routing = self._plan(), self.routing
        if plan is None or routing.on_shift is None:
            return {}
        at, left = self.context.at, routing.on_shift.left
        return not_on_shift(plan, self._members, at, left)

    def _plan(self) -> Plan | None:
        """The team's shifts, if it works by shifts."""
        if self.routing.on_shift is None:
            return None
        book, name = self.context.world.oncall, self.routing.on_shift.schedule
        # Without the schedule nobody is on shift, and the ticket visibly waits.
        return book.plan(name) if name in book.plans else Plan(versions=())

    @property
    def _members(self) -> tuple[str, ...]:
        known = self.context.directory.teams.get(self.context.queue.team)
        return known.members if known else ()

    def _around(self, asked: dict[str, str]) -> ResolutionContext:
        context = self.context
        return ResolutionContext(
            at=context.at,
            assignee=None,
            customer=context.ticket.customer.external_id,
            directory=context.directory,
            oncall=context.world.oncall,
            asked=asked,
        )


def turn_of(team: str, chosen: Candidate) -> str | None:
    """The place of the round robin that made this choice, if one did."""
    return _place(team) if chosen.reason == IN_TURN else None


def _place(team: str) -> str:
    return f"team/{team}"
