"""A possible assignee, and why or why not."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`load`: the weight of their open tickets. `reason` says why chosen, or why
    not.
    """

    agent: str
    load: int
    chosen: bool
    reason: str
