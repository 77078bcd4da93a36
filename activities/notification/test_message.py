"""Testing whether a person can be reached: one message by each of their channels.

Idempotent by `Caller.command_id`: a repeated request gets the result of the first and
sends nothing. The test is recorded after it was sent, so if a process dies in between,
a repeated request sends again.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.notification.message import Dispatch, Outbound
from activities.ports import Appended, Caller, EventStore, Now, Registry
from activities.recording import Result, as_it_was, recorded, replayed
from domain.errors import DomainError, NotFoundError
from domain.event import Event, Fact
from domain.notification.test_message import (
    MOST,
    WITHIN,
    AgentNotificationTested,
    ChannelTried,
    test_message,
    trial_channels,
    trial_stream,
)
from domain.people.channels import Channel
from domain.people.contact import Preferences


class TestedTooOftenError(DomainError):
    """`again_in`: how long to wait."""

    code = "too_many_requests"

    def __init__(self, agent: str, again_in: timedelta) -> None:
        self.again_in = again_in
        seconds = max(1, round(again_in.total_seconds()))
        super().__init__(
            f"{agent} was sent {MOST} test notifications within"
            f" {WITHIN.seconds} s; try again in {seconds} s"
        )


@dataclass(frozen=True)
class Tested:
    fact: AgentNotificationTested
    at: datetime
    appended: Appended


class NotificationTest:
    def __init__(
        self, store: EventStore, registry: Registry, outbound: Outbound, now: Now
    ) -> None:
        self._store, self._registry = store, registry
        self._outbound, self._now = outbound, now

    async def send(self, agent: str, caller: Caller) -> Tested:
        """Raises NotFoundError, InvalidError for a document that cannot be read, and
        TestedTooOftenError.
        """
        if again := await replayed(self._store, caller):
            return _tested(await as_it_was(self._store, again))
        published = (await self._registry.config()).entry("agents", agent).current
        if published is None:
            raise NotFoundError("agent", agent)
        reader = published.preferences
        await self._refuse_too_often(agent)
        tried = await asyncio.gather(
            *(
                self._try(reader, agent, channel, target, caller.attempt)
                for channel, target in trial_channels(reader)
            )
        )
        fact = AgentNotificationTested(agent=agent, channels=tuple(tried))
        return await self._record(fact, caller)

    async def _refuse_too_often(self, agent: str) -> None:
        events = (await self._store.load(trial_stream(agent)))[-MOST:]
        if len(events) == MOST:
            again_in = events[0].timestamp + WITHIN - self._now()
            if again_in > timedelta(0):
                raise TestedTooOftenError(agent, again_in)

    async def _try(
        self,
        reader: Preferences,
        person: str,
        channel: Channel,
        target: str | None,
        attempt: str,
    ) -> ChannelTried:
        address = reader.address(channel, target)
        assert address is not None, "only channels that lead somewhere are tried"
        outcome = await self._outbound.send(
            Dispatch(
                id=f"test.{attempt}",
                channel=channel,
                address=address,
                person=person,
                letter=test_message(reader),
                items=(),
                secret_version=reader.secret_version,
            )
        )
        return ChannelTried(channel=channel, target=target, code=outcome.code)

    async def _record(self, fact: AgentNotificationTested, caller: Caller) -> Tested:
        async def decided(_: list[Event], __: datetime) -> Fact:
            return fact

        stream = trial_stream(fact.agent)
        return _tested(await recorded(self._store, self._now, stream, decided, caller))


def _tested(made: Result) -> Tested:
    fact = made.fact
    assert isinstance(fact, AgentNotificationTested)
    return Tested(fact, made.events[-1].timestamp, made.appended)
