"""One stored event as lines of a bundle, and as the verifier will look at it.

The stored bytes are what counts. What is shown beside them is the event as this release
reads it, without what it would add: a verifier that knows no defaults could not tell
them from an invention.
"""

import base64
import csv
import hashlib
import hmac
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from activities.cloudevents import plain
from domain.audit.leaf import Leaf, microseconds
from domain.audit.merkle import NodeHash, inclusion_proof
from domain.errors import UnreadableError, escaped
from domain.event import Json
from domain.personal import ERASED, MASKED
from infra.audit.offline.verify import Header, as_shown, csv_row
from infra.eventstore.codec import decode

_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True)
class Row:
    """A row of the log; `state` only if it is in scope."""

    position: int
    stream: str
    version: int
    topic: str
    recorded_at: datetime
    state_sha256: bytes
    state: bytes | None

    def leaf(self, index: int) -> Leaf:
        return Leaf(
            index,
            self.position,
            self.stream,
            self.version,
            self.topic,
            microseconds(self.recorded_at),
            self.state_sha256,
        )


@dataclass
class Lines:
    """What is added to each list of the bundle. `policies`: hashes of the documents
    that these events name.
    """

    headers: list[bytes] = field(default_factory=list)
    events: list[bytes] = field(default_factory=list)
    table: list[bytes] = field(default_factory=list)
    proofs: list[bytes] = field(default_factory=list)
    policies: set[str] = field(default_factory=set)


PersonKeys = Mapping[str, bytes]
"""By the id of the key; one that was destroyed is not there."""


def header_line(index: int, position: int, row: Row | None) -> bytes:
    """Without a row the event is gone, and the line says so."""
    header = None if row is None else _b64(row.leaf(index).header)
    return _ENCODE({"index": index, "position": position, "header": header}) + b"\n"


def proof_line(leaf: Leaf, sealed: bytes, size: int, hash_of: NodeHash) -> bytes:
    """`sealed`: the hash that the tree has at this place."""
    proof = inclusion_proof(leaf.index, size, hash_of)
    return (
        _ENCODE(
            {
                "position": leaf.position,
                "index": leaf.index,
                "size": size,
                "leaf_hash": _b64(sealed),
                "proof": [_b64(one) for one in proof],
            }
        )
        + b"\n"
    )


def add_event(
    lines: Lines, row: Row, index: int | None, keys: PersonKeys | None
) -> None:
    """`index`: None, if it is not in the tree. `keys`: None, if personal fields are
    masked.
    """
    assert row.state is not None
    stored = _read(row.state)
    fields = Fields(row, keys)
    event = _shown(row, stored, fields)
    line: Json = {
        "index": index,
        "position": row.position,
        "stream": row.stream,
        "version": row.version,
        "topic": row.topic,
        "recorded_at": row.recorded_at,
        "state": _b64(row.state),
        "event": event,
    }
    if keys is not None:
        line["disclosures"] = fields.disclosures
    lines.events.append(_ENCODE(line) + b"\n")
    lines.table.append(_table_row(index, row.stream, event))
    lines.policies.update(policies_in(stored))


def _read(state: bytes) -> Any:
    try:
        return msgspec.json.decode(state)
    except ValueError:
        return None


def _shown(row: Row, stored: Any, fields: "Fields") -> Json | None:
    header = Header(
        0,
        row.position,
        row.stream,
        row.version,
        row.topic,
        microseconds(row.recorded_at),
        row.state_sha256,
    )
    event = as_shown(header, stored)
    if event is None or row.state is None:
        return event
    try:
        read = decode(row.stream, row.version, row.topic, row.state)
        data = plain(read.fact)
    except UnreadableError:
        data = event["data"]
    event["data"] = fields.filled(data, event["data"], "")
    return event


class Fields:
    """What a reader of the bundle sees of the data of one event."""

    def __init__(self, row: Row, keys: PersonKeys | None) -> None:
        self._row, self._keys = row, keys
        self.disclosures: list[Json] = []

    def filled(self, read: Any, stored: Any, pointer: str) -> Any:
        """`read` as far as it is stored, and the sealed fields as they may be seen."""
        if is_sealed(stored):
            return self._sealed(stored, pointer)
        if isinstance(stored, dict):
            source = read if isinstance(read, dict) else stored
            return {
                key: self.filled(
                    source.get(key, inner), inner, f"{pointer}/{escaped(key)}"
                )
                for key, inner in stored.items()
            }
        if isinstance(stored, list):
            same = isinstance(read, list) and len(read) == len(stored)
            pairs = zip(read if same else stored, stored, strict=True)
            return [
                self.filled(one, inner, f"{pointer}/{place}")
                for place, (one, inner) in enumerate(pairs)
            ]
        return read

    def _sealed(self, sealed: Mapping[str, str], pointer: str) -> Any:
        if self._keys is None:
            return MASKED
        person_key = self._keys.get(sealed["personal"])
        if person_key is None:
            return ERASED
        row = self._row
        bound = (row.stream, str(row.version), row.topic, pointer)
        aad = b"".join(map(_packed, bound))
        salt = base64.b64decode(sealed["salt"])
        key = hmac.digest(person_key, salt + aad, hashlib.sha256)
        nonce = hashlib.sha256(b"nonce" + key).digest()[:12]
        try:
            data = base64.b64decode(sealed["sealed"])
            value = msgspec.json.decode(AESGCM(key).decrypt(nonce, data, aad))
        except (InvalidTag, ValueError):
            return ERASED  # altered; the verifier says so by the hash
        self.disclosures.append({"path": pointer, "key": _b64(key)})
        return value


def is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() == {"personal", "salt", "sealed"}


def person_keys_in(value: Any) -> Iterator[str]:
    """The ids of the keys with which its fields are sealed."""
    if is_sealed(value):
        yield value["personal"]
    elif isinstance(value, dict):
        for inner in value.values():
            yield from person_keys_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from person_keys_in(inner)


def policies_in(value: Any) -> Iterator[str]:
    """The hashes of the documents that it names by name, version and hash."""
    if isinstance(value, dict):
        if value.keys() == {"name", "version", "sha256"}:
            yield str(value["sha256"])
        for inner in value.values():
            yield from policies_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from policies_in(inner)


def _table_row(index: int | None, stream: str, event: Json | None) -> bytes:
    out = io.StringIO()
    cells: Sequence[str] = csv_row(index, stream, event)
    data = "" if event is None else _ENCODE(event["data"]).decode()
    csv.writer(out).writerow([*cells, data])
    return out.getvalue().encode()


def _packed(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
