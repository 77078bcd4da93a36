"""How many open tickets have no promise, as a metric. Not a follower: it asks the read
model now and then. Each process that runs it shows the same.
"""

import asyncio
import logging

from activities.ports import Unpromised
from infra import metrics
from infra.followers.follower import AWAY

LOOK_S = 15
LOG = logging.getLogger(__name__)


async def show_unpromised(unpromised: Unpromised) -> None:
    """For ever."""
    while True:
        try:
            types = await unpromised()
        except AWAY as error:
            LOG.warning("tickets without a promise: %s", error)
        else:
            metrics.UNPROMISED.set(sum(types.values()))
        await asyncio.sleep(LOOK_S)
