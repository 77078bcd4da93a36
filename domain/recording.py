"""Where a decision records, as a concept sees it: the ticket as far as the concept
reads it, and a method that adds facts.
"""

from datetime import datetime
from typing import Protocol, TypeVar

from domain.event import Fact, PolicyRef

TicketView_co = TypeVar("TicketView_co", covariant=True)


class Recording(Protocol[TicketView_co]):
    @property
    def ticket(self) -> TicketView_co:
        """As it is after everything recorded so far."""
        ...

    def record(
        self,
        fact: Fact,
        at: datetime,
        *,
        cause: int | None = None,
        policy: PolicyRef | None = None,
        by_rule: bool = False,
    ) -> int:
        """The version of the event, to name as the cause of the next. `cause`: version
        of the event that led here; None = the command. `by_rule`: Pledge decided, not
        the sender of the command.
        """
        ...
