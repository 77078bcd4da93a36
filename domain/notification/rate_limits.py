"""How many messages a destination accepts: a bucket of tokens that fills up steadily.

A message without a token waits for one and is bundled with what else waits there by
then; nothing is dropped. Retries use tokens too.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.people.channels import Channel


@dataclass(frozen=True, kw_only=True)
class Limit:
    """`burst` messages at once, then one each `every`."""

    burst: int
    every: timedelta

    @property
    def memory(self) -> timedelta:
        """After this long without a message the bucket is full."""
        return self.burst * self.every


LIMITS: dict[Channel, Limit] = {
    "email": Limit(burst=20, every=timedelta(seconds=30)),
    "webhook": Limit(burst=60, every=timedelta(seconds=2)),
    "apprise": Limit(burst=20, every=timedelta(seconds=15)),
}


def next_token(limit: Limit, full_at: datetime | None, now: datetime) -> datetime:
    """When one more may be sent: `now`, or later. `full_at`: when the bucket is full
    again if no more tokens are used; None = it is full.
    """
    lacking = (full_at or now) - now - (limit.burst - 1) * limit.every
    return now + max(lacking, timedelta(0))


def taken(limit: Limit, full_at: datetime | None, at: datetime) -> datetime:
    """When the bucket is full again after one more was sent."""
    return max(full_at or at, at) + limit.every
