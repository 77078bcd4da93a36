"""What runs for as long as its process: no fault ends it, and the others with it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

import psycopg

from activities.ports import StoreUnavailableError
from infra.temporal.client import TemporalUnavailableError

AWAY = (StoreUnavailableError, TemporalUnavailableError, psycopg.Error, OSError)
"""Passes by itself; anything else is a fault of ours and is logged with its trace."""
SHORTEST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 2.0
LOG = logging.getLogger(__name__)


async def for_ever(name: str, once: Callable[[], Awaitable[float]]) -> NoReturn:
    """`once` answers with the seconds until it shall run again. After a fault it runs
    again too, with pauses that grow until it succeeds.
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
