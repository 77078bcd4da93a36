"""Offers queued tickets when agents may be free, takes work from absent agents, and
checks waiting escalation steps and approvals again.

Which agents are free is not derived from the events: each of these events may free one,
and the directory is asked. Everything is idempotent, so a batch may be processed twice.
"""

from collections.abc import Awaitable, Callable, Sequence

from typing_extensions import override

from activities.assignment import Assigning, Refused
from domain.configuration.facts import PolicyPublished, PolicyRetired
from domain.escalation.waiting import awaited_teams
from domain.event import Event
from domain.oncall.facts import AgentLeaveAdded
from infra.eventstore.store import Header, PostgresEventStore
from infra.followers.follower import Follower
from infra.followers.ticket_cache import TicketCache, each
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener

CHANGES = ("policy.published", "policy.retired", "agent.leave_added")
SHIFTED = (
    "agent.leave_cancelled",
    "authority.delegated",
    "schedule.override_added",
    "schedule.override_cancelled",
    "schedule.swap_taken",
    "schedule.swap_cancelled",
)
HELD = "escalation.waiting"
FREEING = frozenset(
    {
        *CHANGES,
        "ticket.assigned",
        "ticket.closed",
        "ticket.merged",
        "ticket.resolved",
        HELD,
        "escalation.reassigned",
        "assignment.declined",
        "assignment.offer_expired",
        "assignment.waiting",
        "assignment.revoked",
        *SHIFTED,
    }
)


class AssignmentFollower(Follower):
    """`projected` waits until the read model has processed a position."""

    name = "drain"

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        tickets: TicketCache,
        assigning: Assigning,
        projected: Callable[[int], Awaitable[None]],
    ) -> None:
        super().__init__(database, store, listener)
        self._tickets, self._assigning = tickets, assigning
        self._projected = projected

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        freeing = [header for header in batch if header.topic in FREEING]
        changed = _changed_who_is_there(freeing)
        if changed:
            await self._assigning.refresh()
        # Absent people may be approvers, and a step may wait for people who return,
        # also where tickets are assigned by hand.
        held = any(header.topic == HELD for header in freeing)
        if changed or held or (freeing and await self._assigning.needed()):
            await self._projected(freeing[-1].position)
            await self._free(freeing)
        async with self.database.connection() as connection:
            await self.save(batch[-1].position, connection)

    async def _free(self, freeing: Sequence[Header]) -> None:
        last, refused = freeing[-1], Refused()
        for header in freeing:
            if header.topic in CHANGES:
                events = await self.store.load(header.stream_id, header.version)
                refused |= await self._changed(events[-1])
        key = f"{last.stream_id}/{last.version}"
        refused |= await self._assigning.drain(key)
        held = await self._assigning.held()
        if not _changed_who_is_there(freeing):
            held = await self._for_free_hands(held)
        refused |= await self._assigning.retry_waiting(held, key)
        await self.park(refused, last.position)

    async def _for_free_hands(self, held: Sequence[str]) -> Sequence[str]:
        """Of the waiting steps, those that wait for somebody of a team with a free
        agent: otherwise each finished ticket would cause a check of all waiting ones.
        """
        if not held:
            return held
        tickets, _ = await self._tickets.fresh(held)
        wanted, _ = each(tickets, awaited_teams)
        free = await self._assigning.with_room(frozenset().union(*wanted.values()))
        return [i for i in held if i in wanted and wanted[i] & free]

    async def _changed(self, event: Event) -> Refused:
        """A team's rules changed, or somebody may be absent now: whether they are is
        decided ticket by ticket.
        """
        fact, do = event.fact, self._assigning
        match fact:
            case PolicyPublished(kind="teams") | PolicyRetired(kind="teams"):
                return await do.enqueue_unassigned(fact.name, event.id)
            case PolicyPublished(kind="agents") | PolicyRetired(kind="agents"):
                return await do.withdraw(fact.name, event.timestamp, event.id)
            case AgentLeaveAdded():
                return await do.withdraw(fact.agent, event.timestamp, event.id)
            case _:
                return {}


def _changed_who_is_there(batch: Sequence[Header]) -> bool:
    return any(header.topic in (*CHANGES, *SHIFTED) for header in batch)
