"""Commands to a ticket by people, and reports about the messages of its steps."""

from dataclasses import dataclass
from datetime import datetime

from domain.escalation.chosen import Chosen


@dataclass(frozen=True, kw_only=True)
class Acknowledge:
    """`by`: the agent who looks after the ticket now; its escalation waits."""

    by: str


@dataclass(frozen=True, kw_only=True)
class Escalate:
    """`to_step` counts from 0; None = the next one, now."""

    by: str
    reason: str
    to_step: int | None = None


@dataclass(frozen=True, kw_only=True)
class StepUndelivered:
    """A command to the ticket: this step reached nobody, so the next must not wait.
    Idempotent by clock, step and repetition. `reason`: that all channels of somebody
    failed, if so; else that nobody had a channel that is set up.
    """

    clock: str
    step: int
    repetition: int
    people: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonNotified:
    """A command to the ticket: a message to this person was sent. Idempotent by the
    notification. `about`: version of the event that chose this person.
    """

    notification: str
    about: int
    clock: str
    step: int
    repetition: int
    chosen: Chosen
    channel: str
    sent_at: datetime
