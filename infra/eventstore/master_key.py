"""The master key, which encrypts the keys of persons and lies outside the database."""

import base64
import os
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
ID_BYTES = 4


class MasterKeyError(ValueError):
    """It cannot be read, or a key was wrapped with another one."""


@dataclass(frozen=True)
class MasterKey:
    """`secrets`: 32 bytes each; the first one wraps, all of them unwrap, so that one
    can be replaced while it is still in use.
    """

    secrets: Sequence[bytes]

    @classmethod
    def parse(cls, text: str) -> Self:
        """One key a line, in base64. Raises MasterKeyError."""
        try:
            secrets = [base64.b64decode(line, validate=True) for line in text.split()]
        except ValueError as error:
            raise MasterKeyError("the master key is not base64") from error
        if not secrets or any(len(secret) != KEY_BYTES for secret in secrets):
            raise MasterKeyError(f"a master key is {KEY_BYTES} bytes in base64")
        return cls(tuple(secrets))

    def wrap(self, secret: bytes, label: str) -> bytes:
        """`label`: what the key is for; it unwraps with the same one only."""
        first, nonce = self.secrets[0], os.urandom(NONCE_BYTES)
        return _id(first) + nonce + AESGCM(first).encrypt(nonce, secret, label.encode())

    def unwrap(self, wrapped: bytes, label: str) -> bytes:
        """Raises MasterKeyError."""
        which, nonce = wrapped[:ID_BYTES], wrapped[ID_BYTES : ID_BYTES + NONCE_BYTES]
        for secret in self.secrets:
            if _id(secret) == which:
                sealed = wrapped[ID_BYTES + NONCE_BYTES :]
                try:
                    return AESGCM(secret).decrypt(nonce, sealed, label.encode())
                except InvalidTag as error:
                    raise MasterKeyError(f"{label} was altered") from error
        raise MasterKeyError(f"{label} was wrapped with another master key")

    def is_current(self, wrapped: bytes) -> bool:
        """Whether it was wrapped with the key that wraps now."""
        return wrapped[:ID_BYTES] == _id(self.secrets[0])


def new_master_key() -> str:
    return base64.b64encode(os.urandom(KEY_BYTES)).decode()


def _id(secret: bytes) -> bytes:
    return sha256(b"pledge master key" + secret).digest()[:ID_BYTES]
