"""What a schedule gives out as a calendar, it takes in again and means the same."""

from api.oncall.ical import calendar_text
from domain.oncall.override import Leave
from domain.oncall.shifts import shifts
from tests.support.ical import NOW, joined, taken_in
from tests.support.oncall import at, layer, override, plan


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
