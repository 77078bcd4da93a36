"""Loops that run as long as their process: no fault ends them, nor the other loops."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

import psycopg

from activities.ports import StoreUnavailableError
from infra.temporal.client import TemporalUnavailableError

AWAY = (StoreUnavailableError, TemporalUnavailableError, psycopg.Error, OSError)
"""Temporary faults; anything else is a bug of ours and is logged with its trace."""
SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
LOG = logging.getLogger(__name__)


async def for_ever(name: str, once: Callable[[], Awaitable[float]]) -> NoReturn:
    """`once` returns the seconds until its next run. After a fault it is run again too,
    with growing pauses until it succeeds.
    """
    after_fault_s = SHORTEST_PAUSE_S
    while True:
        try:
            pause_s = await once()
        except AWAY as error:
            LOG.warning("%s: %s; again in %.1f s", name, error, after_fault_s)
        except Exception:
            LOG.exception("%s: again in %.1f s", name, after_fault_s)
        else:
            after_fault_s = SHORTEST_PAUSE_S
            await asyncio.sleep(pause_s)
            continue
        await asyncio.sleep(after_fault_s)
        after_fault_s = min(after_fault_s * 2, LONGEST_PAUSE_S)
