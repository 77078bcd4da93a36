"""Overrides, swaps and leaves: load, decide, append.

Idempotent by `Caller.command_id`. Decided on the stream of the schedule, or of the
agent: of two at the same time the slower decides again, and is refused if they
conflict.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime

from activities.ports import Caller, EventStore, Now, Registry
from activities.recording import Result, recorded
from domain.errors import NotFoundError
from domain.event import Event, Fact
from domain.oncall import changes
from domain.oncall.calendar_url import (
    AgentCalendarUrlMade,
    AgentCalendarUrlRevoked,
    calendar_url_stream,
    calendar_url_version,
)
from domain.oncall.changes import Agents, Change, fold_changes, override_stream
from domain.oncall.facts import AgentLeaveAdded, ScheduleSwapTaken
from domain.oncall.leaves import add_leave, cancel_leave, fold_leaves, leave_stream
from domain.oncall.override import Leave, Override, Swap
from domain.oncall.plan import Plan

Decide = Callable[[list[Event], datetime], Fact]


class OnCallResult(Result):
    """The stream with what the command added to it, folded."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return fold_changes(self.events)

    @property
    def leaves(self) -> tuple[Leave, ...]:
        return fold_leaves(self.events)


class OnCallService:
    def __init__(self, store: EventStore, registry: Registry, now: Now) -> None:
        self._store, self._registry, self._now = store, registry, now

    async def add_override(
        self, schedule: str, wanted: Override, caller: Caller
    ) -> OnCallResult:
        """`by` and `made_at` of `wanted` are filled in here."""

        def decide(plan: Plan, agents: Agents, at: datetime) -> Fact:
            made = replace(wanted, by=caller.actor.id, made_at=at)
            return changes.add_override(plan, schedule, made, agents, at)

        return await self._change(schedule, decide, caller)

    async def cancel_override(
        self, schedule: str, override_id: str, caller: Caller
    ) -> OnCallResult:
        def decide(plan: Plan, _: Agents, at: datetime) -> Fact:
            return changes.cancel_override(plan, schedule, override_id, at)

        return await self._change(schedule, decide, caller)

    async def offer_swap(
        self, schedule: str, wanted: Swap, caller: Caller
    ) -> OnCallResult:
        def decide(plan: Plan, agents: Agents, at: datetime) -> Fact:
            return changes.offer_swap(plan, schedule, wanted, agents, at)

        return await self._change(schedule, decide, caller)

    async def take_swap(
        self, schedule: str, swap_id: str, taker: str, caller: Caller
    ) -> OnCallResult:
        wanted = ScheduleSwapTaken(schedule=schedule, swap_id=swap_id, taker=taker)

        def decide(plan: Plan, agents: Agents, at: datetime) -> Fact:
            return changes.take_swap(plan, wanted, agents, at)

        return await self._change(schedule, decide, caller)

    async def cancel_swap(
        self, schedule: str, swap_id: str, caller: Caller
    ) -> OnCallResult:
        def decide(plan: Plan, _: Agents, at: datetime) -> Fact:
            return changes.cancel_swap(plan, schedule, swap_id, at)

        return await self._change(schedule, decide, caller)

    async def add_leave(self, wanted: AgentLeaveAdded, caller: Caller) -> OnCallResult:
        async def decision() -> Decide:
            config = await self._registry.config()
            if config.entry("agents", wanted.agent).current is None:
                raise NotFoundError("agent", wanted.agent)
            book = await self._registry.oncall()
            plans = {name: book.plan(name) for name in book.plans}
            return lambda _, at: add_leave(wanted, plans, at)

        return await self._record(leave_stream(wanted.agent), decision, caller)

    async def cancel_leave(
        self, agent: str, leave_id: str, caller: Caller
    ) -> OnCallResult:
        async def decision() -> Decide:
            return lambda events, at: cancel_leave(fold_leaves(events), leave_id, at)

        return await self._record(leave_stream(agent), decision, caller)

    async def make_calendar_url(self, agent: str, caller: Caller) -> OnCallResult:
        """The appended version is that of the URL."""

        async def decision() -> Decide:
            config = await self._registry.config()
            if config.entry("agents", agent).current is None:
                raise NotFoundError("agent", agent)
            return lambda _, __: AgentCalendarUrlMade(agent=agent)

        return await self._record(calendar_url_stream(agent), decision, caller)

    async def revoke_calendar_url(self, agent: str, caller: Caller) -> OnCallResult:
        def decide(events: list[Event], _: datetime) -> Fact:
            if calendar_url_version(events) is None:
                raise NotFoundError("calendar URL", agent)
            return AgentCalendarUrlRevoked(agent=agent)

        async def decision() -> Decide:
            return decide

        return await self._record(calendar_url_stream(agent), decision, caller)

    async def _change(
        self,
        schedule: str,
        decide: Callable[[Plan, Agents, datetime], Fact],
        caller: Caller,
    ) -> OnCallResult:
        async def decision() -> Decide:
            config = await self._registry.config()
            if config.entry("schedules", schedule).current is None:
                raise NotFoundError("schedule", schedule)
            book = await self._registry.oncall()
            # All leaves: people added by the change are not in the plan yet.
            plan = replace(book.plan(schedule), leaves=book.everybody_away)
            agents = {n: agent.active for n, agent in config.directory.agents.items()}
            return lambda events, at: decide(
                replace(plan, changes=fold_changes(events)), agents, at
            )

        return await self._record(override_stream(schedule), decision, caller)

    async def _record(
        self, stream: str, decision: Callable[[], Awaitable[Decide]], caller: Caller
    ) -> OnCallResult:
        async def decided(events: list[Event], at: datetime) -> Fact:
            await self._registry.refresh()
            decide = await decision()
            # Off the loop: the search for uncovered hours goes years ahead.
            return await asyncio.to_thread(decide, events, at)

        made = await recorded(self._store, self._now, stream, decided, caller)
        if not made.appended.replayed:
            await self._registry.refresh()
        return OnCallResult(made.events, made.appended)
