"""One ticket while its assignment is decided: what is recorded of it, and how the loads
of the agents change with each fact.
"""

from datetime import datetime

from domain.assignment.facts import AssignmentWaiting
from domain.assignment.ports import Draft, TicketView, World
from domain.assignment.queue import Queue
from domain.assignment.workload import handed
from domain.event import Fact, PolicyRef
from domain.people.candidate import Candidate


class AssignmentContext:
    """`at`: when it happens. `offered_at`: the start of an offer, which is later after
    an outage, because nobody can answer an offer before it is made. `directory`: with
    the loads after the facts so far.
    """

    def __init__(
        self, draft: Draft, at: datetime, world: World, as_of: datetime | None = None
    ) -> None:
        self.draft, self.world, self.directory = draft, world, world.directory
        self.at = max(at, draft.ticket.updated_at)
        self.offered_at = max(self.at, as_of or at)

    @property
    def ticket(self) -> TicketView:
        return self.draft.ticket

    @property
    def queue(self) -> Queue:
        assert self.ticket.queue is not None, "only a queued ticket is offered"
        return self.ticket.queue

    @property
    def team_ref(self) -> PolicyRef | None:
        return self.world.team_ref(self.ticket.team or "")

    @property
    def team_version(self) -> int | None:
        return self.team_ref.version if self.team_ref else None

    def record(self, fact: Fact) -> None:
        """Decided by rule, because of what changed the queue last."""
        ticket = self.ticket
        self.draft.record(
            fact,
            self.at,
            cause=ticket.queue.version if ticket.queue else ticket.version,
            policy=self.team_ref,
            by_rule=True,
        )
        self.directory = handed(self.directory, (ticket, self.ticket))

    def record_answer(self, fact: Fact) -> None:
        """What an agent answered to an offer."""
        ticket = self.ticket
        self.draft.record(fact, self.at)
        self.directory = handed(self.directory, (ticket, self.ticket))

    def wait(
        self,
        reason: str,
        again_at: datetime | None = None,
        found: tuple[Candidate, ...] = (),
        round_ends: datetime | None = None,
    ) -> None:
        """Recorded once, unless the reason changes or the next try is earlier."""
        queue, planned = self.queue, self.queue.again_at
        sooner = again_at is not None
        if planned is not None:
            sooner = planned <= self.at or (again_at is not None and again_at < planned)
        if queue.waiting == reason and not sooner:
            return
        self.record(
            AssignmentWaiting(
                team=queue.team,
                reason=reason,
                again_at=again_at,
                candidates=queue.unsaid(found),
                round_ends=round_ends or queue.round_ends,
            )
        )
