"""Personal fields of events, encrypted with a key of the person they are about.

A field is encrypted before the event is written and hashed, so that destroying the
person's key erases the field while every proof over the log stays valid. The key of one
field is derived from the person's key, the event and the field's place: an auditor can
be given the key of one field and nothing else, and check it against the stored bytes
(ADR 0029).
"""

import base64
import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import UnreadableError
from domain.personal import ERASED

KEY_ID_BYTES = 16
SALT_BYTES = 16
NONCE_BYTES = 12
COMMITMENT_BYTES = 32
Keys = Mapping[str, bytes | None]
"""The persons' keys by their ids; None = the key was destroyed."""


@dataclass(frozen=True)
class PersonKey:
    """256 bits of one person. `wrapped`: as it is stored, encrypted with the master
    key.
    """

    id: str
    subject: str
    secret: bytes
    wrapped: bytes


class Where:
    """The places of one event's fields, from which nobody can move them away."""

    def __init__(self, stream_id: str, version: int, topic: str) -> None:
        self._event = _part(stream_id) + _part(str(version)) + _part(topic)

    def associated_data(self, pointer: str) -> bytes:
        """`pointer`: a JSON pointer into the fact."""
        return self._event + _part(pointer)


def _part(text: str) -> bytes:
    """With its length before it, so that no two places are alike."""
    encoded = text.encode()
    return len(encoded).to_bytes(2, "big") + encoded


def field_key(person_key: bytes, salt: bytes, place: bytes) -> bytes:
    """It opens this one field. Keyed BLAKE2b; `place`: the associated data."""
    return hashlib.blake2b(salt + place, key=person_key, digest_size=32).digest()


def locked(value: bytes, person_key: bytes, place: bytes) -> bytes:
    """Salt, commitment and ciphertext, by AES-256-GCM with a key of this place."""
    salt = os.urandom(SALT_BYTES)
    one = field_key(person_key, salt, place)
    nonce, commitment = _of_key(one)
    return salt + commitment + AESGCM(one).encrypt(nonce, value, place)


def unlocked(sealed: bytes, person_key: bytes, place: bytes) -> bytes:
    """Raises UnreadableError for what was not locked for this place."""
    salt, rest = sealed[:SALT_BYTES], sealed[SALT_BYTES:]
    one = field_key(person_key, salt, place)
    nonce, commitment = _of_key(one)
    if rest[:COMMITMENT_BYTES] == commitment:
        with suppress(InvalidTag):
            return AESGCM(one).decrypt(nonce, rest[COMMITMENT_BYTES:], place)
    message = "a personal field was not encrypted for this place"
    raise UnreadableError(place.decode(errors="replace"), message)


def sealed(value: object, key: PersonKey, where: Where, pointer: str) -> dict[str, str]:
    """The envelope that is stored in place of the value."""
    place = where.associated_data(pointer)
    both = locked(msgspec.json.encode(value), key.secret, place)
    salt, ciphertext = both[:SALT_BYTES], both[SALT_BYTES:]
    return {"personal": key.id, "salt": _b64(salt), "sealed": _b64(ciphertext)}


def opened(
    envelope: Mapping[str, Any], keys: Keys, where: Where, pointer: str
) -> object:
    """`ERASED` if the person's key was destroyed. Raises UnreadableError."""
    person_key = keys.get(envelope["personal"])
    if person_key is None:
        return ERASED
    parts = (base64.b64decode(envelope[name]) for name in ("salt", "sealed"))
    place = where.associated_data(pointer)
    return msgspec.json.decode(unlocked(b"".join(parts), person_key, place))


def is_envelope(value: object) -> bool:
    return isinstance(value, dict) and value.keys() == {"personal", "salt", "sealed"}


def _of_key(one: bytes) -> tuple[bytes, bytes]:
    """The nonce, for a key that encrypts one value only; and the commitment to the key.
    AES-GCM alone would let whoever plans it write a ciphertext that two keys open to
    two texts; with the commitment beside it nobody can present another key.
    """
    digest = hashlib.sha512(b"pledge field" + one).digest()
    return digest[:NONCE_BYTES], digest[-COMMITMENT_BYTES:]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
