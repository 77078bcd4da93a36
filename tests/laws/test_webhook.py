"""What we or the reference package sign, the other accepts; nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
from hypothesis import given
from hypothesis import strategies as st

from domain.subscription.webhook import (
    SignatureError,
    retry_after,
    signed_headers,
    verify,
)
from tests.support.webhooks import INSTANT, SECRET, headers

DATE_PARTS = ["Wed,", "21", "Oct", "2015", "07:28:00", "7:", "+9999999999", "-0000"]
HOSTILE_DATES = st.lists(st.sampled_from([*DATE_PARTS, "99", "()", ""])).map(" ".join)
IDS = st.text("abcXYZ019_-", min_size=1)


@given(IDS, st.integers(0, 10**12 - 1), st.binary(), st.binary(min_size=1))
def test_what_we_sign_we_verify_and_any_other_body_we_refuse(mid, ts, body, more):
    ours = signed_headers(SECRET, mid, ts, body)
    verify(SECRET, ours, body, ts)
    with pytest.raises(SignatureError):
        verify(SECRET, ours, body + more, ts)


@given(st.dictionaries(IDS, st.integers()))
def test_the_reference_package_accepts_what_we_sign(payload):
    body = json.dumps(payload).encode()
    now = int(datetime.now(UTC).timestamp())
    other = standardwebhooks.Webhook(SECRET.reveal())
    assert other.verify(body, signed_headers(SECRET, "msg_1", now, body)) == payload


@given(IDS, st.datetimes(datetime(1970, 1, 2), datetime(9000, 1, 1)), st.text())  # noqa: DTZ001
def test_we_accept_what_the_reference_package_signs(message_id, naive, text):
    at = naive.replace(tzinfo=UTC)
    ts = int(at.timestamp())
    theirs = standardwebhooks.Webhook(SECRET.reveal()).sign(message_id, at, text)
    verify(SECRET, headers(theirs, str(ts), message_id), text.encode(), ts)


@given(st.text() | HOSTILE_DATES)
def test_hostile_retry_after_text_never_raises(header):
    asked = retry_after(header, INSTANT)
    assert asked is None or asked >= timedelta(0)
