"""Exports: bodies and answers."""

from datetime import datetime

from pydantic import Field

from api.http.answers import Answer, Made
from api.http.fields import Identifier, Instant, Line, Strict, example
from domain.audit.export import ExportState
from domain.audit.facts import ExportRequested, Shown
from domain.errors import FieldError, InvalidError, RequiredError

MOST_TICKETS = 10_000


class ExportIn(Strict):
    """Give either `tickets`, or `from` and `to` for everything recorded in that period.
    `clear` needs a reason from those who may not read personal fields otherwise.
    """

    model_config = example(tickets=["0190c1d2-6f1e-7c55-8a53-2f6d0c8b9a11"])
    tickets: list[Identifier] | None = Field(
        default=None,
        max_length=MOST_TICKETS,
        description="Ids of tickets, each with everything that is recorded of it",
    )
    from_: Instant | None = Field(default=None, alias="from")
    to: Instant | None = None
    personal: Shown = "masked"
    reason: Line | None = Field(
        default=None, description="Why personal fields are revealed; it is recorded"
    )

    def wanted(self) -> ExportRequested:
        """Raises InvalidError."""
        if faults := [*self._faults()]:
            raise InvalidError(faults)
        return ExportRequested(
            tickets=tuple(self.tickets or ()),
            since=self.from_,
            until=self.to,
            personal=self.personal,
            reason=self.reason,
        )

    def _faults(self) -> list[FieldError]:
        times = {"/from": self.from_, "/to": self.to}
        if self.tickets is None:
            if missing := [name for name, at in times.items() if at is None]:
                message = "name tickets, or a period by from and to"
                where = "/tickets" if len(missing) > 1 else missing[0]
                return [RequiredError(where, message)]
            if self.from_ and self.to and self.to <= self.from_:
                return [FieldError("/to", "must lie after from")]
            return []
        faults = [
            FieldError(name, "name tickets, or a period, not both")
            for name, at in times.items()
            if at is not None
        ]
        if not self.tickets:
            faults.append(FieldError("/tickets", "must name at least one ticket"))
        return faults + self._twice(self.tickets)

    @staticmethod
    def _twice(tickets: list[str]) -> list[FieldError]:
        seen: set[str] = set()
        faults = []
        for place, ticket in enumerate(tickets):
            if ticket in seen:
                faults.append(FieldError(f"/tickets/{place}", "is there twice"))
            seen.add(ticket)
        return faults


class ExportOut(Answer):
    """`progress`: the share that is done, from 0 to 1. When it is done: `events` of a
    log of `size` events, and `bytes` and `sha256` of the bundle, which can be had until
    `expires_at`. `error` if it failed.
    """

    id: str
    state: Made[ExportState]
    progress: Made[float]
    tickets: Made[list[str] | None] = Field(description="The tickets; null: a period")
    from_: Made[datetime | None] = Field(alias="from")
    to: Made[datetime | None]
    personal: Made[Shown]
    reason: Made[str | None]
    requested_at: datetime
    requested_by: str
    finished_at: datetime | None
    events: Made[int | None]
    size: Made[int | None]
    bytes: Made[int | None]
    sha256: Made[str | None] = Field(description="SHA-256 of the bundle, in hex")
    expires_at: Made[datetime | None]
    error: str | None
