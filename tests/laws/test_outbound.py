"""Whatever Python calls a special address is out of reach."""

from hypothesis import given
from hypothesis import strategies as st

from infra.http.outbound import refusal


@given(st.ip_addresses())
def test_no_address_that_python_calls_special_is_reachable(address):
    if address.is_multicast or not address.is_global:
        assert refusal(getattr(address, "ipv4_mapped", None) or address)
