"""The links in a message by which its reader answers without a key.

A link names one notification and one action, so it does exactly what the message asked
of exactly this person. It is valid as long as that is still asked, and at most for
`LASTS`. It is signed with a key derived from the installation's; whoever has the link
can use it, as with the message itself.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal, cast, get_args

from domain.notification.facts import Cause

Action = Literal["acknowledge", "accept", "decline", "approve", "reject"]
ACTIONS: tuple[Action, ...] = get_args(Action)
OFFERED: Mapping[Cause, tuple[Action, ...]] = {
    "step": ("acknowledge",),
    "offered": ("accept", "decline"),
    "unanswered": ("accept",),
    "approval": ("approve", "reject"),
}
"""The actions offered to the reader of a message with this cause."""
LASTS = timedelta(days=7)
_PURPOSE = b"pledge: links in messages"
_SIGNATURE_BYTES = 16


@dataclass(frozen=True, kw_only=True)
class Link:
    notification: str
    action: Action
    expires_at: datetime


class LinkError(ValueError):
    """The link was not made by this installation, or is incomplete."""


def sign_link(key: bytes, link: Link) -> str:
    """As a part of a URL. `key`: that of the installation, which never leaves it."""
    fields = [link.notification, link.action, int(link.expires_at.timestamp())]
    payload = json.dumps(fields, separators=(",", ":")).encode()
    return f"{_text(payload)}.{_text(_signature(key, payload))}"


def read_link(key: bytes, token: str) -> Link:
    """Also one that has expired. Raises LinkError."""
    payload, signature = (_bytes(part) for part in _two(token))
    if not hmac.compare_digest(signature, _signature(key, payload)):
        raise LinkError
    notification, action, expires = json.loads(payload)
    return Link(
        notification=notification,
        action=cast("Action", action),
        expires_at=datetime.fromtimestamp(expires, UTC),
    )


def _signature(key: bytes, payload: bytes) -> bytes:
    bound = hmac.digest(key, _PURPOSE, hashlib.sha256)
    return hmac.digest(bound, payload, hashlib.sha256)[:_SIGNATURE_BYTES]


def _two(token: str) -> tuple[str, str]:
    payload, dot, signature = token.partition(".")
    if not dot:
        raise LinkError
    return payload, signature


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode("ascii").rstrip("=")


def _bytes(text: str) -> bytes:
    try:
        padded = text.encode("ascii") + b"=" * (-len(text) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise LinkError from error
