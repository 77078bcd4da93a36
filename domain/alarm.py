"""What will be due at an instant unless something happens before. Each concept has its
own kinds; `ticket.enforce` says which goes first of two that are due at once.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """`at`: the exact instant of which it speaks. `key`: of the clock, the team or the
    approval that it is for.
    """

    at: datetime
    key: str

    @property
    def due_from(self) -> datetime:
        """When it may be acted on."""
        return self.at
