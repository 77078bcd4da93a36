"""Load, decide, append: how commands are recorded.

A repeated command gets its first answer; after a version conflict the state is loaded
and decided again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from activities.ports import (
    Appended,
    Caller,
    CommandRow,
    EventStore,
    Now,
    Publishing,
    Registry,
)
from domain.errors import (
    CommandReusedError,
    VersionConflictError,
)
from domain.event import Event, Fact, Meta, PolicyRef

TRIES = 5


async def serialized(
    publishing: Publishing,
    registry: Registry,
    attempt: Callable[[], Awaitable[Appended]],
    what: str,
) -> Appended:
    """After a version conflict it is decided again with the current state, because the
    lock can be lost with its connection. What was published is known here at once.
    """
    async with publishing.turn():
        for _ in range(TRIES):
            await registry.refresh()
            try:
                appended = await attempt()
            except VersionConflictError:
                continue
            await registry.refresh()
            return appended
    raise VersionConflictError(what)


async def replayed(store: EventStore, caller: Caller) -> Appended | None:
    """What this command did the first time, if it is repeated."""
    found = await store.find(caller.command_id)
    if found is None:
        return None
    row, receipt = found
    if row.request_sha256 != caller.request_sha256:
        raise CommandReusedError
    return Appended(row.stream_id, row.version, receipt, replayed=True)


def meta_of(
    caller: Caller, policy: PolicyRef | None = None, data_subject: str | None = None
) -> Meta:
    return Meta(
        command_id=caller.command_id,
        correlation_id=caller.correlation_id,
        causation_id=caller.command_id,
        actor=caller.actor,
        channel=caller.channel,
        policy=policy,
        key_id=caller.key_id,
        data_subject=data_subject,
    )


def row_of(caller: Caller, stream_id: str, version: int) -> CommandRow:
    return CommandRow(
        command_id=caller.command_id,
        request_sha256=caller.request_sha256,
        attempt=caller.attempt,
        stream_id=stream_id,
        version=version,
    )


@dataclass(frozen=True)
class Result:
    """`events`: of the stream, up to what the command added."""

    events: tuple[Event, ...]
    appended: Appended

    @property
    def fact(self) -> Fact:
        return self.events[-1].fact


Decide = Callable[[list[Event], datetime], Awaitable[Fact]]


async def recorded(
    store: EventStore,
    now: Now,
    stream: str,
    decide: Decide,
    caller: Caller,
    erased: Sequence[str] = (),
) -> Result:
    """Adds one fact to a stream; `decide` gets the events of the stream so far.
    `erased`: persons whose keys are destroyed with it. Raises CommandReusedError,
    VersionConflictError, and what `decide` raises.
    """
    if again := await replayed(store, caller):
        return await as_it_was(store, again)
    for _ in range(TRIES):
        events, at = await store.load(stream), now()
        fact, version = await decide(events, at), len(events) + 1
        event = Event(stream, version, at, meta_of(caller), fact)
        row = row_of(caller, stream, version)
        try:
            appended = await store.append([event], row, erased=erased)
        except VersionConflictError:
            continue
        if appended.replayed:
            return await as_it_was(store, appended)
        return Result((*events, event), appended)
    raise VersionConflictError(stream)


async def as_it_was(store: EventStore, appended: Appended) -> Result:
    """The result of a command, if it is repeated."""
    events = await store.load(appended.stream_id, appended.version)
    return Result(tuple(events), appended)
