"""The header of an event: bytes that are fixed for ever."""

from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.audit.leaf import Leaf, LeafError, microseconds

STATE = sha256(b"state").digest()
AT = datetime(2026, 11, 30, 8, 0, 0, 123456, tzinfo=UTC)
LEAF = Leaf(3, 4711, "t-1", 2, "ticket.opened", microseconds(AT), STATE)
U64, I64 = st.integers(0, 2**64 - 1), st.integers(-(2**63), 2**63 - 1)
LEAVES = st.builds(
    Leaf, U64, U64, st.text(), U64, st.text(), I64, st.binary(min_size=32, max_size=32)
)


def test_the_header_is_what_it_has_been_since_the_first_log():
    assert LEAF.header == (
        b"\x00\x08pledge/1"
        b"\x00\x00\x00\x00\x00\x00\x00\x03"
        b"\x00\x00\x00\x00\x00\x00\x12\x67"
        b"\x00\x03t-1"
        b"\x00\x00\x00\x00\x00\x00\x00\x02"
        b"\x00\x0dticket.opened" + (1796025600123456).to_bytes(8, "big") + STATE
    )
    assert LEAF.hash == sha256(b"\x00" + LEAF.header).digest()


def test_the_time_is_kept_to_the_microsecond_in_any_zone():
    shanghai = AT.astimezone(timezone(timedelta(hours=8)))
    assert microseconds(shanghai) == microseconds(AT)
    assert LEAF.recorded_at == AT


@given(LEAVES)
def test_every_header_is_read_back(leaf):
    assert Leaf.parse(leaf.header) == leaf


@given(LEAVES, LEAVES)
def test_two_events_never_have_one_header(one, other):
    assert (one == other) == (one.header == other.header)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        LEAF.header[:-1],
        LEAF.header + b"\x00",
        LEAF.header.replace(b"pledge/1", b"pledge/2"),
        LEAF.header.replace(b"\x00\x03t-1", b"\x00\x04t-1"),
        LEAF.header.replace(b"t-1", b"\xff-1"),
    ],
)
def test_what_is_no_header_is_refused(header):
    with pytest.raises(LeafError):
        Leaf.parse(header)
