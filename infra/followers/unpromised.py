"""How many open tickets have no promise, as a metric. Not a follower: it queries the
read model regularly. All processes show the same number.
"""

import logging
from typing import NoReturn

from activities.ports import Unpromised
from infra import metrics
from infra.followers.loops import for_ever

LOOK_S = 15
LOG = logging.getLogger(__name__)


async def show_unpromised(unpromised: Unpromised) -> NoReturn:
    async def show() -> float:
        types = await unpromised()
        metrics.UNPROMISED.set(sum(types.values()))
        return LOOK_S

    await for_ever("tickets without a promise", show)
