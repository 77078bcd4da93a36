"""Ed25519 for tests of what the domain signs and verifies: keys made of a word."""

from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

from domain.audit.note import ED25519, SigningKey


def verify(public, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def public_of(seed):
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_of(name, algorithm=ED25519):
    """The same key for the same name."""
    seed = sha256(name.encode()).digest()
    return SigningKey(name, seed, public_of(seed), algorithm)


def signer_of(key):
    return Ed25519PrivateKey.from_private_bytes(key.seed).sign
