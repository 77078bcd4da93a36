"""Waiting tickets are assigned to available agents, and tickets of absent agents to
others.

Each is a command to a ticket, idempotent by its trigger and by the ticket; where it
would change nothing, nothing is written. A ticket that refuses does not block the
others: its error is raised at the end.
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
    """From the read model, a moment behind the log."""

    async def teams(self) -> Sequence[str]:
        """Teams with tickets that cannot be offered to anybody."""

    async def waiting(self, team: str, order: Order) -> Sequence[str]:
        """In the order of the queue."""

    async def unheld(self, team: str) -> Sequence[str]:
        """Open tickets of the team without an assignee, queued or not; the oldest
        first.
        """

    async def held(self) -> Sequence[str]:
        """Tickets that wait for somebody to be available, for example for an escalation
        step.
        """

    async def owner(self, agent: str) -> Sequence[str]:
        """Tickets that are assigned or offered to them, or wait for their approval."""


class Tickets(Protocol):
    async def fresh(
        self, ticket_ids: Iterable[str]
    ) -> tuple[Mapping[str, Ticket], Refused]:
        """Each ticket as of now, or why it cannot be read."""


class Assigning:
    """`tickets` are kept folded, because many wait without effect and are read
    often.
    """

    def __init__(
        self,
        registry: Registry,
        workload: Workload,
        queues: Queues,
        service: TicketService,
        tickets: Tickets,
    ) -> None:
        self._registry, self._workload = registry, workload
        self._queues, self._service, self._tickets = queues, service, tickets

    async def refresh(self) -> None:
        """Read at once what was published, and who is on call."""
        await self._registry.refresh()

    async def needed(self) -> bool:
        """Whether any team assigns tickets by a rule, or an escalation step waits."""
        teams = (await self._registry.config()).directory.teams.values()
        by_rule = any(team.routing.mode != "manual" for team in teams)
        return by_rule or bool(await self.held())

    async def drain(self, key: str) -> Refused:
        """Agents who may have become free get the ticket that has waited longest, or is
        the most urgent. `key`: of the trigger.
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
        """The rules of the team changed: they now apply to its unassigned tickets."""
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
        """The teams in which somebody could take one more."""
        if not teams:
            return frozenset()
        directory = await self._workload.directory()
        return frozenset(team for team in teams if anybody_free(directory, team))

    async def retry_waiting(self, held: Sequence[str], key: str) -> Refused:
        """Somebody may be available now: steps that wait for them are taken, and
        approvers are asked.
        """
        return await self._do(held, RetryWaiting(), key)

    async def _never_away(self, agent: str) -> bool:
        """If so, an edit of their document needs no query for their tickets."""
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
        """`team`: as long as one of its members is free."""
        tickets, unread = await self._tickets.fresh(ticket_ids)
        known = [tickets[i] for i in ticket_ids if i in tickets]
        refused = dict(unread)
        for ticket_id in await self._service.concerned(known, command):
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
        await self._service.apply(ticket_id, command, caller, idly=False)
