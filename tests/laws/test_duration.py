"""A duration that is written is read back."""

from hypothesis import given
from hypothesis import strategies as st

from domain.duration import LONGEST, format_duration, parse_duration


@given(st.timedeltas(-LONGEST, LONGEST))
def test_what_is_written_is_read_back_to_the_microsecond(length):
    assert parse_duration(format_duration(length)) == length
