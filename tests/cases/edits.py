"""What an event says is new in the calendar or in the policy of its ticket."""

import re

from domain.event import Json
from tests.cases.model import Event
from tests.cases.ticket_policy import TARGET

EDITED = re.compile(
    r"(policy|sla|targets?|calendar|schedule|hours|holiday|timezone)\b.*"
)
REMOVED = re.compile(r".*(removed|deleted|no longer matches)")
CALENDAR_FIELDS = ("tz", "hours", "holidays", "shifts", "breaks")
DAY = ("date", "day", "holiday")


def is_edit(word: str) -> bool:
    return EDITED.fullmatch(word.replace("_", " ")) is not None


def removes(word: str) -> bool:
    return is_edit(word) and REMOVED.match(word.replace("_", " ")) is not None


def new_calendar(event: Event, form: Json) -> Json:
    """The fields of the calendar that change; a single day is one more holiday."""
    given = [event, event.get("to"), event.get("new"), event.get("calendar")]
    new = {
        name: fields[name]
        for fields in given
        if isinstance(fields, dict)
        for name in CALENDAR_FIELDS
        if name in fields
    }
    days = [event[name] for name in DAY if name in event]
    return {**new, "holidays": [*form.get("holidays", []), *days]} if days else new


def new_targets(event: Event) -> Json:
    given = [event, event.get("to"), event.get("new"), event.get("targets")]
    return {
        name: value
        for fields in given
        if isinstance(fields, dict)
        for name, value in fields.items()
        if TARGET.fullmatch(name)
    }
