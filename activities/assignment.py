"""Work that waits brought to people, and work of people who left brought to others.

Each is a command to a ticket, idempotent by what made it necessary and by the ticket;
where it would change nothing, nothing is written. A ticket that refuses is in nobody's
way: it is answered at the end.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from activities.ports import Caller, Registry, Workload
from activities.tickets import TicketService
from domain.assignment.commands import OfferCommand, OfferNext, RevokeOffer
from domain.assignment.ranking import anybody_free
from domain.errors import DomainError
from domain.event import SYSTEM
from domain.people.routing import Order
from domain.ticket.decide import RetryWaiting
from domain.ticket.ticket import Ticket

ByRule = OfferCommand | RetryWaiting
Refused = dict[str, Exception]


class Queues(Protocol):
    """Of the read model, a moment behind the log."""

    async def teams(self) -> Sequence[str]:
        """Those with tickets that nobody can be asked for."""

    async def waiting(self, team: str, order: Order) -> Sequence[str]:
        """Who is to be next, first."""

    async def unheld(self, team: str) -> Sequence[str]:
        """Open tickets of the team that nobody has, queued or not; the oldest first."""

    async def held(self) -> Sequence[str]:
        """Tickets that wait for somebody to be there, for a step of a climb, say."""

    async def owner(self, agent: str) -> Sequence[str]:
        """Tickets that they have, are asked to take, or should approve something of."""


class Tickets(Protocol):
    async def fresh(
        self, ticket_ids: Iterable[str]
    ) -> tuple[Mapping[str, Ticket], Refused]:
        """Each as the log has it now, or why it cannot be read."""


class Assigning:
    """`tickets` are kept folded: those that wait in vain are many, and asked often."""

    def __init__(
        self,
        registry: Registry,
        workload: Workload,
        queues: Queues,
        desk: TicketService,
        tickets: Tickets,
    ) -> None:
        self._registry, self._workload = registry, workload
        self._queues, self._desk, self._tickets = queues, desk, tickets

    async def refresh(self) -> None:
        """Know at once what was published, and who is on call."""
        await self._registry.refresh()

    async def needed(self) -> bool:
        """Whether any team gets its tickets by a rule, or a step of a climb is held."""
        teams = (await self._registry.config()).directory.teams.values()
        by_rule = any(team.routing.mode != "manual" for team in teams)
        return by_rule or bool(await self.held())

    async def drain(self, key: str) -> Refused:
        """Whoever may have become free gets what waits for longest, or is the most
        urgent. `key`: of what happened.
        """
        refused: Refused = {}
        await self._workload.refresh()
        for team in await self._queues.teams():
            directory = await self._workload.directory()
            if anybody_free(directory, team):
                order = directory.routing(team).order
                waiting = await self._queues.waiting(team, order)
                refused |= await self._do(waiting, OfferNext(), key, team=team)
        return refused

    async def enqueue_unassigned(self, team: str, key: str) -> Refused:
        """The terms of the team changed: what nobody has is for them now."""
        await self._workload.refresh()
        return await self._do(await self._queues.unheld(team), OfferNext(), key)

    async def withdraw(self, agent: str, since: datetime, key: str) -> Refused:
        if await self._never_away(agent):
            return {}
        ticket_ids = await self._queues.owner(agent)
        return await self._do(ticket_ids, RevokeOffer(agent=agent, since=since), key)

    async def held(self) -> Sequence[str]:
        return await self._queues.held()

    async def with_room(self, teams: Collection[str]) -> frozenset[str]:
        """Those of the teams in which somebody could take one more."""
        if not teams:
            return frozenset()
        directory = await self._workload.directory()
        return frozenset(team for team in teams if anybody_free(directory, team))

    async def retry_waiting(self, held: Sequence[str], key: str) -> Refused:
        """Somebody may be there now: steps that are held for want of them are taken,
        and who may approve something is asked.
        """
        return await self._do(held, RetryWaiting(), key)

    async def _never_away(self, agent: str) -> bool:
        """Then an edit of somebody's document asks after none of their tickets."""
        known = (await self._registry.config()).directory.agents.get(agent)
        leaves = (await self._registry.oncall()).leaves.get(agent)
        return known is not None and known.active and not leaves

    async def _do(
        self,
        ticket_ids: Sequence[str],
        command: ByRule,
        key: str,
        *,
        team: str | None = None,
    ) -> Refused:
        """`team`: as long as somebody of it is free."""
        tickets, unread = await self._tickets.fresh(ticket_ids)
        known = [tickets[i] for i in ticket_ids if i in tickets]
        refused = dict(unread)
        for ticket_id in await self._desk.concerned(known, command):
            if team and not anybody_free(await self._workload.directory(), team):
                break
            try:
                await self._one(ticket_id, command, key)
            except DomainError as error:
                refused[ticket_id] = error
        return refused

    async def _one(self, ticket_id: str, command: ByRule, key: str) -> None:
        command_id = f"{type(command).__name__}:{key}/{ticket_id}"
        caller = Caller(
            command_id=command_id,
            request_sha256=command_id,
            attempt=f"{command_id}#",
            actor=SYSTEM,
            correlation_id=key,
            channel="assignment",
        )
        await self._desk.apply(ticket_id, command, caller, idly=False)
