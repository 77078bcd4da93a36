"""The pauses of a ticket: the current one, and those before."""

from dataclasses import dataclass
from datetime import datetime

from domain.lifecycle.status import Status


@dataclass(frozen=True, kw_only=True)
class Pause:
    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, kw_only=True)
class PastPause:
    status: Status
    reason: str
    since: datetime
    end: datetime
