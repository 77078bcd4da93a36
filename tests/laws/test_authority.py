"""Amounts are compared exactly."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import parse_authority
from tests.support.money import cny


@given(st.integers(0, 10**16), st.integers(1, 10**16))
def test_amounts_are_compared_exactly(limit, amount):
    """A ten-thousandth more is more, also where a float would not see it."""

    def text(units):
        return f"{units // 10_000}.{units % 10_000:04}"

    authority = parse_authority("r", {"refund": cny(text(min(limit, 10**15)))})
    exact = Decimal(min(limit, 10**15)) / 10_000
    assert authority.limits["refund"].amount == exact
    assert (Decimal(text(amount)) <= exact) == (amount <= min(limit, 10**15))
