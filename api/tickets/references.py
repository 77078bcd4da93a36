"""Which ticket a request means, and as of when."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import Query

from activities.tickets import check_opened
from api.http.fields import Instant
from api.ports import Services
from domain.errors import InvalidError, NotFoundError

__all__ = ["AsOf", "check_opened", "past", "ticket_id_of"]
MOST_DIGITS = 18
CLOCKS_DIFFER = timedelta(seconds=5)
"""So much may the caller's clock be ahead of ours."""
AsOf = Annotated[
    Instant | None, Query(description="An instant from the opening of the ticket on")
]


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


def past(known: Services, as_of: datetime | None) -> datetime | None:
    """What will be is not known: raises InvalidError for a time in the future."""
    if as_of is None or as_of <= (now := known.now()):
        return as_of
    if as_of - now > CLOCKS_DIFFER:
        message = f"{as_of.isoformat()} lies in the future: now it is {now.isoformat()}"
        raise InvalidError.at("?as_of", message)
    return now
