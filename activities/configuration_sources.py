"""Data from others that is looked up before a document is published or simulated."""

import asyncio
from datetime import date
from typing import Protocol, TypeAlias

from domain.calendar.holiday_sources import Expansion, Found, HolidaySource, expand
from domain.configuration.bundle import Documents, Named
from domain.documents.kinds import Kind
from domain.errors import InvalidError
from domain.event import Json
from domain.oncall.shift_sources import (
    FoundShifts,
    ShiftExpansion,
    ShiftSource,
    spell_out,
)

Expanded: TypeAlias = Expansion | ShiftExpansion


class Sources(Protocol):
    """The public holidays known to the packages, and a reader of iCalendar texts."""

    def look_up(self, source: HolidaySource, today: date) -> Found:
        """Raises InvalidError for unknown sources."""

    def shifts(self, source: ShiftSource, today: date) -> FoundShifts:
        """Raises InvalidError for an invalid iCalendar text."""


async def expanded(document: Json, sources: Sources, today: date) -> Expansion:
    """A calendar with its holidays looked up, off the loop: packages take a while."""
    return await asyncio.to_thread(
        expand, document, lambda source: sources.look_up(source, today)
    )


async def spelled_out(document: Json, sources: Sources, today: date) -> ShiftExpansion:
    """A schedule with its texts read, off the loop."""
    return await asyncio.to_thread(
        spell_out, document, lambda source: sources.shifts(source, today)
    )


async def all_looked_up(
    documents: Documents, sources: Sources, today: date
) -> dict[Named, Expanded]:
    """Raises InvalidError that points to `/<kind>/<name>/…`."""
    found: dict[Named, Expanded] = {}
    for (kind, name), document in documents.items():
        try:
            made = await looked_up(kind, document, sources, today)
        except InvalidError as error:
            raise error.under(f"/{kind}/{name}") from error
        if made is not None:
            found[kind, name] = made
    return found


async def looked_up(
    kind: Kind, document: Json, sources: Sources, today: date
) -> Expanded | None:
    if kind == "calendars":
        return await expanded(document, sources, today)
    if kind == "schedules":
        return await spelled_out(document, sources, today)
    return None
