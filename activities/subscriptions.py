"""Subscribing and unsubscribing, and what happens to a subscription in between.
Idempotent by `Caller.command_id`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from activities.ports import Appended, Caller, CommandRow, EventStore, Now, Registry
from activities.recording import meta_of, recorded, replayed, row_of
from domain.errors import (
    FieldError,
    InvalidError,
    NotFoundError,
    PreconditionError,
)
from domain.event import SYSTEM, Event, Fact, Meta
from domain.nearest import did_you_mean
from domain.subscription.subscription import (
    Format,
    Held,
    Subscription,
    SubscriptionChanged,
    SubscriptionCreated,
    SubscriptionDeleted,
    SubscriptionDisabled,
    fold_subscriptions,
    pause,
    resume,
    retry,
    subscription_stream,
    unknown_types,
)


class Vault(Protocol):
    """The encrypted storage of webhook secrets."""

    async def keep_secret(self, subscription_id: str, secret: str) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Wish:
    """Changes to a subscription; None: no change. `team` "": no team. `personal`:
    whoever asks for them may see personal fields.
    """

    url: str | None = None
    types: tuple[str, ...] | None = None
    format: Format | None = None
    team: str | None = None
    personal: bool = False


@dataclass(frozen=True, kw_only=True)
class SubscriptionService:
    """`topics`: every event type, so that a misspelt one is refused. `head`: the
    current end of the log.
    """

    store: EventStore
    registry: Registry
    now: Now
    topics: Sequence[str]
    vault: Vault
    head: Callable[[], Awaitable[int]]

    async def create(
        self, wanted: SubscriptionCreated, secret: str, caller: Caller
    ) -> Appended:
        if again := await replayed(self.store, caller):
            return again
        await self._refuse(wanted.types, wanted.team)
        # Before the event: deliveries are signed from that moment on.
        await self.vault.keep_secret(wanted.subscription_id, secret)
        stream = subscription_stream(wanted.subscription_id)
        event = Event(stream, 1, self.now(), meta_of(caller), wanted)
        appended = await self.store.append([event], row_of(caller, stream, 1))
        await self.registry.refresh()
        return appended

    async def change(
        self, subscription_id: str, wish: Wish, caller: Caller
    ) -> Appended:
        if wish.types is not None or wish.team:
            await self._refuse(wish.types or (), wish.team)
        position = await self.head()

        def changed(known: Subscription) -> Fact:
            return SubscriptionChanged(
                subscription_id=known.id,
                url=wish.url or known.url,
                types=known.types if wish.types is None else wish.types,
                format=wish.format or known.format,
                team=known.team if wish.team is None else wish.team or None,
                position=position,
                personal=wish.personal,
            )

        return await self._decide(subscription_id, changed, caller)

    async def pause(
        self, subscription_id: str, reason: str | None, caller: Caller
    ) -> Appended:
        return await self._decide(subscription_id, lambda s: pause(s, reason), caller)

    async def resume(
        self, subscription_id: str, held: Held, caller: Caller
    ) -> Appended:
        head = await self.head()
        return await self._decide(
            subscription_id, lambda s: resume(s, held, head), caller
        )

    async def retry(self, subscription_id: str, caller: Caller) -> Appended:
        return await self._decide(subscription_id, retry, caller)

    async def delete(self, subscription_id: str, caller: Caller) -> Appended:
        return await self._decide(
            subscription_id, lambda s: SubscriptionDeleted(subscription_id=s.id), caller
        )

    async def _decide(
        self,
        subscription_id: str,
        decide: Callable[[Subscription], Fact],
        caller: Caller,
    ) -> Appended:
        async def decided(events: list[Event], _: datetime) -> Fact:
            known = _there(events, subscription_id)
            if not caller.accepts(known.version):
                raise PreconditionError(known.version)
            return decide(known)

        stream = subscription_stream(subscription_id)
        made = await recorded(self.store, self.now, stream, decided, caller)
        if not made.appended.replayed:
            await self.registry.refresh()
        return made.appended

    async def _refuse(self, types: Sequence[str], team: str | None) -> None:
        """Raises InvalidError for names that do not exist."""
        errors = list(unknown_types(types, self.topics))
        teams = (await self.registry.config()).directory.teams
        if team and team not in teams:
            hint = did_you_mean(team, teams)
            errors.append(FieldError("/team", f"there is no team {team!r}{hint}"))
        if errors:
            raise InvalidError(errors)


async def load(store: EventStore, subscription_id: str) -> Subscription:
    """Raises NotFoundError."""
    events = await store.load(subscription_stream(subscription_id))
    return _there(events, subscription_id)


def _there(events: list[Event], subscription_id: str) -> Subscription:
    known = fold_subscriptions(events).by_id.get(subscription_id)
    if known is None or known.deleted:
        raise NotFoundError("subscription", subscription_id)
    return known


async def disable(
    store: EventStore, now: Now, gone: Subscription, status_code: int
) -> None:
    """The endpoint answered that it is gone. Idempotent by its result: a subscription
    that is not active, or has another endpoint by now, does not change. Raises
    VersionConflictError, StoreUnavailableError.
    """
    known = await load(store, gone.id)
    if known.state != "active" or known.url != gone.url:
        return
    stream, version = subscription_stream(known.id), known.version + 1
    command = f"disable:{stream}/{version}"
    meta = Meta(
        command_id=command, correlation_id=stream, causation_id=command, actor=SYSTEM
    )
    fact = SubscriptionDisabled(subscription_id=known.id, status_code=status_code)
    row = CommandRow(
        command_id=command,
        request_sha256="",
        attempt=command,
        stream_id=stream,
        version=version,
    )
    await store.append([Event(stream, version, now(), meta, fact)], row)
