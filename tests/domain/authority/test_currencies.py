"""A currency is one of ISO 4217; what people write instead is pointed out."""

import pytest

from domain.authority.currencies import CURRENCIES, OTHERWISE_CALLED, currency_fault


@pytest.mark.parametrize("code", ["CNY", "EUR", "USD", "JPY", "HKD", "XOF"])
def test_a_code_is_taken(code):
    assert currency_fault(code) is None


@pytest.mark.parametrize(
    ("written", "meant"),
    [("RMB", "CNY"), ("cny", "CNY"), ("NTD", "TWD"), ("EURO", "EUR"), ("USDD", "USD")],
)
def test_what_is_no_code_is_answered_with_the_one_that_was_meant(written, meant):
    assert currency_fault(written) == (
        f"{written!r} is not an ISO 4217 currency, for example CNY;"
        f" did you mean {meant!r}?"
    )


def test_what_is_meant_exists():
    assert set(OTHERWISE_CALLED.values()) <= CURRENCIES
    assert not set(OTHERWISE_CALLED) & CURRENCIES
