"""Calendars as documents, and the question that tries one out.

Only the outline is checked here; `domain` reads the rest, and names all that is wrong
in one answer.
"""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Discriminator, Field, JsonValue, Tag, WithJsonSchema

from api.http.answers import Answer, Made
from api.http.fields import (
    DISPLAYED,
    Duration,
    Identifier,
    Instant,
    Line,
    PlainJson,
    Strict,
    example,
)
from api.http.warning import WarningOut

WINDOWS: dict[str, JsonValue] = {
    "type": "array",
    "items": {
        "type": "array",
        "items": {"type": "string"},
        "examples": [["09:00", "17:00"]],
    },
    "description": (
        "[opening, closing]; up to 24:00, or past midnight if closing is earlier than "
        "opening"
    ),
}


def _members(schema: dict[str, JsonValue], description: str) -> WithJsonSchema:
    properties = {"type": "object", "additionalProperties": schema}
    return WithJsonSchema({**properties, "description": description})


Days = Annotated[
    dict[str, Any],
    PlainJson,
    _members(WINDOWS, "By `mon` to `sun`; a day that is left out is closed"),
]
Dates = Annotated[
    dict[str, Any], PlainJson, _members(WINDOWS, "By date, for example 2026-12-24")
]
Holidays = Annotated[
    list[Any],
    PlainJson,
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": ["string", "object"]},
            "description": (
                "`2026-10-01`, `05-01`, `{from, to}`, `{yearly}`, `{dates}`, or from a "
                "source, with `except` dates: `{package: chinesecalendar, "
                "years?, hours?}`, `{package: holidays, country, subdivision?, "
                "years?, hours?}`, "
                "`{ical}` with the text of an iCalendar file"
            ),
        }
    ),
]


class CalendarIn(Strict):
    """For one date, a break takes precedence over a holiday, a holiday over a shift, a
    shift over the weekly hours. A make-up working day of a package becomes a shift with
    the `hours` of the entry, or Monday's.
    """

    model_config = example(
        tz="Asia/Shanghai",
        hours={
            "mon": [["09:00", "12:00"], ["13:30", "18:00"]],
            "tue": [["09:00", "18:00"]],
        },
        holidays=[
            "2026-10-01",
            {"from": "2026-10-02", "to": "2026-10-07"},
            {"yearly": "05-01"},
            {"package": "chinesecalendar"},
        ],
        shifts={"2026-10-12": [["10:00", "16:00"]]},
        breaks={"2026-12-29": [["13:00", "15:00"]]},
    )
    name: Line | None = Field(default=None, description=DISPLAYED)
    tz: Line
    hours: Days = Field(default={})
    holidays: Holidays = Field(default=[])
    shifts: Dates = Field(default={})
    breaks: Dates = Field(default={})


def _form(value: object) -> str:
    return "name" if isinstance(value, str) else "document"


class CalendarPauseIn(Strict):
    """Half-open; without `to` it lasts until further notice."""

    from_: Instant = Field(alias="from")
    to: Instant | None = None


class EvaluationIn(Strict):
    """`calendar`: a document, the name of a published calendar, or `always`. Give
    either `budget` or `end`.
    """

    model_config = example(
        calendar={"tz": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]}},
        start="2026-01-12T10:00:00+01:00",
        budget="PT8H",
        pauses=[
            {"from": "2026-01-12T16:00:00+01:00", "to": "2026-01-13T07:30:00+01:00"}
        ],
    )
    calendar: Annotated[
        Annotated[CalendarIn, Tag("document")] | Annotated[Identifier, Tag("name")],
        Discriminator(_form),
    ]
    start: Instant
    budget: Duration | None = None
    end: Instant | None = None
    pauses: list[CalendarPauseIn] = Field(default=[], max_length=1_000)


class SegmentOut(Answer):
    begin: Made[datetime] = Field(alias="from")
    end: Made[datetime] = Field(alias="to")


class EvaluationOut(Answer):
    """Times have the offset of the calendar's zone. With `budget`: the first instant at
    which it is used up, and the last at which it is not exceeded. With `end`: the
    business time until then. `segments`: the business time without the pauses;
    `segments_cut`: there are more.
    """

    due_at: Made[datetime | None]
    breach_at: Made[datetime | None]
    elapsed: Made[str | None]
    segments: Made[list[SegmentOut]]
    cut: bool = Field(alias="segments_cut")
    warnings: Made[list[WarningOut]]
