"""Checks an export of Pledge's log, offline:  python verify.py BUNDLE

    BUNDLE               the zip, or the folder into which it was unpacked
    --log-key VKEY       the log's key, as you got it by another way than this bundle
    --witness-key VKEY   the witness's key; then its signature must be there
    --known FILE         checkpoints that you kept: this log must extend each of them

Needs Python 3.11 and `cryptography`, nothing else; it reads the bundle and no network.
The first line of the output is the verdict. Exit codes: 0 intact, 1 wrong usage,
2 altered, 3 missing or extra, 4 signature, 5 a fork, or older than a known checkpoint.

What is proven. `checkpoint.txt` is signed by the log: so many events, under this root
(a Merkle tree as in RFC 6962). `headers.jsonl` has the header of every event of the
whole log; together they must make that root, so none can be missing, added or changed.
A header ends with the SHA-256 of the bytes that were stored, and `events.jsonl` has
those bytes for each event in scope. So: the headers are all there, every event in scope
has its bytes, and the bytes are the ones that were sealed. What was never recorded, and
whether what was recorded is true, no program can prove.
"""

# mypy: disable-error-code=explicit-override
from __future__ import annotations

import argparse
import base64
import binascii
import csv
import hashlib
import hmac
import io
import json
import re
import stat
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import IO, Any, NoReturn

FORMAT = "pledge-bundle/1"
OLDEST = (3, 11)
EXIT_CODES = {
    "intact": 0,
    "usage": 1,
    "altered": 2,
    "missing": 3,
    "extra": 3,
    "signature": 4,
    "fork": 5,
}
LISTS = ("events.jsonl", "events.csv", "headers.jsonl", "proofs.jsonl")
FILES = (*LISTS, "checkpoint.txt", "keys.json", "verify.py")
MOST_SMALL = 64 * 1024 * 1024
"""Bytes of a file, or of one line, that are read at once: a bundle may be a trap."""
MOST_DEEP = 400
"""Levels of brackets in JSON."""
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others can ask for gigabytes of memory before the first byte."""
MOST_FILES, MOST_SHOWN = 100_000, 200
COLUMNS = (
    "index", "position", "recorded_at", "occurred_at", "stream", "version", "type",
    "actor", "actor_kind", "on_behalf_of", "key_id", "channel", "correlation_id",
    "causation_id", "command_id", "policy", "policy_version", "data",
)  # fmt: skip
MASKED, ERASED = "[masked]", "[erased]"


class Fault(Exception):  # noqa: N818 - a finding, not a failure
    """What is wrong; `kind` is one of EXIT_CODES."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(f"{kind}: {text}")
        self.kind = kind


@dataclass
class Report:
    """What was found to be in order, for the lines below the verdict."""

    events: int = 0
    size: int = 0
    origin: str = ""
    root: str = ""
    scope: str = ""
    notes: list[str] = field(default_factory=list)


# --- Reading without trust -----------------------------------------------------------


class Bundle:
    """The files of a zip or a folder. Nothing is unpacked, so no name can lead out."""

    def __init__(self, path: Path) -> None:
        self.sha256: dict[str, str] = {}
        self._closing = ExitStack()
        self._zip: zipfile.ZipFile | None = None
        self._folder = path
        if path.is_dir():
            self.names = _folder_names(path)
        else:
            self._zip = self._closing.enter_context(_opened(path))
            if any(i.compress_type not in PACKED for i in self._zip.infolist()):
                raise Fault("altered", "the bundle cannot be read")
            self.names = [i.filename for i in self._zip.infolist() if not i.is_dir()]
        if len(self.names) > MOST_FILES:
            raise Fault("extra", f"the bundle has more than {MOST_FILES} files")
        self._there = set(self.names)
        if len(self._there) < len(self.names):
            twice = next(n for n in self.names if self.names.count(n) > 1)
            raise Fault("extra", f"the bundle has two files {shown(twice)}")

    def __enter__(self) -> Bundle:  # noqa: PYI034 - typing.Self is not everywhere
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def open(self, name: str) -> IO[bytes]:
        if name not in self._there:
            raise Fault("missing", f"file {shown(name)}")
        if self._zip is None:
            return self._closing.enter_context((self._folder / name).open("rb"))
        packed = self._closing.enter_context(self._zip.open(name))
        return io.BufferedReader(packed, 1 << 20)  # type: ignore[type-var]

    def read(self, name: str) -> bytes:
        """A small file, whole."""
        with closing(self.open(name)) as file:
            content = file.read(MOST_SMALL + 1)
        if len(content) > MOST_SMALL:
            raise Fault("altered", f"file {shown(name)} is too large")
        self.sha256[name] = hashlib.sha256(content).hexdigest()
        return content

    def lines(self, name: str) -> Iterator[bytes]:
        """Each with its end. The hash of the file is known after the last one."""
        digest = hashlib.sha256()
        with closing(self.open(name)) as file:
            while line := file.readline(MOST_SMALL):
                if not line.endswith(b"\n"):
                    raise Fault("altered", f"file {shown(name)} ends within a line")
                digest.update(line)
                yield line
        self.sha256[name] = digest.hexdigest()


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        with path.open("rb") as file:
            begins = file.read(2)
    except OSError as error:
        text = f"{shown(str(path))}: {error.strerror or 'cannot be read'}"
        raise Fault("usage", text) from error
    if begins != b"PK":
        raise Fault("usage", f"{shown(str(path))} is neither a zip nor a folder")
    return zipfile.ZipFile(path)


