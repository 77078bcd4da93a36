"""What a schedule gives out as a calendar, it takes in again and means the same."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings

from api.oncall.ical import calendar_text
from domain.oncall.override import Leave
from domain.oncall.plan import Plan
from domain.oncall.shift_people import people_of
from domain.oncall.shift_sources import spell_out
from domain.oncall.shifts import Shift, shifts
from infra.calendars.sources import InstalledSources
from tests.domain.oncall import REF, at, layer, override, plan
from tests.domain.test_oncall_laws import PEOPLE, plans, windows

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


@settings(max_examples=60, deadline=None)
@given(plan=plans(), window=windows())
def test_any_schedule_is_the_same_after_the_way_there_and_back(plan, window):
    given_out = shifts(plan, *window)
    if given_out:
        back = taken_in(calendar_text("front", given_out, NOW))
        wide = window[0] - timedelta(days=9), window[1] + timedelta(days=9)
        assert joined(shifts(back, *wide)) == joined(given_out)


def test_overrides_and_leaves_are_shifts_on_the_way_back():
    away = Leave(person="bo", begin=at(30), end=at(36))
    changes = (override("replace", "ann", 26, 28, replaces="bo", reason="a, b; c"),)
    made = plan(layer("ann", "bo"), changes=changes, leaves=(away,))
    back = taken_in(calendar_text("front", shifts(made, at(0), at(48)), NOW))
    assert joined(shifts(back, at(0), at(48))) == [
        ("ann", at(0), at(24)),
        ("ann", at(26), at(28)),
        ("ann", at(30), at(36)),
        ("bo", at(24), at(26)),
        ("bo", at(28), at(30)),
        ("bo", at(36), at(48)),
    ]
