"""Calendars as a text, and the shifts that are taken in from one."""

from collections.abc import Iterable
from datetime import UTC, datetime

from domain.oncall.plan import Plan
from domain.oncall.shift_people import people_of
from domain.oncall.shift_sources import spell_out
from domain.oncall.shifts import Shift
from infra.calendars.sources import InstalledSources
from tests.support.oncall import PEOPLE, REF

NOW = datetime(2026, 3, 2, tzinfo=UTC)
AGENTS = {name: {"name": name.title()} for name in (*PEOPLE, "ann", "bo")}


def taken_in(text: bytes) -> Plan:
    document = {"tz": "Asia/Tokyo", "layers": [{"name": "in", "ical": text.decode()}]}
    sources = InstalledSources()
    expansion = spell_out(document, lambda s: sources.shifts(s, NOW.date()))
    assert expansion.warnings == ()
    return Plan.of(expansion.schedule(REF, people_of(AGENTS))[0])


def joined(found: Iterable[Shift]) -> list[tuple[str, datetime, datetime]]:
    """Without the reasons: a layer imported tells nothing of turns and overrides."""
    spans: list[tuple[str, datetime, datetime]] = []
    for person, begin, end in sorted((s.person, s.begin, s.end) for s in found):
        follows = bool(spans) and spans[-1][::2] == (person, begin)
        spans.append((person, spans.pop()[1] if follows else begin, end))
    return spans


def event(*lines, uid="1"):
    return ["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"]


def calendar(*events):
    lines = [line for found in events for line in found]
    return "\r\n".join(
        ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", *lines, "END:VCALENDAR", ""]
    )
