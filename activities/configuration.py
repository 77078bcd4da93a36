"""Publishing and retiring configuration: load, check, append.

A new version is visible in this process at once and in others within 250 ms. Idempotent
by `Caller.command_id`; optimistic by the stream's version.
"""

import asyncio
from dataclasses import dataclass, replace
from functools import partial

from activities.configuration_sources import Expanded, Sources, looked_up
from activities.ports import (
    Appended,
    Caller,
    EventStore,
    Now,
    Publishing,
    Registry,
    Unpromised,
    none_unpromised,
)
from activities.recording import meta_of, replayed, row_of, serialized
from domain.configuration.configuration import Entry, config_stream, fold_config
from domain.configuration.facts import PolicyRetired
from domain.configuration.publishing import Submission, publish, unchanged
from domain.configuration.retiring import left_by, restorable, retire
from domain.documents.kinds import Kind
from domain.errors import (
    FieldError,
    PreconditionError,
    PreconditionRequiredError,
)
from domain.event import Event, Fact, Json, PolicyRef
from domain.privacy.facts import agent_subject


@dataclass(frozen=True)
class Publication:
    """`entry`: as the command left it, so that a replayed answer is the same."""

    entry: Entry
    created: bool
    appended: Appended


@dataclass(frozen=True)
class Retirement:
    """`warnings`: documents that still name it, and the hours that it leaves
    uncovered.
    """

    warnings: tuple[FieldError, ...]
    appended: Appended


class ConfigurationService:
    def __init__(
        self,
        store: EventStore,
        registry: Registry,
        now: Now,
        sources: Sources,
        publishing: Publishing,
        unpromised: Unpromised = none_unpromised,
    ) -> None:
        self._store, self._registry, self._now = store, registry, now
        self._sources, self._publishing = sources, publishing
        self._unpromised = unpromised

    async def publish(
        self, kind: Kind, name: str, document: Json, caller: Caller
    ) -> Publication:
        """The document as the next version; the same document again changes nothing,
        unless other holidays are known by now, or other shifts are near.

        Raises PreconditionRequiredError if it would replace a version and the caller
        did not name that.
        """
        if again := await replayed(self._store, caller):
            return await self._publication(kind, name, again, caller)
        today = self._now().date()
        expansion = await looked_up(kind, document, self._sources, today)

        async def attempt() -> Appended:
            return await self._publish(kind, name, document, expansion, caller)

        appended = await serialized(
            self._publishing, self._registry, attempt, config_stream(kind, name)
        )
        return await self._publication(kind, name, appended, caller)

    async def restore(self, kind: Kind, name: str, caller: Caller) -> Publication:
        """The last version of a retired document, published as the next one after new
        checks.
        """
        if again := await replayed(self._store, caller):
            return await self._publication(kind, name, again, caller)
        await self._registry.refresh()
        document = restorable(await self._registry.config(), kind, name)
        today = self._now().date()
        expansion = await looked_up(kind, document, self._sources, today)

        async def attempt() -> Appended:
            # Another request may have been faster: a document in force is not replaced.
            restorable(await self._registry.config(), kind, name)
            return await self._publish(kind, name, document, expansion, caller)

        appended = await serialized(
            self._publishing, self._registry, attempt, config_stream(kind, name)
        )
        return await self._publication(kind, name, appended, caller)

    async def _publish(
        self,
        kind: Kind,
        name: str,
        document: Json,
        expansion: Expanded | None,
        caller: Caller,
    ) -> Appended:
        config = await self._registry.config_to_check()
        entry = config.entry(kind, name)
        written = Submission(
            kind=kind, name=name, document=document, expansion=expansion
        )
        if unchanged(config, written):
            row = row_of(caller, config_stream(kind, name), entry.stream_version)
            return await self._store.append([], row)
        if kind == "sla-policies":
            config = replace(config, unpromised=await self._unpromised())
        # Off the loop: checking a schedule of many layers for weeks takes a while.
        fact = await asyncio.to_thread(
            publish, config, kind, name, document, expansion, self._now()
        )
        if kind == "agents":
            book, at = await self._registry.oncall(), self._now()
            left = await asyncio.to_thread(left_by, config, name, document, book, at)
            fact = replace(fact, warnings=(*fact.warnings, *left))
        _check(entry, caller, required=entry.current is not None)
        ref = PolicyRef(name=name, version=fact.version, sha256=fact.sha256)
        return await self._append(kind, name, entry, fact, caller, ref)

    async def _publication(
        self, kind: Kind, name: str, appended: Appended, caller: Caller
    ) -> Publication:
        events = await self._store.load(appended.stream_id, appended.version)
        before = fold_config(events[:-1]).entry(kind, name)
        ours = events[-1].meta.command_id == caller.command_id
        entry = fold_config(events).entry(kind, name)
        return Publication(entry, ours and before.current is None, appended)

    async def retire(
        self, kind: Kind, name: str, caller: Caller, *, force: bool = False
    ) -> Retirement:
        """`force`: also if others name it, unless promises are counted by it."""
        if again := await replayed(self._store, caller):
            return await self._retirement(again)

        async def attempt() -> Appended:
            config, book = await self._registry.config(), await self._registry.oncall()
            entry = config.entry(kind, name)
            forced = partial(retire, book=book, at=self._now(), force=force)
            fact = await asyncio.to_thread(forced, config, kind, name)
            _check(entry, caller, required=False)
            return await self._append(kind, name, entry, fact, caller, None)

        appended = await serialized(
            self._publishing, self._registry, attempt, config_stream(kind, name)
        )
        return await self._retirement(appended)

    async def _retirement(self, appended: Appended) -> Retirement:
        events = await self._store.load(appended.stream_id, appended.version)
        fact = events[-1].fact
        warnings = fact.warnings if isinstance(fact, PolicyRetired) else ()
        return Retirement(warnings=warnings, appended=appended)

    async def _append(
        self,
        kind: Kind,
        name: str,
        entry: Entry,
        fact: Fact,
        caller: Caller,
        policy: PolicyRef | None,
    ) -> Appended:
        stream, version = config_stream(kind, name), entry.stream_version + 1
        meta = meta_of(caller, policy, agent_subject(kind, name))
        event = Event(stream, version, self._now(), meta, fact)
        return await self._store.append([event], row_of(caller, stream, version))


def _check(entry: Entry, caller: Caller, *, required: bool) -> None:
    if not caller.if_exists:
        if required:
            raise PreconditionRequiredError(entry.stream_version)
    elif entry.current is None or not caller.accepts(entry.stream_version):
        raise PreconditionError(entry.stream_version)
