"""A list that cannot be had in time is refused, and holds nothing up."""

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from activities.ports import BusyError
from api.ports import TicketFilter
from infra.embedded.postgres import SUPERUSER
from infra.projections import ticket_list as readmodel
from infra.projections.ticket_list import TicketReadModel
from tests.contract.stores import opened, texts_of

pytestmark = pytest.mark.postgres


@pytest.fixture
async def tickets(database_url, monkeypatch):
    monkeypatch.setattr(readmodel, "ANSWERED_WITHIN_S", 0.2)
    async with opened(database_url) as store:
        yield TicketReadModel(store._database, texts_of(store))


@pytest.fixture
def hold(database_url, installation):
    """Let no question about tickets be answered."""
    database = psycopg.conninfo.conninfo_to_dict(database_url)["dbname"]
    url = make_conninfo(installation.postgres.url(SUPERUSER, str(database)))
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE")
        yield connection


@pytest.mark.usefixtures("hold")
async def test_it_is_refused_as_too_broad(tickets):
    with pytest.raises(BusyError, match="add a filter"):
        await tickets.page(TicketFilter(), 50, None)


async def test_the_server_stops_working_on_it(tickets, hold):
    with pytest.raises(BusyError):
        await tickets.page(TicketFilter(team=("after-sales",)), 50, None)
    waiting = hold.execute(
        "SELECT count(*) FROM pg_locks WHERE NOT granted"
        " AND relation = 'tickets'::regclass"
    ).fetchone()
    assert waiting == (0,)


async def test_the_next_question_is_answered(tickets, hold):
    with pytest.raises(BusyError):
        await tickets.page(TicketFilter(), 50, None)
    hold.rollback()
    assert await tickets.page(TicketFilter(), 50, None) == ([], None)
