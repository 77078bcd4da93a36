"""The messages that cross Temporal: ids, versions and times, nothing else.

Small dataclasses of plain types, so that a payload written today can be read by the
next release: add fields with a default, never rename one.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class TicketPlan:
    """`next_due_ms`: Unix milliseconds; None = nothing to wait for."""

    ticket_id: str
    version: int
    next_due_ms: int | None
    done: bool


@dataclass(frozen=True)
class EnforceInput:
    """`as_of_ms`: the workflow's clock, which alone decides what is due."""

    ticket_id: str
    as_of_ms: int


@dataclass(frozen=True)
class DeliverInput:
    subscription_id: str
    attempt: int


@dataclass(frozen=True)
class DeliverResult:
    """`retry_in_s`: None after success. `more`: events are waiting. `gone`: the
    subscription was deleted.
    """

    delivered: int
    more: bool
    retry_in_s: float | None = None
    gone: bool = False
