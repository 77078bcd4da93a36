"""How many messages a destination takes: a bucket of tokens that fills up steadily.

What finds no token waits for one and is bundled with what else waits there by then;
nothing is dropped. Retries take tokens too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.notification.facts import Channel


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` messages at once, then one each `every`."""

    burst: int
    every: timedelta

    @property
    def memory(self) -> timedelta:
        """What was sent longer ago than this makes no difference."""
        return self.burst * self.every


LIMITS: dict[Channel, Limit] = {
    "email": Limit(burst=20, every=timedelta(seconds=30)),
    "webhook": Limit(burst=60, every=timedelta(seconds=2)),
    "apprise": Limit(burst=20, every=timedelta(seconds=15)),
}


def next_token(limit: Limit, spent: Sequence[datetime], now: datetime) -> datetime:
    """When one more may be sent: `now`, or later. `spent`: when messages were sent to
    this destination, at least those within `limit.memory`.
    """
    full_at = now  # the bucket is full again then, if nothing more is taken from it
    for index, at in enumerate(sorted(spent)):
        full_at = (at if index == 0 else max(full_at, at)) + limit.every
    lacking = full_at - now - (limit.burst - 1) * limit.every
    return now + max(lacking, timedelta(0))
