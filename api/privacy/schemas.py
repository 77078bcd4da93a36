"""A person's data: requests and answers."""

from datetime import datetime

from pydantic import Field

from api.http.answers import Answer, Made
from api.http.fields import Line, Strict, example
from api.tickets.messages import TicketMessageOut
from api.tickets.schemas import TicketOut


class EraseIn(Strict):
    """Name no personal data here: both are kept for ever."""

    model_config = example(reason="Art. 17 GDPR", requested_by="the customer")
    reason: Line
    requested_by: Line = Field(description="Who asked for it, for example a role")


class ReasonIn(Strict):
    model_config = example(reason="case 2026-4711 at the district court")
    reason: Line = Field(description="Kept for ever: name no personal data in it")


class HoldOut(Answer):
    reason: str
    since: datetime
    placed_by: str


class OccurrenceOut(Answer):
    id: str
    number: int
    status: str
    opened_at: datetime
    updated_at: datetime


class SubjectOut(Answer):
    """A person, by the `external_id` of a customer. `name` and `contacts`: as their
    newest ticket has them.
    """

    external_id: Made[str]
    name: Made[str | None]
    contacts: Made[dict[str, str]]
    legal_hold: Made[HoldOut | None]
    erased_at: Made[datetime | None] = Field(
        description="When the person was erased the last time"
    )
    live_keys: Made[int] = Field(
        description="With how many keys their data can be read; 0: with none"
    )
    tickets: Made[list[OccurrenceOut]] = Field(
        description="Where the person occurs, in the order of opening"
    )
    next_cursor: Made[str | None]


class RevealedTicketOut(Answer):
    """A ticket in the clear, with its messages."""

    ticket: Made[TicketOut]
    messages: Made[list[TicketMessageOut]]