def _folder_names(folder: Path) -> list[str]:
    names = []
    for path in sorted(folder.rglob("*")):
        mode = path.lstat().st_mode
        if stat.S_ISREG(mode):
            names.append(path.relative_to(folder).as_posix())
        elif not stat.S_ISDIR(mode):
            raise Fault("altered", f"{shown(path.name)} is no ordinary file")
    return names


def read_json(text: bytes | str, what: str) -> Any:
    """Strict: a key once, no NaN, UTF-8 only, not deeper than MOST_DEEP."""
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        value = _STRICT.decode(text)
    except (ValueError, RecursionError) as error:
        raise Fault("altered", f"{what} is not strict JSON") from error
    if text.count("[") + text.count("{") > MOST_DEEP:
        _refuse_depth(value, what)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key is there twice")
    return made


def _constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


_STRICT = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_constant)


def _refuse_depth(value: Any, what: str) -> None:
    level = [value]
    for _ in range(MOST_DEEP):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        if not level:
            return
    raise Fault("altered", f"{what} is nested too deep")


def read_object(text: bytes, what: str, keys: Iterable[str]) -> dict[str, Any]:
    value = read_json(text, what)
    if not isinstance(value, dict) or value.keys() != set(keys):
        raise Fault("altered", f"{what} must have exactly {', '.join(sorted(keys))}")
    return value


def whole(value: Any, what: str) -> int:
    """A whole number from 0 up to what 64 bits hold."""
    if type(value) is not int or not 0 <= value < 2**64:
        raise Fault("altered", f"{what} is no whole number of 64 bits")
    return value


def text_of(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise Fault("altered", f"{what} is no text")
    return value


def unpacked(value: Any, what: str, length: int | None = None) -> bytes:
    """Base64, to bytes."""
    try:
        made = binascii.a2b_base64(text_of(value, what), strict_mode=True)
    except ValueError as error:
        raise Fault("altered", f"{what} is not Base64") from error
    if length is not None and len(made) != length:
        raise Fault("altered", f"{what} has {len(made)} bytes and not {length}")
    return made


def shown(text: str) -> str:
    """Of somebody else's making, so nothing of it may move the cursor or the line."""
    safe = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    return safe if len(safe) <= MOST_SHOWN else f"{safe[:MOST_SHOWN]}…"


# --- Times: RFC 3339, to the microsecond ---------------------------------------------

_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:\d\d)", re.ASCII
)
_LENGTH = re.compile(
    r"(-?)P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?"
    r"(?:(\d{1,12})(?:\.(\d{1,6}))?S)?)?",
    re.ASCII,
)
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017


def microseconds(text: Any) -> int | None:
    """Since 1970 in UTC; None for what is no time."""
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        at = datetime.fromisoformat(f"{day}T{clock}{zone.replace('Z', '+00:00')}")
        return (at - _EPOCH) // timedelta(microseconds=1) + _millionths(fraction)
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> int | None:
    """In microseconds; None for what is no duration of ISO 8601."""
    found = _LENGTH.fullmatch(text)
    if found is None or len(text) < 3 or text.endswith("T"):  # noqa: PLR2004
        return None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    total = int(days or 0) * 86_400 + int(hours or 0) * 3600 + int(minutes or 0) * 60
    total = (total + int(seconds or 0)) * 1_000_000 + _millionths(fraction)
    return -total if sign else total


def _millionths(fraction: str | None) -> int:
    return int((fraction or "0").ljust(6, "0"))


def readable(at: int) -> str:
    try:
        found = (_EPOCH + timedelta(microseconds=at)).isoformat()
        return found.replace("+00:00", "Z")
    except OverflowError:
        return f"{at} µs"


# --- The Merkle tree (RFC 6962, RFC 9162 section 2.1) --------------------------------


def leaf_hash(header: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + header).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """Leaves one after the other; of them only the roots of complete subtrees."""

    def __init__(self) -> None:
        self.size, self.last = 0, b""
        self._roots: list[bytes] = []

    def add(self, leaf: bytes) -> None:
        at, self.last = self.size, leaf
        while at & 1:
            leaf = node_hash(self._roots.pop(), leaf)
            at >>= 1
        self._roots.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        if not self._roots:
            return hashlib.sha256(b"").digest()
        root = self._roots[-1]
        for left in reversed(self._roots[:-1]):
            root = node_hash(left, root)
        return root


