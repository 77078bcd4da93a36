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


@dataclass(frozen=True)
class SimulationState:
    """`next_page`: from 0; None = the job is over. `done` of `total` tickets. After
    `pages_a_run` the workflow continues as new.
    """

    simulation_id: str
    next_page: int | None = 0
    done: int = 0
    total: int = 0
    pages_a_run: int = 150


@dataclass(frozen=True)
class SimulatePageInput:
    simulation_id: str
    page: int


@dataclass(frozen=True)
class SimulatePageResult:
    """`next_page`: 0 if the configuration changed meanwhile and the job begins again;
    None = it is over, or was deleted.
    """

    next_page: int | None
    done: int
    total: int
