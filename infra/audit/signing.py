"""Ed25519 by `cryptography`, and keys in files outside the database.

`Signer` is the seam for a key-management service: it signs without giving the key away.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from domain.audit.note import NoteError, SigningKey, VerifierKey
from infra.process.secret_files import kept_secret


class Signer(Protocol):
    """Who signs: a key file here, a key-management service elsewhere."""

    @property
    def key(self) -> VerifierKey:
        """Its name is the origin of the log, or the name of the witness."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature, 64 bytes. May block, and may raise OSError if the
        service is away.
        """
        ...


class KeyFileError(Exception):
    """A key file that cannot be used."""


@dataclass(frozen=True)
class FileSigner:
    signing_key: SigningKey

    @property
    def key(self) -> VerifierKey:
        return self.signing_key.verifier

    def sign(self, message: bytes) -> bytes:
        seed = self.signing_key.seed
        return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def public_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def new_key(name: str, algorithm: int) -> SigningKey:
    seed = os.urandom(32)
    return SigningKey(name, seed, public_of(seed), algorithm)


def read_key(path: Path) -> FileSigner:
    """Raises KeyFileError, or FileNotFoundError."""
    try:
        text = path.read_text("utf-8").strip()
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        raise KeyFileError(f"{path} cannot be read: {error}") from error
    try:
        return FileSigner(SigningKey.parse(text, public_of))
    except NoteError as error:
        raise KeyFileError(f"{path}: {error}") from error


def provided_key(path: Path, make: Callable[[], SigningKey]) -> FileSigner:
    """The key of this file, made at the first call by whoever is first."""
    kept_secret(path, lambda: f"{make().encoded}\n")
    return read_key(path)
