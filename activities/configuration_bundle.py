"""Documents published together, or none of them: load, check, append.

Idempotent by `Caller.command_id`; optimistic by the streams' versions, and, if the
caller names the plan they come from, by the revision of the whole configuration.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from activities.configuration_sources import Sources, all_looked_up
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
from domain.configuration.bundle import (
    Bundle,
    Change,
    Documents,
    change,
    changes,
    in_order,
)
from domain.configuration.configuration import (
    Configuration,
    config_stream,
    fold_config,
)
from domain.configuration.facts import PolicyPublished, PolicyRetired
from domain.configuration.pruning import beside
from domain.documents.kinds import Kind
from domain.errors import InvalidError, PreconditionError
from domain.event import Event, PolicyRef
from domain.privacy.facts import agent_subject


@dataclass(frozen=True, kw_only=True)
class BundlePlan:
    """The published part of it, and the revision of the configuration."""

    changes: tuple[Change, ...]
    config: Configuration


@dataclass(frozen=True, kw_only=True)
class Applied:
    changes: tuple[Change, ...]
    appended: Appended


class BundleService:
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

    async def plan(
        self, documents: Documents, prunes: frozenset[Kind] = frozenset()
    ) -> BundlePlan:
        """What would be published now, and what of these kinds retired; nothing is
        written. Raises InvalidError that points to `/<kind>/<name>/…`, RuleError.
        """
        bundle = await self._looked_up(documents, prunes)
        await self._registry.refresh()
        return await self._planned(bundle)

    async def _looked_up(self, documents: Documents, prunes: frozenset[Kind]) -> Bundle:
        if not documents:
            raise InvalidError.at("", "names no document")
        today = self._now().date()
        expansions = await all_looked_up(documents, self._sources, today)
        return Bundle(documents=documents, expansions=expansions, prunes=prunes)

    async def _planned(self, bundle: Bundle) -> BundlePlan:
        config = await self._registry.config_to_check()
        config = replace(config, unpromised=await self._unpromised())
        # Off the loop: schedules are checked for weeks ahead.
        book = await self._registry.oncall()
        found = await asyncio.to_thread(changes, bundle, config, book, self._now())
        return BundlePlan(changes=found, config=config)

    async def apply(
        self,
        documents: Documents,
        caller: Caller,
        prunes: frozenset[Kind] = frozenset(),
    ) -> Applied:
        if again := await replayed(self._store, caller):
            return await self._applied(documents, prunes, again, caller)
        bundle = await self._looked_up(documents, prunes)

        async def attempt() -> Appended:
            return await self._apply(bundle, caller)

        appended = await serialized(
            self._publishing, self._registry, attempt, "the configuration"
        )
        return await self._applied(documents, prunes, appended, caller)

    async def _apply(self, bundle: Bundle, caller: Caller) -> Appended:
        plan = await self._planned(bundle)
        if not caller.accepts(plan.config.revision):
            raise PreconditionError(plan.config.revision)
        events = self._events(plan, caller)
        row = row_of(caller, *_where_it_ends(events, plan, bundle.documents))
        return await self._store.append(events, row)

    def _events(self, plan: BundlePlan, caller: Caller) -> list[Event]:
        now, made = self._now(), list[Event]()
        for fact in (planned.fact for planned in plan.changes):
            ref = _ref(fact) if isinstance(fact, PolicyPublished) else None
            version = plan.config.entry(fact.kind, fact.name).stream_version + 1
            stream = config_stream(fact.kind, fact.name)
            meta = meta_of(caller, ref, agent_subject(fact.kind, fact.name))
            made.append(Event(stream, version, now, meta, fact))
        return made

    async def _applied(
        self,
        documents: Documents,
        prunes: frozenset[Kind],
        appended: Appended,
        caller: Caller,
    ) -> Applied:
        """What this command did, now or the first time: read from the log, so that the
        same request gets the same answer.
        """
        config = await self._registry.config()
        named = [*in_order(documents), *beside(config, prunes, documents)]
        streams = [config_stream(*one) for one in named]
        found = await self._store.load_many(streams)
        bare = replace(config, entries={})
        made = (_made_by(caller, found.get(stream, ()), bare) for stream in streams)
        return Applied(changes=tuple(c for c in made if c), appended=appended)


def _made_by(
    caller: Caller, events: Sequence[Event], bare: Configuration
) -> Change | None:
    for index, event in enumerate(events):
        if event.meta.command_id == caller.command_id:
            assert isinstance(event.fact, PolicyPublished | PolicyRetired)
            return change(fold_config(events[:index], bare), event.fact)
    return None


def _ref(fact: PolicyPublished) -> PolicyRef:
    return PolicyRef(name=fact.name, version=fact.version, sha256=fact.sha256)


def _where_it_ends(
    events: Sequence[Event], plan: BundlePlan, documents: Documents
) -> tuple[str, int]:
    """Stream and version; for a bundle that changes nothing, those of its first
    document.
    """
    if events:
        return events[-1].originator_id, events[-1].originator_version
    kind, name = next(iter(documents))
    return config_stream(kind, name), plan.config.entry(kind, name).stream_version
