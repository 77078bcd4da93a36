"""Delivery of events to one subscriber, in order, signed; the one activity of its
workflow. At least once: the receiver detects repeats by `webhook-id`, which is made of
the subscription and the event's position and is the same for all tries.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from temporalio import activity

from activities.cloudevents import cloud_event
from activities.contracts import DeliverInput, DeliverResult
from activities.ports import Now, Recorded, Registry
from domain.event import Json
from domain.subscription.subscription import Subscription
from domain.subscription.webhook import Secret, retry_after, signed_headers

AT_ONCE = 50
"""Events in one run of the activity."""
LONGEST_RUN = timedelta(minutes=1)
"""It must end well before its timeout, or it is started again while it still sends."""
BACKOFF_S = (1, 5, 30, 120, 600, 3600)
"""Pause after the n-th failure in a row; the last one repeats."""
LONGEST_WISH = timedelta(hours=2)
"""A receiver may ask for a longer pause, but is tried again after this one at the
latest."""
TOO_MANY, TOO_MANY_S = 429, 60
"""A receiver that asks for a pause without a duration gets at least this one."""
GONE = 410
HEARTBEAT_S = 2
"""Interval of the heartbeats to Temporal."""
TEST = "subscription.test"
"""The type of an event without a ticket: a test of the endpoint."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try: `status_code` None = no answer at all. `position` None: of a test.
    `retry_in`: when the next one is due; None after success.
    """

    subscription_id: str
    position: int | None
    event_type: str
    attempt: int
    delivered: bool
    status_code: int | None
    detail: str
    duration: timedelta
    retry_in: timedelta | None = None


@dataclass(frozen=True)
class Answer:
    """The endpoint's answer; `reason` says why there was none."""

    status: int | None
    detail: str
    retry_after: str | None
    duration: timedelta

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class Outbox(Protocol):
    async def waiting(self, subscription: Subscription, limit: int) -> list[Recorded]:
        """The next events that the subscription selects, in order."""

    async def secret(self, subscription_id: str) -> Secret: ...

    async def tried(self, attempt: Attempt) -> None:
        """Record the try; a delivered one moves the subscription's position."""


