"""Numbers of tickets: none twice, always rising, and few questions in a rush."""

import asyncio

import pytest

from activities.ports import StoreUnavailableError
from infra.postgres.ticket_numbers import KEPT_S, TicketNumbers
from tests.contract.stores import opened

pytestmark = pytest.mark.postgres


class Counted:
    """The database, and how often it was asked; it fails when told to."""

    def __init__(self, database):
        self._database, self.asked, self.away = database, 0, False

    async def rows(self, query, parameters):
        self.asked += 1
        if self.away:
            raise StoreUnavailableError
        return await self._database.rows(query, parameters)


@pytest.fixture
async def database(database_url):
    async with opened(database_url) as store:
        yield Counted(store._database)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


async def together(numbers, count):
    return await asyncio.gather(*(numbers.next() for _ in range(count)))


async def test_one_ticket_after_the_other_leaves_no_gap(database):
    numbers = TicketNumbers(database)
    first = await numbers.next()
    assert [await numbers.next() for _ in range(3)] == [first + n for n in (1, 2, 3)]


async def test_another_process_goes_on_where_this_one_is(database):
    first = await TicketNumbers(database).next()
    assert await TicketNumbers(database).next() == first + 1


async def test_many_at_once_share_one_question_and_no_number(database):
    drawn = await together(TicketNumbers(database), 20)
    assert (len(set(drawn)), database.asked) == (20, 1)


async def test_in_a_rush_the_next_ones_have_theirs_already(database):
    numbers = TicketNumbers(database)
    before = await together(numbers, 20)
    after = await together(numbers, 20)
    assert min(after) > max(before)
    assert database.asked == 1


async def test_after_the_rush_numbers_drawn_ahead_are_let_go(database):
    numbers = TicketNumbers(database, clock := Clock())
    await together(numbers, 20)
    elsewhere = await TicketNumbers(database).next()
    clock.now += KEPT_S
    assert await numbers.next() > elsewhere


async def test_a_draw_that_fails_is_told_to_all_who_share_it_and_the_next_draws(
    database,
):
    numbers = TicketNumbers(database)
    database.away = True
    drawn = await asyncio.gather(
        *(numbers.next() for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in drawn] == [StoreUnavailableError] * 3
    database.away = False
    assert await numbers.next() > 0


async def test_who_gives_up_takes_nobody_along(database):
    numbers = TicketNumbers(database)
    waiting = [asyncio.create_task(numbers.next()) for _ in range(3)]
    await asyncio.sleep(0)  # they wait by now
    waiting[0].cancel()
    drawn = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(drawn[0], asyncio.CancelledError)
    assert drawn[1] < drawn[2]


async def test_who_comes_during_a_draw_is_served_by_what_it_draws_ahead(database):
    numbers = TicketNumbers(database)
    first = [asyncio.create_task(numbers.next()) for _ in range(5)]
    await asyncio.sleep(0)  # they wait
    await asyncio.sleep(0)  # the draw is under way
    later = [asyncio.create_task(numbers.next()) for _ in range(5)]
    before, after = await asyncio.gather(*first), await asyncio.gather(*later)
    assert after == [before[-1] + n for n in (1, 2, 3, 4, 5)]
    assert database.asked == 1


async def test_who_gave_up_before_a_draw_failed_leaves_nobody_waiting(database):
    numbers = TicketNumbers(database)
    database.away = True
    waiting = [asyncio.create_task(numbers.next()) for _ in range(3)]
    await asyncio.sleep(0)  # they wait by now
    waiting[0].cancel()
    async with asyncio.timeout(10):
        drawn = await asyncio.gather(*waiting, return_exceptions=True)
    kinds = [asyncio.CancelledError, StoreUnavailableError, StoreUnavailableError]
    assert [type(one) for one in drawn] == kinds
