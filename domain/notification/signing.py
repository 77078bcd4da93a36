"""The secret that signs the messages to a person's own webhook.

It is derived and not stored: HKDF-SHA256 (RFC 5869) from the key of the installation,
one block, bound to the person and to the version that their document names. So a higher
version makes another secret, and no secret reveals another.
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
