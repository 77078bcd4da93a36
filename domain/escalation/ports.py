"""What escalation sees of a ticket."""

from typing import Protocol

from domain.escalation.policy import EscalationPolicy
from domain.escalation.run import Run


class EscalationTicket(Protocol):
    @property
    def runs(self) -> tuple[Run, ...]: ...
    @property
    def escalation_policies(self) -> tuple[EscalationPolicy, ...]:
        """Those that the ticket keeps, the one pinned last at the end."""
        ...
