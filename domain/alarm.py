"""What will be due at an instant unless something happens before. Each concept has its
own kinds; `ticket.enforce` decides the order of two that are due at the same time.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """`at`: its exact instant. `key`: of the clock, the team or the approval."""

    at: datetime
    key: str

    @property
    def due_from(self) -> datetime:
        """When it may be acted on."""
        return self.at
