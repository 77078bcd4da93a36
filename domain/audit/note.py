"""Signed notes and their keys, by https://c2sp.org/signed-note and as strict as Go's
`golang.org/x/mod/sumdb/note`: a text, an empty line, and a line for each signature.

Ed25519 itself is an argument: the domain calls no library.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

ED25519 = 0x01
COSIGNATURE_V1 = 0x04
"""Ed25519 by a witness, with a timestamp: https://c2sp.org/tlog-cosignature."""
KEY_SIZE = 32
_ALGORITHMS = (ED25519, COSIGNATURE_V1)
_PRIVATE = "PRIVATE+KEY+"
_LINE = "\N{EM DASH} "
_KEY_ID_SIZE = 4
_MOST_SIGNATURES = 100
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_HEX_ID = re.compile(r"[0-9a-fA-F]{8}")

Verify = Callable[[bytes, bytes, bytes], bool]
"""Of a public key, a message and a signature: whether Ed25519 accepts it."""
Sign = Callable[[bytes], bytes]
"""The Ed25519 signature of a message, 64 bytes."""


class NoteError(Exception):
    """A note or key that is malformed, or signed wrongly or by nobody known."""


class SignatureError(NoteError):
    """The note is well formed, and its signatures are not what they must be."""


@dataclass(frozen=True)
class VerifierKey:
    """`public`: the 32 bytes of the Ed25519 key. `encoded` is the form to publish:
    `<name>+<key id>+<base64>`.
    """

    name: str
    public: bytes
    algorithm: int = ED25519

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.algorithm, self.public)

    @property
    def encoded(self) -> str:
        key = b64encode(bytes([self.algorithm]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{key}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises NoteError."""
        name, algorithm, public = _key(text, text)
        found = cls(name, public, algorithm)
        if found.id != _said_id(text):
            raise NoteError(f"{text!r}: the key id does not belong to this key")
        return found


@dataclass(frozen=True, repr=False)
class SigningKey:
    """`seed`: the 32 secret bytes of the Ed25519 key. `encoded` is Go's form:
    `PRIVATE+KEY+<name>+<key id>+<base64>`.
    """

    name: str
    seed: bytes
    public: bytes
    algorithm: int = ED25519

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.public, self.algorithm)

    @property
    def encoded(self) -> str:
        secret = b64encode(bytes([self.algorithm]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{secret}"

    @classmethod
    def parse(cls, text: str, public_of: Callable[[bytes], bytes]) -> "SigningKey":
        """`public_of`: the public key of a seed. Raises NoteError, which does not
        repeat the text.
        """
        if not text.startswith(_PRIVATE):
            raise NoteError(f"a signing key begins with {_PRIVATE}")
        rest = text.removeprefix(_PRIVATE)
        name, algorithm, seed = _key(rest, "the signing key")
        found = cls(name, seed, public_of(seed), algorithm)
        if found.verifier.id != _said_id(rest):
            raise NoteError("the signing key: the key id does not belong to it")
        return found


@dataclass(frozen=True)
class Signature:
    """`value`: what follows the key id, 64 bytes of Ed25519, with the time before them
    if it is a cosignature.
    """

    name: str
    key_id: bytes
    value: bytes

    @property
    def line(self) -> str:
        return f"{_LINE}{self.name} {b64encode(self.key_id + self.value).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Of a line without its newline. Raises NoteError."""
        if not line.startswith(_LINE):
            raise NoteError(f"a signature begins with an em dash, not {line[:20]!r}")
        name, _, encoded = line.removeprefix(_LINE).partition(" ")
        value = base64_of(encoded)
        if not is_name(name) or value is None or len(value) <= _KEY_ID_SIZE:
            raise NoteError("a signature has a name and base64")
        return cls(name, value[:_KEY_ID_SIZE], value[_KEY_ID_SIZE:])


@dataclass(frozen=True)
class Note:
    """`text` ends with a newline; its signatures are over exactly these bytes."""

    text: str
    signatures: tuple[Signature, ...]

    @property
    def encoded(self) -> bytes:
        lines = "".join(signature.line for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()

    @classmethod
    def parse(cls, raw: bytes) -> "Note":
        """Raises NoteError unless it is well formed; no signature is verified."""
        try:
            said = raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NoteError("a note is UTF-8") from error
        if _CONTROL.search(said):
            raise NoteError("a note has no control characters but newlines")
        text, gap, signed = said.rpartition("\n\n")
        if not gap or not signed.endswith("\n"):
            raise NoteError("a note ends with an empty line and signatures")
        lines = signed.removesuffix("\n").split("\n")
        if len(lines) > _MOST_SIGNATURES:
            raise NoteError(f"a note has at most {_MOST_SIGNATURES} signatures")
        return cls(f"{text}\n", tuple(Signature.parse(line) for line in lines))

    def verified_by(
        self, keys: Iterable[VerifierKey], verify: Verify
    ) -> dict[VerifierKey, Signature]:
        """The first signature of each known key. Signatures of other keys are ignored;
        a wrong one of a known key makes the whole note worthless. Raises SignatureError
        then, and if no known key has signed.
        """
        known = {(key.name, key.id): key for key in keys}
        found: dict[VerifierKey, Signature] = {}
        for signature in self.signatures:
            key = known.get((signature.name, signature.key_id))
            if key is None or key in found:
                continue
            if not is_signed(self.text, key, signature, verify):
                raise SignatureError(f"the signature of {key.name} is wrong")
            found[key] = signature
        if not found:
            names = ", ".join(sorted({key.name for key in known.values()}))
            raise SignatureError(f"not signed by {names or 'anybody known'}")
        return found


def key_id(name: str, algorithm: int, public: bytes) -> bytes:
    return sha256(f"{name}\n".encode() + bytes([algorithm]) + public).digest()[:4]


def is_name(name: str) -> bool:
    """Of a key: not empty, no plus sign, no space of any kind, valid Unicode."""
    has_surrogate = any("\ud800" <= letter <= "\udfff" for letter in name)
    has_space = any(letter.isspace() for letter in name)
    return bool(name) and "+" not in name and not has_space and not has_surrogate


def signed(text: str, key: VerifierKey, sign: Sign) -> Signature:
    """Raises NoteError for a text that no note can have."""
    if not text.endswith("\n") or _CONTROL.search(text):
        raise NoteError(
            "a note's text ends with a newline and has no control character"
        )
    return Signature(key.name, key.id, sign(text.encode()))


def cosigned(text: str, key: VerifierKey, sign: Sign, at: int) -> Signature:
    """`at`: seconds since 1970 UTC."""
    value = at.to_bytes(8, "big") + sign(_cosigned_message(text, at))
    return Signature(key.name, key.id, value)


def cosigned_at(signature: Signature) -> int:
    """Seconds since 1970 UTC, of a cosignature that was verified."""
    return int.from_bytes(signature.value[:8], "big")


def is_signed(
    text: str, key: VerifierKey, signature: Signature, verify: Verify
) -> bool:
    value, message = signature.value, text.encode()
    if key.algorithm == COSIGNATURE_V1:
        message = _cosigned_message(text, cosigned_at(signature))
        value = value[8:]
    return verify(key.public, message, value)


def base64_of(text: str) -> bytes | None:
    """Standard base64 with padding, in its one canonical form, or None."""
    try:
        value = b64decode(text, validate=True)
    except ValueError:
        return None
    return value if b64encode(value).decode() == text else None


def _cosigned_message(text: str, at: int) -> bytes:
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def _key(text: str, called: str) -> tuple[str, int, bytes]:
    """The name, the algorithm and the key. Base64 may have plus signs itself."""
    name, _, rest = text.partition("+")
    said_id, _, encoded = rest.partition("+")
    key = base64_of(encoded)
    if not is_name(name) or not _HEX_ID.fullmatch(said_id) or not key:
        raise NoteError(f"{called!r} is not <name>+<key id>+<base64>")
    if key[0] not in _ALGORITHMS or len(key) != KEY_SIZE + 1:
        raise NoteError(f"{called!r}: not an Ed25519 key")
    return name, key[0], key[1:]


def _said_id(text: str) -> bytes:
    return bytes.fromhex(text.split("+", 2)[1])
