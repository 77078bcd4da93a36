"""Any schedule written as a calendar and read again is the same schedule."""

from datetime import timedelta

from hypothesis import given, settings

from api.oncall.ical import calendar_text
from domain.oncall.shifts import shifts
from tests.laws.test_oncall import plans, windows
from tests.support.ical import NOW, joined, taken_in


@settings(max_examples=60)
@given(plan=plans(), window=windows())
def test_any_schedule_is_the_same_after_the_way_there_and_back(plan, window):
    given_out = shifts(plan, *window)
    if given_out:
        back = taken_in(calendar_text("front", given_out, NOW))
        wide = window[0] - timedelta(days=9), window[1] + timedelta(days=9)
        assert joined(shifts(back, *wide)) == joined(given_out)
