"""Bringing events to one subscriber, in order, signed; the one activity of its
workflow. At least once: the receiver tells repeats by `webhook-id`, which is the
subscription and the event's position and never changes over the tries.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

import msgspec
from temporalio import activity

from activities.cloudevents import cloud_event
from activities.contracts import DeliverInput, DeliverResult
from activities.ports import Now, Recorded, Registry
from domain.subscription import Subscription
from domain.webhook import Secret, retry_after, signed_headers

AT_ONCE = 50
"""Events in one run of the activity."""
LONGEST_RUN = timedelta(minutes=1)
"""It must end well before its timeout, or it is started again while it still sends."""
BACKOFF_S = (1, 5, 30, 120, 600, 3600)
"""Pause after the n-th failure in a row; the last one repeats."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """One try: `status_code` None = no answer at all."""

    subscription_id: str
    recorded: Recorded
    attempt: int
    delivered: bool
    status_code: int | None
    detail: str
    duration: timedelta


@dataclass(frozen=True)
class Answer:
    """What the endpoint said; `reason` tells why there was no answer."""

    status: int | None
    detail: str
    retry_after: str | None
    duration: timedelta

    @property
    def accepted(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004


class Outbox(Protocol):
    async def waiting(self, subscription: Subscription, limit: int) -> list[Recorded]:
        """The next events that it wants, in order."""

    async def secret(self, subscription_id: str) -> Secret: ...

    async def tried(self, attempt: Attempt) -> None:
        """Record the try; a delivered one moves the subscription's position."""


class Courier(Protocol):
    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer: ...


class Delivery:
    def __init__(
        self, registry: Registry, outbox: Outbox, courier: Courier, now: Now
    ) -> None:
        self._registry, self._outbox = registry, outbox
        self._courier, self._now = courier, now

    @activity.defn(name="deliver")
    async def deliver(self, given: DeliverInput) -> DeliverResult:
        """Deliver what waits until all is delivered or one fails."""
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
            await self._outbox.tried(_attempt(subscription, recorded, number, answer))
            if not answer.accepted:
                pause_s = backoff_s(number, answer.retry_after, self._now())
                return DeliverResult(delivered=done, more=True, retry_in_s=pause_s)
        return DeliverResult(len(waiting), more=len(waiting) == AT_ONCE)

    async def _wanted(self, subscription_id: str) -> Subscription | None:
        """Asked before each event, and afresh: who unsubscribed hears nothing more."""
        await self._registry.refresh()
        found = (await self._registry.subscriptions()).by_id.get(subscription_id)
        return None if found is None or found.deleted else found

    async def _send(
        self, subscription: Subscription, secret: Secret, recorded: Recorded
    ) -> Answer:
        body = msgspec.json.encode(cloud_event(recorded, subscription.format))
        message_id = f"{subscription.id}-{recorded.position}"
        timestamp = int(self._now().timestamp())
        headers = {
            "content-type": "application/cloudevents+json; charset=utf-8",
            "user-agent": "Pledge-Webhooks/1",
            **signed_headers(secret, message_id, timestamp, body),
        }
        return await self._courier.post(subscription.url, body, headers)


def _attempt(
    subscription: Subscription, recorded: Recorded, number: int, answer: Answer
) -> Attempt:
    return Attempt(
        subscription_id=subscription.id,
        recorded=recorded,
        attempt=number,
        delivered=answer.accepted,
        status_code=answer.status,
        detail=answer.detail,
        duration=answer.duration,
    )


def backoff_s(failures: int, header: str | None, now: datetime) -> float:
    """What the receiver asked for by Retry-After, within the step and twice it."""
    step = float(BACKOFF_S[min(failures, len(BACKOFF_S)) - 1])
    asked = retry_after(header, now)
    if asked is None:
        return step
    return min(max(asked.total_seconds(), step), 2 * step)


def poked_by(
    subscriptions: Sequence[Subscription], topics: Sequence[tuple[int, str]]
) -> list[str]:
    """Ids of those for whom one of these (position, topic) is news."""
    return [
        s.id
        for s in subscriptions
        if any(position > s.from_position and s.wants(t) for position, t in topics)
    ]
