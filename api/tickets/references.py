"""Which ticket a request means, and as of when."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query

from api.http.fields import Instant
from api.ports import Services
from domain.errors import InvalidError, NotFoundError

MOST_DIGITS = 18
CLOCKS_DIFFER = timedelta(seconds=5)
"""So much may the caller's clock be ahead of ours."""
AsOf = Annotated[
    Instant | None, Query(description="An instant from the opening of the ticket on")
]
KnownAt = Annotated[Instant | None, Query()]


async def ticket_id_of(known: Services, text: str) -> str:
    """The id of the ticket that is named by its id or by its number."""
    if not text.isascii() or not text.replace("-", "").isalnum():
        raise NotFoundError("ticket", text.encode("ascii", "replace").decode()[:64])
    if not text.isdigit():
        return text
    found = await _of_number(known, int(text)) if len(text) <= MOST_DIGITS else None
    if found is None:
        raise NotFoundError("ticket", text)
    return found


async def _of_number(known: Services, number: int) -> str | None:
    if found := await known.tickets.id_of(number):
        return found
    # It may have been opened a moment ago.
    await known.tickets.wait_for(await known.feed.head())
    return await known.tickets.id_of(number)


def past(
    known: Services, at: datetime | None, pointer: str = "?as_of"
) -> datetime | None:
    """What will be is not known: raises InvalidError for a time in the future."""
    if at is None or at <= (now := known.now()):
        return at
    if at - now > CLOCKS_DIFFER:
        message = f"{at.isoformat()} lies in the future: now it is {now.isoformat()}"
        raise InvalidError.at(pointer, message)
    return now
