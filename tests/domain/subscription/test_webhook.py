"""The published values of Standard Webhooks, and the reference package as other side.

Beware: the package signs an aware datetime that is not UTC for the wrong second and
raises on a malformed entry before a valid one, so it gets neither here.
"""

from datetime import timedelta, timezone

import pytest

from domain.subscription.webhook import (
    HeaderError,
    Secret,
    SecretError,
    SignatureError,
    TimestampError,
    WebhookError,
    retry_after,
    sign,
    verify,
)
from tests.support.webhooks import BASE, INSTANT, NOW, PUBLISHED, SECRET, VALID, headers

BODY = BASE["payload"].encode()


@pytest.mark.parametrize("case", PUBLISHED["sign"], ids=lambda case: case["name"])
def test_the_published_signatures_are_reproduced(case):
    body = case["payload"].encode()
    secret = Secret.parse(case["secret"])
    assert sign(secret, case["msg_id"], case["timestamp"], body) == case["expected"]


@pytest.mark.parametrize(
    "case", PUBLISHED["sign_must_fail"], ids=lambda case: case["why"]
)
def test_a_timestamp_that_is_no_whole_number_is_neither_signed_nor_verified(case):
    with pytest.raises(HeaderError):
        sign(SECRET, "msg_1", case["timestamp"], BODY)
    with pytest.raises(HeaderError):
        verify(SECRET, headers(timestamp=case["timestamp"]), BODY, NOW)


@pytest.mark.parametrize(
    "case", PUBLISHED["verify"]["cases"], ids=lambda case: case["name"]
)
def test_the_published_signature_headers_are_judged_as_published(case):
    given_headers = headers(case["webhook-signature"])
    if case["ok"]:
        verify(SECRET, given_headers, BODY, NOW)
    else:
        with pytest.raises(SignatureError):
            verify(SECRET, given_headers, BODY, NOW)


def test_the_published_wrong_signature_of_another_message_is_refused():
    extra = PUBLISHED["verify"]["extra"]
    base = extra["base"]
    with pytest.raises(SignatureError):
        verify(
            Secret.parse(base["secret"]),
            headers(extra["webhook-signature"], str(base["timestamp"]), base["msg_id"]),
            base["payload"].encode(),
            base["timestamp"],
        )


@pytest.mark.parametrize("case", PUBLISHED["secrets"], ids=lambda case: case["secret"])
def test_the_published_secrets_are_read_as_published(case):
    if case["ok"]:
        assert Secret.parse(case["secret"]) == Secret.parse(case["equals"])
    else:
        with pytest.raises(SecretError):
            Secret.parse(case["secret"])


@pytest.mark.parametrize("text", ["whsec_a", "whsec_!!!!", "whsec_äöü", "whsec_ab cd"])
def test_a_secret_that_is_not_base64_is_refused(text):
    with pytest.raises(SecretError):
        Secret.parse(text)


@pytest.mark.parametrize(
    ("length", "ok"), [(23, False), (24, True), (64, True), (65, False)]
)
def test_a_new_secret_has_24_to_64_bytes(length, ok):
    key = bytes(range(length))
    if ok:
        assert Secret.parse(Secret.new(key).reveal()).key == key
    else:
        with pytest.raises(SecretError):
            Secret.new(key)


def test_a_secret_does_not_show_its_key_in_a_log():
    assert repr(SECRET) == "Secret()"


@pytest.mark.parametrize("age_s", [-300, 0, 300])
def test_a_message_of_exactly_the_tolerated_age_is_accepted(age_s):
    verify(SECRET, headers(), BODY, NOW + age_s)


@pytest.mark.parametrize(("age_s", "side"), [(-301, "new"), (301, "old")])
def test_a_message_one_second_past_the_tolerance_is_refused(age_s, side):
    with pytest.raises(TimestampError, match=f"too {side}: 301 s"):
        verify(SECRET, headers(), BODY, NOW + age_s)


@pytest.mark.parametrize(
    "junk", ["v1", ",", "v1,ä", "v1,\ud800", "v1a,AAAA", "", "v1,a,b"]
)
def test_a_malformed_entry_does_not_hide_a_valid_one(junk):
    verify(SECRET, headers(f"{junk} {VALID}"), BODY, NOW)
    with pytest.raises(SignatureError):
        verify(SECRET, headers(f"{junk} v1,AAAA"), BODY, NOW)


@pytest.mark.parametrize(
    "name", ["webhook-id", "webhook-timestamp", "webhook-signature"]
)
def test_a_missing_header_is_named(name):
    with pytest.raises(HeaderError, match=name):
        verify(SECRET, {**headers(), name: ""}, BODY, NOW)
    with pytest.raises(HeaderError, match=name):
        verify(SECRET, {k: v for k, v in headers().items() if k != name}, BODY, NOW)


def test_the_case_of_header_names_does_not_matter():
    verify(SECRET, {k.title(): v for k, v in headers().items()}, BODY, NOW)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nb", "ä"])
def test_an_id_that_could_move_the_signed_boundary_is_refused(message_id):
    with pytest.raises(HeaderError, match="webhook-id"):
        sign(SECRET, message_id, NOW, BODY)


@pytest.mark.parametrize(
    "case",
    [case for case in PUBLISHED["retry_after_parse"] if "header" in case],
    ids=lambda case: str(case["header"]),
)
def test_the_published_retry_after_values_are_read_as_published(case):
    asked = retry_after(case["header"], INSTANT - timedelta(seconds=90))
    if case.get("means") == "that instant":
        assert asked == timedelta(seconds=90)
    elif "seconds" in case:
        assert asked == timedelta(seconds=case["seconds"])
    else:
        assert asked is None


@pytest.mark.parametrize(
    "header",
    [
        "Wed, 21 Oct 2015 07:28:00 GMT",
        "Wednesday, 21-Oct-15 07:28:00 GMT",
        "Wed Oct 21 07:28:00 2015",
    ],
)
def test_all_three_date_forms_of_rfc_9110_mean_utc(header):
    elsewhere = timezone(timedelta(hours=8))
    before = (INSTANT - timedelta(minutes=2)).astimezone(elsewhere)
    assert retry_after(header, before) == timedelta(minutes=2)


def test_a_date_in_the_past_means_no_wait():
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert retry_after(past, INSTANT + timedelta(days=1)) == timedelta(0)


@pytest.mark.parametrize(
    "header", ["-5", "inf", "nan", "1e9", "٣", "9" * 400, "", "1_0"]
)
def test_a_number_that_is_no_delay_says_nothing(header):
    assert retry_after(header, INSTANT) is None


def test_every_refusal_is_a_webhook_error():
    for error in (SecretError, HeaderError, TimestampError, SignatureError):
        assert issubclass(error, WebhookError)
