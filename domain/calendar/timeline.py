"""The business instants of a calendar, laid out for searching.

Time is cut into blocks of 400 days. A block holds the open spans of a calendar in it
and a running sum of their lengths; it is built on first use and kept in a cache, so an
answer is a few binary searches, and ten years ahead are ten additions more. Blocks are
immutable and depend on the calendar and the zone data only; threads may share them.

All amounts are microseconds. A search gives up with `None` after `HORIZON_BLOCKS`,
about a hundred years: a calendar that stays shut for so long never opens again.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import Final, NamedTuple

from domain.calendar.calendar import Calendar
from domain.calendar.instants import DAY_US, EPOCH, Span, to_us
from domain.calendar.open_hours import open_spans

BLOCK_DAYS: Final = 400
BLOCK_US: Final = BLOCK_DAYS * DAY_US
HORIZON_BLOCKS: Final = 92
HORIZON_DAYS: Final = HORIZON_BLOCKS * BLOCK_DAYS
HORIZON_US: Final = HORIZON_BLOCKS * BLOCK_US
FIRST_BLOCK: Final = to_us(datetime(5, 1, 1, tzinfo=UTC)) // BLOCK_US
LAST_BLOCK: Final = to_us(datetime(9995, 1, 1, tzinfo=UTC)) // BLOCK_US
MARGIN: Final = timedelta(days=3)  # zones reach 26 h around UTC, windows 48 h


class Block(NamedTuple):
    """Span i is [opens[i], closes[i]); `before[i]` sums the spans before it."""

    opens: Sequence[int]
    closes: Sequence[int]
    before: Sequence[int]
    total: int


def between(calendar: Calendar | None, begin: int, end: int) -> int:
    """Business time in [begin, end); 0 if reversed."""
    if begin >= end:
        return 0
    if calendar is None:
        return end - begin
    first, last = begin // BLOCK_US, end // BLOCK_US
    block = _block(calendar, first)
    before = _worked(block, begin)
    if first == last:
        return _worked(block, end) - before
    whole = sum(_block(calendar, index).total for index in range(first, last))
    return whole - before + _worked(_block(calendar, last), end)


def earliest(calendar: Calendar | None, start: int, amount: int) -> int | None:
    """The first instant >= start with `amount` of business time since `start`."""
    if amount == 0:
        return start
    if calendar is None:
        return start + amount if amount <= HORIZON_US else None
    first = start // BLOCK_US
    amount += _worked(_block(calendar, first), start)
    for index in range(first, min(first + HORIZON_BLOCKS, LAST_BLOCK)):
        block = _block(calendar, index)
        if amount <= block.total:
            span = bisect_left(block.before, amount) - 1
            return block.opens[span] + amount - block.before[span]
        amount -= block.total
    return None


def latest(calendar: Calendar | None, start: int, amount: int) -> int | None:
    """The last instant with no more than `amount` of business time since `start`."""
    if calendar is None:
        return start + amount if amount <= HORIZON_US else None
    first = start // BLOCK_US
    amount += _worked(_block(calendar, first), start)
    for index in range(first, min(first + HORIZON_BLOCKS, LAST_BLOCK)):
        block = _block(calendar, index)
        if amount < block.total:
            return _reached(block, amount)
        amount -= block.total
    return None


def rewind(calendar: Calendar | None, end: int, amount: int) -> int | None:
    """The last instant <= end with `amount` of business time from it to `end`."""
    if amount == 0:
        return end
    if calendar is None:
        return end - amount if amount <= HORIZON_US else None
    last = end // BLOCK_US
    rest = _worked(_block(calendar, last), end) - amount
    for index in range(last, max(last - HORIZON_BLOCKS, FIRST_BLOCK), -1):
        if rest >= 0:
            return _reached(_block(calendar, index), rest)
        rest += _block(calendar, index - 1).total
    return None


def last_closing(calendar: Calendar, at: int) -> int | None:
    """The last closing at or before an instant that is not open."""
    last = at // BLOCK_US
    for index in range(last, max(last - HORIZON_BLOCKS, FIRST_BLOCK), -1):
        block = _block(calendar, index)
        span = bisect_left(block.opens, at) - 1
        if span >= 0:
            return block.closes[span]
    return None


def is_open(calendar: Calendar | None, at: int) -> bool:
    if calendar is None:
        return True
    block = _block(calendar, at // BLOCK_US)
    span = bisect_right(block.opens, at) - 1
    return span >= 0 and at < block.closes[span]


def spans(calendar: Calendar | None, begin: int, end: int) -> Iterator[Span]:
    """Business time in [begin, end), piece by piece, each as long as it can be."""
    pending = (begin, begin)
    for opens, closes in _clipped(calendar, begin, end):
        if opens > pending[1]:
            if pending[0] < pending[1]:
                yield pending
            pending = (opens, closes)
        else:  # goes on over the edge of a block
            pending = (pending[0], closes)
    if pending[0] < pending[1]:
        yield pending


def _clipped(calendar: Calendar | None, begin: int, end: int) -> Iterator[Span]:
    if begin >= end:
        return
    if calendar is None:
        yield begin, end
        return
    for index in range(begin // BLOCK_US, end // BLOCK_US + 1):
        block = _block(calendar, index)
        for span in range(bisect_right(block.closes, begin), len(block.opens)):
            if block.opens[span] >= end:
                return
            yield max(begin, block.opens[span]), min(end, block.closes[span])


def _worked(block: Block, at: int) -> int:
    """Business time of the block before `at`."""
    span = bisect_right(block.opens, at) - 1
    if span < 0:
        return 0
    return block.before[span] + min(at, block.closes[span]) - block.opens[span]


def _reached(block: Block, amount: int) -> int:
    """The last instant with `amount` of the block's business time before it."""
    span = bisect_right(block.before, amount) - 1
    return block.opens[span] + amount - block.before[span]


@lru_cache(maxsize=4096)  # some 12 kB each for office hours
def _block(calendar: Calendar, index: int) -> Block:
    begin = index * BLOCK_US
    end = begin + BLOCK_US
    first = EPOCH.date() + timedelta(days=index * BLOCK_DAYS) - MARGIN
    last = first + timedelta(days=BLOCK_DAYS) + 2 * MARGIN
    inside = [
        (max(opens, begin), min(closes, end))
        for opens, closes in open_spans(calendar, first, last)
        if opens < end and closes > begin
    ]
    *before, total = accumulate((e - b for b, e in inside), initial=0)
    return Block(
        opens=array("q", (opens for opens, _ in inside)),
        closes=array("q", (closes for _, closes in inside)),
        before=array("q", before),
        total=total,
    )
