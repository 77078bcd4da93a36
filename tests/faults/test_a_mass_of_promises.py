"""Two thousand promises that fall due in one instant."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from activities.ports import CommandRow
from domain.event import Actor, Meta
from domain.lifecycle.facts import Customer
from domain.ticket.decide import OpenTicket, open_ticket
from domain.ticket.draft import Draft, seal
from domain.ticket.world import World
from infra.settings import Settings
from infra.wiring import Core, core, new_id, now
from tests.faults.evidence import await_breaches, promise

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow]

MANY = 1_000
AT_ONCE = 100
TARGET = timedelta(seconds=25)


async def opened_in_bulk(settings: Settings, type_: str, since: datetime) -> list[str]:
    """Straight into the store: opening is not what is tried here."""
    async with core(settings) as made:
        world = World(config=await made.registry.config())
        ids: list[str] = []
        while len(ids) < MANY:
            drafts = [_draft(type_, since, world) for _ in range(AT_ONCE)]
            await _append(made, drafts)
            ids += [draft.ticket_id for draft in drafts]
        return ids


def _draft(type_: str, since: datetime, world: World) -> Draft:
    command = OpenTicket(
        number=1,
        subject="The heater is cold",
        body="Since this morning.",
        channel="email",
        type=type_,
        customer=Customer(external_id="c-1"),
        occurred_at=since,
    )
    return open_ticket(new_id(), command, now(), world)


async def _append(made: Core, drafts: list[Draft]) -> None:
    command_id = new_id()
    meta = Meta(
        command_id=command_id,
        correlation_id="many",
        causation_id=command_id,
        actor=Actor(id="ann", kind="user"),
    )
    row = CommandRow(
        command_id=command_id,
        request_sha256="",
        attempt=command_id,
        stream_id=drafts[0].ticket_id,
        version=drafts[0].ticket.version,
    )
    await made.store.append([e for draft in drafts for e in seal(draft, meta)], row)


def test_each_is_enforced_once_never_early_and_the_last_within_ten_seconds(
    own_installation,
):
    own_installation.start()
    with own_installation.client() as api:
        type_ = promise(api, f"PT{TARGET.seconds}S")
    since = datetime.now(UTC)
    ids = asyncio.run(opened_in_bulk(own_installation.process_settings, type_, since))
    assert datetime.now(UTC) < since + TARGET, "opened too slowly to fall due at once"

    found = await_breaches(own_installation, ids)

    assert sorted(b.ticket_id for b in found) == sorted(ids)
    assert {b.breach_at for b in found} == {since + TARGET}
    assert min(b.lateness for b in found) > timedelta(0)
    assert max(b.lateness for b in found) < timedelta(seconds=10)
