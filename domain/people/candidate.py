"""One who could get a ticket, and why or why not."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`load`: open tickets in their hands. `reason` says why chosen, or why not."""

    agent: str
    load: int
    chosen: bool
    reason: str