class Courier(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer: ...


Disable = Callable[[Subscription, int], Awaitable[None]]


class Delivery:
    """`disable`: because the endpoint answered with this status that it is gone."""

    def __init__(
        self,
        registry: Registry,
        outbox: Outbox,
        sender: Courier,
        now: Now,
        disable: Disable,
    ) -> None:
        self._registry, self._outbox = registry, outbox
        self._sender, self._now = sender, now
        self._disable = disable

    @activity.defn(name="deliver")
    async def deliver(self, given: DeliverInput) -> DeliverResult:
        """Deliver the waiting events until all are delivered or one fails."""
        async with heard():
            return await self._deliver(given)

    async def _deliver(self, given: DeliverInput) -> DeliverResult:
        subscription = await self._wanted(given.subscription_id)
        if subscription is None:
            return DeliverResult(delivered=0, more=False, gone=True)
        waiting = await self._outbox.waiting(subscription, AT_ONCE)
        secret = await self._outbox.secret(subscription.id)
        end = self._now() + LONGEST_RUN
        for done, recorded in enumerate(waiting):
            if self._now() >= end:
                return DeliverResult(delivered=done, more=True)
            if await self._wanted(subscription.id) is None:
                return DeliverResult(delivered=done, more=False, gone=True)
            number = given.attempt + 1 if done == 0 else 1
            answer = await self._send(subscription, secret, recorded)
            pause_s = backoff_s(number, answer, self._now())
            attempt = _attempt(subscription, recorded, number, answer)
            pause = None if pause_s is None else timedelta(seconds=pause_s)
            await self._outbox.tried(replace(attempt, retry_in=pause))
            if answer.status == GONE:
                await self._disable(subscription, GONE)
                return DeliverResult(delivered=done, more=False, gone=True)
            if pause_s is not None:
                return DeliverResult(delivered=done, more=True, retry_in_s=pause_s)
        return DeliverResult(len(waiting), more=len(waiting) == AT_ONCE)

    async def _wanted(self, subscription_id: str) -> Subscription | None:
        """Read again before each event, so that a subscriber who unsubscribed or paused
        gets nothing more.
        """
        await self._registry.refresh()
        found = (await self._registry.subscriptions()).by_id.get(subscription_id)
        return found if found is not None and found.delivers else None

    async def _send(
        self, subscription: Subscription, secret: Secret, recorded: Recorded
    ) -> Answer:
        message = Message(
            id=f"{subscription.id}-{recorded.position}",
            event=cloud_event(
                recorded, subscription.format, personal=subscription.personal
            ),
            at=self._now(),
        )
        return await post(self._sender, subscription.url, secret, message)


@dataclass(frozen=True, kw_only=True)
class Message:
    """`id`: the same for all tries."""

    id: str
    event: Json
    at: datetime


async def post(sender: Courier, url: str, secret: Secret, message: Message) -> Answer:
    """Once, signed."""
    body = msgspec.json.encode(message.event)
    headers = {
        "content-type": "application/cloudevents+json; charset=utf-8",
        "user-agent": "Pledge-Webhooks/1",
        **signed_headers(secret, message.id, int(message.at.timestamp()), body),
    }
    return await sender.post(url, body, headers)


async def try_out(
    sender: Courier,
    outbox: Outbox,
    subscription: Subscription,
    number: str,
    at: datetime,
) -> Attempt:
    """Send a test event now, whatever the state of the subscription. The result is
    recorded and changes nothing.
    """
    resource = f"/v1/subscriptions/{subscription.id}"
    event: Json = {
        "specversion": "1.0",
        "id": number,
        "type": TEST,
        "source": resource,
        "subject": subscription.id,
        "time": at.isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "data": {"text": "A test: nothing happened."},
    }
    secret = await outbox.secret(subscription.id)
    message = Message(id=f"{subscription.id}-{number}", event=event, at=at)
    answer = await post(sender, subscription.url, secret, message)
    attempt = Attempt(
        subscription_id=subscription.id,
        position=None,
        event_type=TEST,
        attempt=1,
        delivered=answer.accepted,
        status_code=answer.status,
        detail=answer.detail,
        duration=answer.duration,
    )
    await outbox.tried(attempt)
    return attempt


@asynccontextmanager
async def heard() -> AsyncIterator[None]:
    """Sends heartbeats to Temporal, so that the run of a worker that died is started on
    another within seconds instead of at its timeout.
    """

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_S)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()


def _attempt(
    subscription: Subscription, recorded: Recorded, number: int, answer: Answer
) -> Attempt:
    return Attempt(
        subscription_id=subscription.id,
        position=recorded.position,
        event_type=recorded.event.fact.topic,
        attempt=number,
        delivered=answer.accepted,
        status_code=answer.status,
        detail=answer.detail,
        duration=answer.duration,
    )


def backoff_s(failures: int, answer: Answer, now: datetime) -> float | None:
    """Until the next try after so many failures in a row: our own step, or longer if
    the receiver asks for it by Retry-After. None: it was accepted, or is gone.
    """
    if answer.accepted or answer.status == GONE:
        return None
    step = float(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])
    asked = retry_after(answer.retry_after, now)
    if asked is not None:
        return max(min(asked, LONGEST_WISH).total_seconds(), step)
    return max(step, TOO_MANY_S) if answer.status == TOO_MANY else step


def woken_by(
    subscriptions: Sequence[Subscription], topics: Sequence[tuple[int, str]]
) -> list[str]:
    """Ids of the subscriptions that select one of these (position, topic)."""
    return [
        s.id
        for s in subscriptions
        if s.delivers and any(s.wants(topic, position) for position, topic in topics)
    ]
