"""When the events of a case happen.

Times are instants, wall times of the case's zone, or symbols (`T0-6h`). Events that a
source lists before the creation of its ticket (a pause that was copied from another)
hold at the creation.
"""

import re
from datetime import UTC, datetime, timedelta

from tests.cases.model import Case, Event, UndrivableError, dated

T0 = datetime(2026, 1, 12, 12, tzinfo=UTC)
SYMBOL = re.compile(r"T0(?:([+-])(\d+)(min|m|h|s|d)\b)?")
SYMBOL_S = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
CREATED = re.compile(r"(ticket )?created")


def words_of(event: Event) -> tuple[str, ...]:
    """`agent_reply+pause` is two things at one instant."""
    return tuple(str(event["type"]).split("+"))


def symbolic(text: str) -> datetime | None:
    """The instant of a text that begins with T0, as far as it can be read."""
    found = SYMBOL.match(text)
    if found is None:
        return None
    sign, amount, unit = found.groups()
    seconds = int(amount) * SYMBOL_S[unit] if amount else 0
    return T0 + timedelta(seconds=-seconds if sign == "-" else seconds)


def time_of(event: Event, case: Case) -> datetime | None:
    return dated(event, case) or symbolic(str(event.get("at")))


def in_time(case: Case) -> list[Event]:
    """In the order of their times, if all have one; the creation comes first."""
    events: list[Event] = case["events"]
    if not events:
        raise UndrivableError("nothing happens")
    if not all(isinstance(event, dict) for event in events):
        raise UndrivableError("events in words only")
    times = [time_of(event, case) for event in events]
    known = [at for at in times if at is not None]
    if len(known) == len(events):
        order = sorted(range(len(events)), key=lambda i: (known[i], i))
        events = [events[i] for i in order]
    return sorted(events, key=lambda event: not CREATED.match(words_of(event)[0]))
