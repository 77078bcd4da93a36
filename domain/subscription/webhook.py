"""Standard Webhooks 1.0, symmetric half: sign a delivery, verify one, read its answer.

Scheme ``v1`` is HMAC-SHA256 over ``{id}.{timestamp}.{body bytes}``. Source:
https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
Timestamps are whole Unix seconds, the time of the *attempt*; ``now`` is an argument.
Invariant: what `signed_headers` makes, `verify` accepts, and any other reader of the
specification too. Absent on purpose: ``v1a`` (Ed25519), clocks, sending.

Errors: WebhookError ─┬─ SecretError
                      ├─ HeaderError      missing or malformed
                      ├─ TimestampError   too old or too new
                      └─ SignatureError   nothing in the list matches
"""

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, Self

ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"

_PREFIX: Final = "whsec_"
_NEW_KEY_BYTES: Final = range(24, 64 + 1)
_TIMESTAMP: Final = re.compile(r"[0-9]{1,12}")
_DELAY_SECONDS: Final = re.compile(r"[0-9]{1,10}(\.[0-9]{1,9})?")
# Printable ASCII without the full stop: with one, the id "a.1" at time 2 and the id
# "a" at time 1 can sign the same bytes (specification, "Signature scheme").
_MESSAGE_ID: Final = re.compile(r"[!-\-/-~]+")


class WebhookError(Exception):
    """Root of what can be wrong with a secret or a signed message."""


class SecretError(WebhookError):
    pass


class HeaderError(WebhookError):
    def __init__(self, name: str) -> None:
        super().__init__(f"the header {name} is missing or malformed")
        self.name = name


class TimestampError(WebhookError):
    def __init__(self, age_s: int, tolerance_s: int) -> None:
        side = "old" if age_s > 0 else "new"
        super().__init__(
            f"the message is too {side}: {abs(age_s)} s from now, "
            f"{tolerance_s} s are tolerated"
        )
        self.age_s = age_s


class SignatureError(WebhookError):
    def __init__(self) -> None:
        super().__init__("no signature in the list matches")


@dataclass(frozen=True, slots=True)
class Secret:
    """A signing key; its bytes stay out of `repr`, hence out of logs."""

    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not self.key:
            raise SecretError("a webhook secret may not be empty")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a secret somebody else made: any length, prefix and padding optional.

        Raises `SecretError`.
        """
        encoded = text.removeprefix(_PREFIX).rstrip("=")
        padding = "=" * (-len(encoded) % 4)
        try:
            return cls(base64.b64decode(encoded + padding, validate=True))
        except ValueError as error:
            raise SecretError("a webhook secret is base64 after whsec_") from error

    @classmethod
    def new(cls, key: bytes) -> Self:
        """Take 24 to 64 random bytes as a new secret. Raises `SecretError`."""
        if len(key) not in _NEW_KEY_BYTES:
            raise SecretError(f"a new secret has 24 to 64 bytes, not {len(key)}")
        return cls(key)

    def reveal(self) -> str:
        """Return the form shown to the receiver, ``whsec_…``."""
        return _PREFIX + base64.b64encode(self.key).decode()


def sign(secret: Secret, message_id: str, timestamp: int, body: bytes) -> str:
    """Return one entry of the signature header, ``v1,…``.

    Raises `HeaderError` for an id that is empty, holds a full stop or does not fit in
    a header, or for a timestamp before 1970.
    """
    if not _MESSAGE_ID.fullmatch(message_id):
        raise HeaderError(ID_HEADER)
    if not _TIMESTAMP.fullmatch(str(timestamp)):
        raise HeaderError(TIMESTAMP_HEADER)
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.digest(secret.key, content, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def signed_headers(
    secret: Secret, message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three headers of an attempt; a retry keeps the id, not the time."""
    return {
        ID_HEADER: message_id,
        TIMESTAMP_HEADER: str(timestamp),
        SIGNATURE_HEADER: sign(secret, message_id, timestamp, body),
    }


def verify(
    secret: Secret,
    headers: Mapping[str, str],
    body: bytes,
    now: int,
    tolerance_s: int = 300,
) -> None:
    """Pass if an entry of the signature list fits; exactly `tolerance_s` still does.

    `now` is in Unix seconds. Names are compared without case. Entries of other
    versions and malformed ones are skipped. Raises `HeaderError`, `TimestampError`
    or `SignatureError`.
    """
    given = {name.lower(): value for name, value in headers.items()}
    for name in (ID_HEADER, TIMESTAMP_HEADER, SIGNATURE_HEADER):
        if not given.get(name):
            raise HeaderError(name)
    timestamp = _timestamp(given[TIMESTAMP_HEADER])
    if abs(now - timestamp) > tolerance_s:
        raise TimestampError(now - timestamp, tolerance_s)
    expected = sign(secret, given[ID_HEADER], timestamp, body).encode()
    entries = given[SIGNATURE_HEADER].encode(errors="replace").split(b" ")
    if not any(hmac.compare_digest(expected, entry) for entry in entries):
        raise SignatureError


def _timestamp(text: str) -> int:
    if not _TIMESTAMP.fullmatch(text):
        raise HeaderError(TIMESTAMP_HEADER)
    return int(text)


def retry_after(header: str | None, now: datetime) -> timedelta | None:
    """How long the answer asks us to wait (RFC 9110, 10.2.3); None if it does not say.

    Seconds, with a fraction or not, are rounded up; a date in the past is zero. The
    wish is not bounded here: the caller's schedule does that. `now` is aware.
    """
    text = (header or "").strip()
    if _DELAY_SECONDS.fullmatch(text):
        return timedelta(seconds=math.ceil(float(text)))
    try:
        instant = parsedate_to_datetime(text)
        if instant.tzinfo is None:  # the asctime form and "-0000" mean UTC
            instant = instant.replace(tzinfo=UTC)
        return max(instant - now, timedelta(0))
    except (ValueError, OverflowError, IndexError, TypeError):
        return None  # the parser raises all of these on hostile text