def root_of_proof(
    index: int, size: int, leaf: bytes, proof: list[bytes]
) -> bytes | None:
    """The root to which an inclusion proof leads; None if it has the wrong length."""
    at, last, root = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if at & 1 or at == last:
            root = node_hash(sibling, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        at, last = at >> 1, last >> 1
    return root if last == 0 else None


# --- Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint) ----------------

LOG, WITNESS = 0x01, 0x04
"""Types of Ed25519 keys: of a log, and of a witness (tlog-cosignature)."""


@dataclass(frozen=True)
class Key:
    name: str
    id: bytes
    kind: int
    public: bytes

    @classmethod
    def read(cls, vkey: Any, kind: int, what: str) -> Key:
        """`name+id+key`: the id in hexadecimal, the key in Base64."""
        parts = vkey.split("+", 2) if isinstance(vkey, str) else []
        try:
            name, key_id, data = parts
            raw = base64.b64decode(data, validate=True)
            made = cls(name, bytes.fromhex(key_id), raw[0], raw[1:])
        except (ValueError, IndexError) as error:
            raise Fault("signature", f"{what} is no verifier key") from error
        expected = hashlib.sha256(name.encode("utf-8", "replace") + b"\n" + raw)
        if made.kind != kind or len(made.public) != 32:  # noqa: PLR2004
            raise Fault("signature", f"{what} is of another type")
        if made.id != expected.digest()[:4]:
            raise Fault("signature", f"{what} does not have the id that it names")
        return made

    def signed(self, signature: bytes, message: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415
        from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

        try:
            key = ed25519.Ed25519PublicKey.from_public_bytes(self.public)
            key.verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


_CHECKPOINT = re.compile(r"([^\n]+)\n(0|[1-9]\d{0,18})\n([A-Za-z0-9+/]{43}=)\n")
_SIGNATURE = re.compile(r"— (\S+) ([A-Za-z0-9+/=]+)")
_NOTE = re.compile(r"([^\n]+\n[^\n]*\n[^\n]*\n)\n((?:— [^\n]*\n)+)")


@dataclass(frozen=True)
class Checkpoint:
    """`signatures`: name, key id and the rest, as they stand below the text."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes, bytes], ...]

    @classmethod
    def read(cls, note: str, what: str) -> Checkpoint:
        """Raises Fault of the kind `signature`."""
        whole_note = _NOTE.fullmatch(note)
        found = _CHECKPOINT.fullmatch(whole_note[1]) if whole_note else None
        if whole_note is None or found is None:
            raise Fault("signature", f"{what} is no signed checkpoint")
        signatures = []
        for line in whole_note[2].splitlines():
            match = _SIGNATURE.fullmatch(line)
            try:
                raw = base64.b64decode(match[2], validate=True) if match else b""
            except ValueError:
                raw = b""
            if match is None or len(raw) < 5:  # noqa: PLR2004
                raise Fault("signature", f"{what} has a line that is no signature")
            signatures.append((match[1], raw[:4], raw[4:]))
        return cls(
            whole_note[1],
            found[1],
            int(found[2]),
            base64.b64decode(found[3]),
            tuple(signatures),
        )

    def of(self, key: Key) -> list[bytes]:
        return [s for name, i, s in self.signatures if (name, i) == (key.name, key.id)]

    def refuse_unsigned(self, log: Key, what: str) -> None:
        if log.name != self.origin:
            text = f"{what} is of {shown(self.origin)}, the key of {shown(log.name)}"
            raise Fault("signature", text)
        found = self.of(log)
        if not found:
            text = f"{what} is not signed by the key of {shown(log.name)}"
            raise Fault("signature", text)
        if not all(log.signed(one, self.text.encode()) for one in found):
            text = f"{what} at size {self.size}: the log's signature is wrong"
            raise Fault("signature", text)

    def witnessed(self, witness: Key) -> int | None:
        """When, in seconds since 1970; None: it has no signature of this witness."""
        found = self.of(witness)
        for one in found:
            at = int.from_bytes(one[:8], "big")
            message = f"cosignature/v1\ntime {at}\n{self.text}".encode()
            if len(one) != 72 or not witness.signed(one[8:], message):  # noqa: PLR2004
                text = f"checkpoint.txt at size {self.size}: the witness's is wrong"
                raise Fault("signature", text)
        return int.from_bytes(found[0][:8], "big") if found else None


def read_known(path: Path) -> list[Checkpoint]:
    """Checkpoints one after the other, with empty lines between them."""
    try:
        text = path.read_text("utf-8").replace("\r\n", "\n")
    except (OSError, ValueError) as error:
        raise Fault("usage", f"--known {shown(str(path))} cannot be read") from error
    notes = [found[0] for found in _NOTE.finditer(text.lstrip("\n"))]
    if not notes or "".join(_NOTE.sub("", text).split()):
        raise Fault("usage", f"--known {shown(str(path))} has more than checkpoints")
    return [Checkpoint.read(note, "--known") for note in notes]


# --- Headers -------------------------------------------------------------------------


@dataclass(frozen=True)
class Header:
    """The leaf of one event: what is sealed of it."""

    index: int
    position: int
    stream: str
    version: int
    topic: str
    recorded_at: int
    state_sha256: bytes

    def __str__(self) -> str:
        stream = shown(self.stream)
        return f"position {self.position}, stream {stream}, version {self.version}"

    @classmethod
    def read(cls, raw: bytes, what: str) -> Header:
        """Integers are big endian; a text has its length in two bytes before it."""
        try:
            prefix, at = _text(raw, 0)
            index, position = _number(raw, at), _number(raw, at + 8)
            stream, at = _text(raw, at + 16)
            version = _number(raw, at)
            topic, at = _text(raw, at + 8)
        except ValueError as error:
            raise Fault("altered", f"{what}: its header is too short") from error
        recorded_at = int.from_bytes(raw[at : at + 8], "big", signed=True)
        digest = raw[at + 8 :]
        if prefix != "pledge/1" or len(digest) != 32:  # noqa: PLR2004
            raise Fault("altered", f"{what}: its header is not as it should be")
        return cls(index, position, stream, version, topic, recorded_at, digest)


def _text(raw: bytes, at: int) -> tuple[str, int]:
    begin = at + 2
    end = begin + int.from_bytes(raw[at:begin], "big")
    if end > len(raw):
        raise ValueError("too short")
    return raw[begin:end].decode("utf-8"), end


def _number(raw: bytes, at: int) -> int:
    if at + 8 > len(raw):
        raise ValueError("too short")
    return int.from_bytes(raw[at : at + 8], "big")


# --- What is shown of an event, against the bytes that are sealed --------------------


def same_text(one: str, other: str) -> bool:
    """Or two ways to write one instant, or one duration (`PT30M` is `PT1800S`)."""
    if one == other:
        return True
    for measure in (microseconds, duration):
        size = measure(one)
        if size is not None and size == measure(other):
            return True
    return False


def same(one: Any, other: Any) -> bool:
    return next(differing(one, other, "", lambda *_: False), None) is None


Told = Callable[[str, Any, Any], bool]
SCALARS = frozenset({str, int, float, bool, type(None)})


def differing(said: Any, stored: Any, pointer: str, told: Told) -> Iterator[str]:
    """JSON pointers at which two values differ. `told` explains a sealed field."""
    if _is_sealed(stored) and said != stored:
        if not told(pointer, said, stored):
            yield pointer
    elif isinstance(stored, dict | list) and type(said) is type(stored):
        yield from _differing_inside(_parts(said), _parts(stored), pointer, told)
    elif not _same_scalar(said, stored):
        yield pointer


def _differing_inside(
    said: dict[Any, Any], stored: dict[Any, Any], pointer: str, told: Told
) -> Iterator[str]:
    if said.keys() != stored.keys():
        yield pointer
        return
    for key, inner in stored.items():
        other = said[key]
        if type(inner) in SCALARS and type(other) is type(inner) and other == inner:
            continue
        escaped = str(key).replace("~", "~0").replace("/", "~1")
        yield from differing(other, inner, f"{pointer}/{escaped}", told)


def _parts(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else dict(enumerate(value))


def _same_scalar(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return same_text(one, other)
    if isinstance(one, bool) or isinstance(other, bool) or one is None:
        return one is other
    numbers = isinstance(one, int | float) and isinstance(other, int | float)
    return numbers and bool(one == other)


def as_shown(header: Header, stored: Any) -> dict[str, Any] | None:
    """The event as the API's history shows it; None for bytes that are no event."""
    if not isinstance(stored, dict) or not stored.keys() >= {"at", "meta", "data"}:
        return None
    meta = stored["meta"]
    actor = meta.get("actor") if isinstance(meta, dict) else None
    if not isinstance(meta, dict) or not isinstance(actor, dict):
        return None
    parts = ("command_id", "correlation_id", "causation_id", "channel", "policy")
    return {
        "position": header.position,
        "version": header.version,
        "type": header.topic,
        "actor": {
            "id": actor.get("id"),
            "kind": actor.get("kind"),
            "on_behalf_of": actor.get("on_behalf_of"),
            "key_id": meta.get("key_id"),
        },
        "occurred_at": stored["at"],
        "claimed_at": meta.get("occurred_at"),
        "recorded_at": readable(header.recorded_at),
        **{part: meta.get(part) for part in parts},
        "data": stored["data"],
    }


class Personal:
    """Fields that are sealed in the stored bytes: hidden, erased, or opened by a key
    for that one field.
    """

    def __init__(self, header: Header, disclosures: Any, *, clear: bool) -> None:
        self._header, self._clear = header, clear
        self._keys: dict[str, bytes] = {}
        self.opened = 0
        if disclosures is not None and not (clear and isinstance(disclosures, list)):
            raise Fault("altered", f"{header}: disclosures in a masked bundle")
        for one in disclosures or ():
            if not isinstance(one, dict) or one.keys() != {"path", "key"}:
                raise Fault("altered", f"{header}: a disclosure is not as it should be")
            path = text_of(one["path"], f"{header}: the path of a disclosure")
            key = unpacked(one["key"], f"{header}: the key of a disclosure", 32)
            if self._keys.setdefault(path, key) is not key:
                raise Fault("altered", f"{header}: {shown(path)} is disclosed twice")

    def told(self, pointer: str, said: Any, stored: Any) -> bool:
        """Whether `said` may stand for the sealed field at this place of the event."""
        if not pointer.startswith("/data/"):
            return False
        path = pointer.removeprefix("/data")
        key = self._keys.pop(path, None)
        if key is None:
            hidden = (ERASED,) if self._clear else (ERASED, MASKED)
            return said in hidden
        value = self._open(key, stored, path)
        self.opened += 1
        return same(said, value)

    def refuse_unused(self) -> None:
        for path in self._keys:
            text = f"{self._header}: nothing is sealed at {shown(path)}"
            raise Fault("altered", text)

    def _open(self, key: bytes, sealed: dict[str, str], path: str) -> Any:
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        header, what = self._header, f"{self._header}: the sealed {shown(path)}"
        bound = (header.stream, str(header.version), header.topic, path)
        # What is derived of the key: the nonce, and 32 bytes that bind the field to it.
        derived = hashlib.sha512(b"pledge field" + key).digest()
        data = unpacked(sealed["sealed"], what)
        if data[:32] != derived[32:]:
            raise Fault("altered", f"{what} does not open by its key")
        place = b"".join(map(_packed, bound))
        try:
            clear = AESGCM(key).decrypt(derived[:12], data[32:], place)
        except (InvalidTag, ValueError) as error:
            raise Fault("altered", f"{what} does not open by its key") from error
        return read_json(clear, what)


def _is_sealed(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and value.keys() == {"personal", "salt", "sealed"}
        and all(isinstance(part, str) for part in value.values())
    )


def _packed(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    return len(raw).to_bytes(2, "big") + raw


def csv_row(index: int | None, stream: str, event: dict[str, Any] | None) -> list[str]:
    """The event as a row of events.csv, but for its data."""
    event = event or {}
    actor, policy = event.get("actor") or {}, event.get("policy") or {}
    cells = (
        index, event.get("position"), event.get("recorded_at"),
        event.get("occurred_at"), stream, event.get("version"), event.get("type"),
        actor.get("id"), actor.get("kind"), actor.get("on_behalf_of"),
        actor.get("key_id"), event.get("channel"), event.get("correlation_id"),
        event.get("causation_id"), event.get("command_id"), policy.get("name"),
        policy.get("version"),
    )  # fmt: skip
    return [csv_cell(cell) for cell in cells]


def csv_cell(value: Any) -> str:
    """A spreadsheet would run what begins like a formula: it gets a `'` before it."""
    text = "" if value is None else str(value)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


# --- The bundle ----------------------------------------------------------------------


@dataclass
class Scope:
    """Which events should be in the bundle: of these tickets, or recorded in a time."""

    tickets: dict[str, int] | None
    since: int
    until: int

    @classmethod
    def read(cls, said: Any) -> Scope:
        if isinstance(said, dict) and said.keys() == {"tickets"}:
            named = said["tickets"]
            if isinstance(named, list) and named:
                tickets = {text_of(one, "the scope's ticket"): 0 for one in named}
                if len(tickets) == len(named):
                    return cls(tickets, 0, 0)
        if isinstance(said, dict) and said.keys() == {"from", "to"}:
            since, until = microseconds(said["from"]), microseconds(said["to"])
            if since is not None and until is not None and since < until:
                return cls(None, since, until)
        raise Fault("altered", "manifest.json: the scope is neither tickets nor a time")

    def covers(self, header: Header) -> bool:
        if self.tickets is None:
            return self.since <= header.recorded_at < self.until
        return header.stream in self.tickets

    def __str__(self) -> str:
        if self.tickets is None:
            since, until = readable(self.since), readable(self.until)
            return f"everything recorded from {since} until before {until}"
        return f"{_counted(len(self.tickets), 'ticket')} with all that is recorded"


class Verification:
    """One bundle. Its lists are read side by side, once, line by line."""

    def __init__(self, bundle: Bundle, known: list[Checkpoint]) -> None:
        self.bundle, self.report = bundle, Report()
        self._known = sorted(known, key=lambda one: one.size)
        self._tree, self._last_position = Tree(), -1
        self._versions: dict[str, int] = {}
        self._policies: dict[str, str] = {}
        self._opened = self._agreed = 0

    def run(self, log_key: str | None, witness_key: str | None) -> Report:
        manifest = self._manifest()
        self.checkpoint = self._checkpoint(manifest, log_key, witness_key)
        self._refuse_older()
        self._sources()
        self._join()
        self._ends()
        self._policy_documents()
        self._hashes(manifest["files"])
        if self._opened:
            text = f"{_counted(self._opened, 'personal field')} opened and in agreement"
            self.report.notes.append(text)
        return self.report

    # What the bundle says of itself

    def _manifest(self) -> dict[str, Any]:
        keys = ("format", "origin", "size", "created_at", "scope", "personal", "files")
        raw = self.bundle.read("manifest.json")
        manifest = read_object(raw, "manifest.json", keys)
        if manifest["format"] != FORMAT:
            raise Fault("altered", f"manifest.json: the format is not {FORMAT}")
        if manifest["personal"] not in ("clear", "masked"):
            raise Fault(
                "altered", "manifest.json: personal is neither of the two words"
            )
        if microseconds(manifest["created_at"]) is None:
            raise Fault("altered", "manifest.json: created_at is no time")
        self._clear = manifest["personal"] == "clear"
        self._scope = Scope.read(manifest["scope"])
        self._refuse_other_files(manifest["files"])
        return manifest

    def _refuse_other_files(self, files: Any) -> None:
        if not isinstance(files, dict):
            raise Fault("altered", "manifest.json: files is no list of hashes")
        there = set(self.bundle.names)
        for name in (*FILES, *files):
            if name not in there:
                raise Fault("missing", f"file {shown(name)}")
        for name in there:
            allowed = name in FILES or name.startswith("policies/")
            if name != "manifest.json" and (name not in files or not allowed):
                raise Fault("extra", f"file {shown(name)}")

    def _checkpoint(
        self, manifest: dict[str, Any], log_key: str | None, witness_key: str | None
    ) -> Checkpoint:
        keys = read_object(
            self.bundle.read("keys.json"),
            "keys.json",
            ("origin", "log_key", "witness_key"),
        )
        log = _pinned(log_key, keys["log_key"], LOG, "--log-key")
        try:
            note = self.bundle.read("checkpoint.txt").decode("utf-8")
        except ValueError as error:
            text = "checkpoint.txt is no signed checkpoint"
            raise Fault("signature", text) from error
        made = Checkpoint.read(note, "checkpoint.txt")
        made.refuse_unsigned(log, "checkpoint.txt")
        for one in self._known:
            one.refuse_unsigned(log, "--known")
        self._witness(made, keys["witness_key"], witness_key)
        said = (manifest["origin"], manifest["size"], keys["origin"])
        if said != (made.origin, made.size, made.origin):
            raise Fault("altered", "manifest.json or keys.json: not of this checkpoint")
        self.report.origin, self.report.size = made.origin, made.size
        self.report.root, self.report.scope = made.root.hex(), str(self._scope)
        if log_key is None:
            text = "the log's key is from the bundle itself: compare it with one that"
            self.report.notes.append(f"{text} you trust")
        return made

    def _witness(self, made: Checkpoint, said: Any, pinned: str | None) -> None:
        if said is None and pinned is None:
            self.report.notes.append("no witness has signed this checkpoint")
            return
        witness = _pinned(pinned, said, WITNESS, "--witness-key")
        at = made.witnessed(witness)
        if at is not None:
            when = readable(at * 1_000_000)
            text = f"the witness {shown(witness.name)} signed it at {when}"
        elif pinned is not None:
            text = f"checkpoint.txt has no signature of the witness {witness.name}"
            raise Fault("signature", shown(text))
        else:
            text = f"the witness {shown(witness.name)} has not signed this checkpoint"
        self.report.notes.append(text)

    def _refuse_older(self) -> None:
        newest = self._known[-1].size if self._known else 0
        if newest > self.checkpoint.size:
            text = f"older than what is known: {self.checkpoint.size} events here, and"
            raise Fault("fork", f"{text} a checkpoint that you kept has {newest}")

    # The lists, side by side

    def _sources(self) -> None:
        self._headers = enumerate(self.bundle.lines("headers.jsonl"))
        self._events = self.bundle.lines("events.jsonl")
        self._proofs = self.bundle.lines("proofs.jsonl")
        csv.field_size_limit(2 * MOST_SMALL)
        self._rows = csv.reader(self._csv_text(), strict=True)
        if self._row() != list(COLUMNS):
            raise Fault("altered", "events.csv has other columns")

    def _csv_text(self) -> Iterator[str]:
        for number, line in enumerate(self.bundle.lines("events.csv")):
            text = line.decode("utf-8")
            if number == 0 and not text.startswith("\ufeff"):
                raise Fault("altered", "events.csv does not begin with a BOM")
            yield text if number else text[1:]

    def _row(self) -> list[str] | None:
        try:
            return next(self._rows, None)
        except (csv.Error, ValueError) as error:
            raise Fault("altered", "events.csv is no table") from error

    def _root_at_known(self) -> None:
        while self._known and self._known[0].size == self._tree.size:
            one = self._known.pop(0)
            if one.root != self._tree.root():
                text = f"after index {self._agreed}, before index {one.size}: a"
                raise Fault("fork", f"{text} checkpoint that is known has another root")
            self._agreed = one.size

    def _join(self) -> None:
        event = self._next_event()
        self._root_at_known()
        for number, line in self._headers:
            header = self._header(number, line)
            self._root_at_known()
            covered = self._scope.covers(header)
            if event is not None and event["index"] == header.index:
                self._event(header, event)
                if not covered:
                    raise Fault("extra", f"{header} is not in the scope")
                event = self._next_event()
            elif covered:
                self._refuse_stray(event, header)
                if self._stands_later(header.index):
                    raise Fault("altered", f"{header} is out of order")
                raise Fault("missing", f"{header}")
        self._refuse_stray(event, None)

    def _stands_later(self, index: int) -> bool:
        while (event := self._next_event()) is not None:
            if event["index"] == index:
                return True
        return False

    @staticmethod
    def _refuse_stray(event: dict[str, Any] | None, header: Header | None) -> None:
        """An event that has no header, or not this one's place."""
        if event is None or (header is not None and _after(event["index"], header)):
            return
        position, stream = event["position"], event["stream"]
        text = f"position {position}, stream {shown(str(stream))} is not in the tree"
        raise Fault("extra", shown(text))

    def _next_event(self) -> dict[str, Any] | None:
        line = next(self._events, None)
        if line is None:
            return None
        number = self.report.events + 1
        what = f"events.jsonl, line {number}"
        event = read_json(line, what)
        keys = {
            "index", "position", "stream", "version", "topic", "recorded_at", "state",
            "event",
        }  # fmt: skip
        given = event.keys() - {"disclosures"} if isinstance(event, dict) else None
        if given != keys:
            raise Fault("altered", f"{what} has other fields")
        if event["index"] is not None:
            whole(event["index"], f"{what}: index")
        whole(event["position"], f"{what}: position")
        text_of(event["stream"], f"{what}: stream")
        return event  # type: ignore[no-any-return]

    def _header(self, number: int, line: bytes) -> Header:
        what = f"headers.jsonl, line {number + 1}"
        said = read_object(line, what, ("index", "position", "header"))
        index = whole(said["index"], f"{what}: index")
        position = whole(said["position"], f"{what}: position")
        if index > number:
            self._refuse_disorder(number, position)
            raise Fault("missing", f"the header before position {position}")
        if index < number or number >= self.checkpoint.size:
            raise Fault("extra", f"position {position}, index {index} of the headers")
        if said["header"] is None:
            raise Fault("missing", f"position {position}, index {index}")
        raw = unpacked(said["header"], f"position {position}, the header")
        header = Header.read(raw, f"position {position}")
        if (header.index, header.position) != (index, position):
            text = f"position {position}: its header is of position {header.position}"
            raise Fault("altered", text)
        if position <= self._last_position:
            raise Fault("altered", f"{header} stands after {self._last_position}")
        self._last_position = position
        self._tree.add(leaf_hash(raw))
        self._version(header)
        return header

    def _refuse_disorder(self, number: int, position: int) -> None:
        """The header with this number may stand further down."""
        for _, line in self._headers:
            said = read_json(line, "headers.jsonl")
            if isinstance(said, dict) and said.get("index") == number:
                text = f"the headers are out of order before position {position}"
                raise Fault("altered", text)

    def _version(self, header: Header) -> None:
        """The versions of a stream are 1, 2, 3 …"""
        tickets = self._scope.tickets
        known = self._versions if tickets is None else tickets
        if tickets is not None and header.stream not in tickets:
            return
        expected = known.get(header.stream, 0) + 1
        if header.version > expected:
            text = f"stream {shown(header.stream)}, version {expected}"
            raise Fault("missing", f"{text}, before position {header.position}")
        if header.version < expected:
            raise Fault("extra", f"{header} is there a second time")
        known[header.stream] = header.version

    # One event

    def _event(self, header: Header, event: dict[str, Any]) -> None:
        state = unpacked(event["state"], f"{header}: state")
        if not hmac.compare_digest(hashlib.sha256(state).digest(), header.state_sha256):
            raise Fault("altered", f"{header}: its bytes are not the sealed ones")
        for name in ("position", "stream", "version", "topic"):
            sealed = getattr(header, name)
            if event[name] != sealed or type(event[name]) is not type(sealed):
                raise Fault("altered", f"{header}: another {name} is shown")
        if microseconds(event["recorded_at"]) != header.recorded_at:
            raise Fault("altered", f"{header}: another recorded_at is shown")
        self._shown(header, event, state)
        self._csv(header, event["event"])
        self._proof(header)
        self.report.events += 1

    def _shown(self, header: Header, event: dict[str, Any], state: bytes) -> None:
        try:
            stored = read_json(state, f"{header}: the stored bytes")
        except Fault:
            stored = None
        expected, said = as_shown(header, stored), event["event"]
        personal = Personal(header, event.get("disclosures"), clear=self._clear)
        for pointer in differing(said, expected, "", personal.told):
            where = shown(pointer or "/")
            raise Fault("altered", f"{header}: {where} is shown otherwise than stored")
        personal.refuse_unused()
        self._opened += personal.opened
        if expected is not None:
            self._named_policies(stored, str(header))

    def _named_policies(self, value: Any, what: str) -> None:
        if isinstance(value, dict):
            if value.keys() == {"name", "version", "sha256"} and value["sha256"]:
                digest = text_of(value["sha256"], f"{what}: the hash of a policy")
                name = f"policy {value['name']}, version {value['version']}"
                self._policies.setdefault(digest, f"{name}, named at {what}")
            value = list(value.values())
        for inner in value:
            if isinstance(inner, dict | list):
                self._named_policies(inner, what)

    def _csv(self, header: Header, event: dict[str, Any] | None) -> None:
        row = self._row()
        if row is None:
            raise Fault("missing", f"{header}, in events.csv")
        *cells, data = row or [""]
        what = f"{header}: events.csv"
        told = read_json(data, what) if data else None
        expected = csv_row(header.index, header.stream, event)
        if cells != expected or not same(told, (event or {}).get("data")):
            raise Fault("altered", f"{what} has something else")

    def _proof(self, header: Header) -> None:
        line = next(self._proofs, None)
        if line is None:
            raise Fault("missing", f"{header}, in proofs.jsonl")
        what = f"{header}: its proof"
        keys = ("position", "index", "size", "leaf_hash", "proof")
        said = read_object(line, what, keys)
        place = (said["position"], said["index"], said["size"])
        hashes, size = said["proof"], self.checkpoint.size
        if place != (header.position, header.index, size) or type(hashes) is not list:
            raise Fault("altered", f"{what} is of another place")
        leaf = unpacked(said["leaf_hash"], what, 32)
        proof = [unpacked(one, what, 32) for one in hashes]
        if root_of_proof(header.index, size, leaf, proof) != self.checkpoint.root:
            raise Fault("altered", f"{what} does not lead to the signed root")
        if leaf != self._tree.last:
            raise Fault("altered", f"{header}: its header is not the sealed one")

    # After the last line

    def _ends(self) -> None:
        size, there = self.checkpoint.size, self._tree.size
        if there < size:
            text = f"{size - there} headers after position {self._last_position}"
            raise Fault("missing", text)
        if self._tree.root() != self.checkpoint.root:
            text = f"a header outside of the scope, after index {self._agreed}"
            raise Fault("altered", f"{text}: the headers do not make the signed root")
        if next(self._proofs, None) is not None:
            raise Fault("extra", "proofs.jsonl has more than the events")
        if self._row() is not None:
            raise Fault("extra", "events.csv has more than the events")
        for ticket, version in (self._scope.tickets or {}).items():
            if version == 0:
                raise Fault("missing", f"stream {shown(ticket)}: it has no event")

    def _policy_documents(self) -> None:
        for name in self.bundle.names:
            if name.startswith("policies/"):
                self.bundle.read(name)
        self.bundle.read("verify.py")
        there = {h for n, h in self.bundle.sha256.items() if n.startswith("policies/")}
        for digest, what in self._policies.items():
            if digest not in there:
                raise Fault("missing", shown(what))

    def _hashes(self, files: dict[str, Any]) -> None:
        for name, digest in files.items():
            if self.bundle.sha256.get(name) != digest:
                raise Fault("altered", f"file {shown(name)}: not of this manifest")


def _pinned(pinned: str | None, said: Any, kind: int, option: str) -> Key:
    """The key to believe: the one that the auditor brought, if they did."""
    what = "keys.json: log_key" if kind == LOG else "keys.json: witness_key"
    if pinned is None:
        return Key.read(said, kind, what)
    try:
        key = Key.read(pinned, kind, option)
    except Fault as error:
        raise Fault("usage", str(error)) from error
    if said is not None and Key.read(said, kind, what) != key:
        raise Fault("signature", f"{what} is not the key that you gave")
    return key


def _after(index: Any, header: Header) -> bool:
    return isinstance(index, int) and index > header.index


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def verify(
    path: Path,
    log_key: str | None = None,
    witness_key: str | None = None,
    known: Path | None = None,
) -> Report:
    """Raises Fault, and nothing else whatever the bundle is."""
    try:
        checkpoints = read_known(known) if known else []
        with Bundle(path) as bundle:
            return Verification(bundle, checkpoints).run(log_key, witness_key)
    except ImportError as error:
        text = "this needs the package cryptography: pip install cryptography"
        raise Fault("usage", text) from error
    except Fault:
        raise
    except Exception as error:  # a trap is a finding, not a crash
        raise Fault("altered", "the bundle cannot be read") from error


class _Arguments(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Fault("usage", shown(message))


def _arguments(given: list[str] | None) -> argparse.Namespace:
    if tuple(sys.version_info) < OLDEST:
        raise Fault("usage", "this needs Python 3.11 or a later one")
    about = __doc__ or ""
    form = argparse.RawDescriptionHelpFormatter
    parser = _Arguments("verify.py", description=about, formatter_class=form)
    parser.add_argument("bundle", metavar="BUNDLE", type=Path)
    parser.add_argument("--log-key", metavar="VKEY")
    parser.add_argument("--witness-key", metavar="VKEY")
    parser.add_argument("--known", metavar="FILE", type=Path)
    return parser.parse_args(given)


def lines(report: Report) -> Iterator[str]:
    """The verdict, and what it is about."""
    events = _counted(report.events, "event")
    yield f"intact: {events}, none missing, in a log of {report.size}"
    yield f"  scope: {shown(report.scope)}"
    yield f"  log: {shown(report.origin)}, {report.size} events, root {report.root}"
    for note in report.notes:
        yield f"  note: {note}"


def main(given: list[str] | None = None) -> int:
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        asked = _arguments(given)
        report = verify(asked.bundle, asked.log_key, asked.witness_key, asked.known)
    except Fault as fault:
        sys.stdout.write(f"{fault}\n")
        return EXIT_CODES[fault.kind]
    sys.stdout.write("\n".join(lines(report)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
