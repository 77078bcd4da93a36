"""Configuration, keys, subscriptions, who is on call: as each process follows them."""

import asyncio
import uuid
from datetime import timedelta

import pytest

from activities.configuration import ConfigurationService
from activities.ports import Caller, Recorded, StoreUnavailableError
from domain.access import KeyCreated, KeyRevoked
from domain.configuration.facts import PolicyPublished
from domain.event import Actor
from domain.oncall.facts import ScheduleOverrideAdded
from infra.calendars.sources import InstalledSources
from infra.projections.registry import LiveRegistry
from infra.wiring import now
from tests.contract.stores import opened
from tests.support.facts import INSTANT, event
from tests.support.memory import OneProcess

pytestmark = pytest.mark.postgres


class Journal:
    """What a registry reads, from a list; `away` while it is set."""

    def __init__(self, *facts):
        self.rows = [
            Recorded(event(f"keys/{n}", 1, fact), n, INSTANT)
            for n, fact in enumerate(facts, start=1)
        ]
        self.away, self.asked = False, 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def registry_events(self, after):
        self.asked += 1
        found = [recorded for recorded in self.rows if recorded.position > after]
        await self.gate.wait()
        if self.away:
            raise StoreUnavailableError("away")
        return found


def key(name):
    return KeyCreated(key_id=name, name=name, role="agent", sha256=name)


async def test_a_change_through_this_process_is_seen_at_once(database_url):
    async with opened(database_url) as store:
        registry = LiveRegistry(store)
        assert (await registry.config()).entry("agents", "ann").versions == ()
        caller = Caller(
            command_id=uuid.uuid4().hex,
            request_sha256="",
            attempt=uuid.uuid4().hex,
            actor=Actor(id="ops", kind="user"),
            correlation_id="c",
            channel="api",
        )
        desk = ConfigurationService(
            store, registry, now, InstalledSources(), OneProcess()
        )
        await desk.publish("agents", "ann", {"name": "Ann"}, caller)
        assert len((await registry.config()).entry("agents", "ann").versions) == 1


async def test_a_reading_under_way_does_not_hide_a_change_made_meanwhile():
    journal = Journal()
    journal.gate.clear()
    registry = LiveRegistry(journal)
    reading = asyncio.create_task(registry.keys())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    journal.rows += Journal(key("ann")).rows
    refreshing = asyncio.create_task(registry.refresh())
    journal.gate.set()
    await asyncio.gather(reading, refreshing)
    assert (await registry.keys()).find("ann")


async def test_all_who_wait_share_one_reading_and_its_failure():
    journal = Journal()
    journal.away = True
    registry = LiveRegistry(journal)
    answers = await asyncio.gather(
        *(registry.keys() for _ in range(50)), return_exceptions=True
    )
    assert {type(answer) for answer in answers} == {StoreUnavailableError}
    assert journal.asked == 1
    journal.away, journal.rows = False, Journal(key("ann")).rows
    assert (await registry.keys()).find("ann")


async def test_one_who_gives_up_does_not_end_the_reading_of_the_others():
    journal = Journal(key("ann"))
    journal.gate.clear()
    registry = LiveRegistry(journal)
    hasty = asyncio.create_task(registry.keys())
    patient = asyncio.create_task(registry.keys())
    await asyncio.sleep(0)
    hasty.cancel()
    await asyncio.sleep(0)
    journal.gate.set()
    assert (await patient).find("ann")


async def test_who_is_on_call_is_followed_as_it_changes():
    turns = {"start": "2026-01-05T09:00", "unit": "day", "people": ["ann"]}
    document = {"tz": "UTC", "layers": [{"name": "base", "rotation": turns}]}
    journal = Journal(
        PolicyPublished(
            kind="schedules", name="front", version=1, sha256="0", document=document
        )
    )
    registry = LiveRegistry(journal)
    first = await registry.oncall()
    assert first.plan("front").people == {"ann"}
    await registry.refresh()
    assert await registry.oncall() is first
    added = ScheduleOverrideAdded(
        schedule="front",
        override_id="o-1",
        kind="add",
        person="bo",
        begin=INSTANT,
        end=INSTANT + timedelta(hours=1),
    )
    journal.rows.append(Recorded(event("overrides/front", 1, added), 2, INSTANT))
    await registry.refresh()
    assert (await registry.oncall()).plan("front").people == {"ann", "bo"}


async def test_an_event_that_does_not_fit_locks_nobody_out():
    journal = Journal(key("ann"), KeyRevoked(key_id="nobody"), key("bo"))
    keys = await LiveRegistry(journal).keys()
    assert set(keys.by_id) == {"ann", "bo"}
