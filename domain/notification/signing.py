"""By which secret the messages to a person's own endpoint are signed.

It is derived and kept nowhere: HKDF-SHA256 (RFC 5869) from the key of the installation,
of one block, bound to the person and to the version that their document names. So a
higher version makes another secret, and no secret tells of any other.
"""

import hashlib
import hmac
import json

from domain.subscription.webhook import Secret

_SALT = b"pledge: webhooks of people"


def personal_secret(key: bytes, person: str, version: int) -> Secret:
    """`key`: that of the installation, which never leaves it."""
    info = json.dumps([person, version]).encode()
    extracted = hmac.digest(_SALT, key, hashlib.sha256)
    return Secret.new(hmac.digest(extracted, info + b"\x01", hashlib.sha256))
