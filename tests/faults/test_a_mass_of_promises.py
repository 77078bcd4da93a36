"""Two thousand promises that fall due in one instant."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from activities.ports import Caller
from activities.tickets import TicketDesk
from domain.commands import OpenTicket
from domain.event import Actor
from domain.ticket.facts import Customer
from infra.settings import Settings
from infra.wiring import core, new_id, now
from tests.faults.evidence import await_breaches, promise

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow]

MANY = 2_000
TARGET = timedelta(seconds=20)


async def opened_at_once(database_url: str, type_: str, since: datetime) -> list[str]:
    """Straight through the use case: HTTP is not what is tried here."""
    async with core(Settings(database_url=database_url)) as made:
        desk = TicketDesk(made.store, made.registry, made.roster, now)

        async def open_one(number: int) -> str:
            command = OpenTicket(
                number=number,
                subject="The heater is cold",
                body="Since this morning.",
                channel="email",
                type=type_,
                customer=Customer(external_id=f"c-{number}"),
                occurred_at=since,
            )
            caller = Caller(
                command_id=new_id(),
                request_sha256="",
                attempt=new_id(),
                actor=Actor(id="ann", kind="user"),
                correlation_id="many",
                channel="api",
            )
            outcome = await desk.open(new_id(), command, caller)
            return outcome.ticket.id

        ids: list[str] = []
        for first in range(0, MANY, 100):
            numbers = range(first, first + 100)
            ids += await asyncio.gather(*(open_one(n) for n in numbers))
        return ids


def test_each_is_enforced_once_never_early_and_the_last_within_ten_seconds(
    own_installation,
):
    own_installation.start()
    with own_installation.client() as api:
        type_ = promise(api, f"PT{TARGET.seconds}S")
    since = datetime.now(UTC)
    ids = asyncio.run(opened_at_once(own_installation.postgres.url(), type_, since))
    assert datetime.now(UTC) < since + TARGET, "opened too slowly to fall due at once"

    found = await_breaches(own_installation, ids, within_s=60)

    assert sorted(b.ticket_id for b in found) == sorted(ids)
    assert {b.breach_at for b in found} == {since + TARGET}
    assert min(b.lateness for b in found) > timedelta(0)
    assert max(b.lateness for b in found) < timedelta(seconds=10)
