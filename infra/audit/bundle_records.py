"""One stored event as lines of a bundle, and as the verifier will look at it.

The stored bytes are what counts. What is shown beside them is the event as this release
reads it, without what it would add: a verifier that knows no defaults could not tell
them from an invention.
"""

import base64
import csv
import io
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

import msgspec

from activities.cloudevents import plain
from domain.audit.leaf import Leaf, microseconds
from domain.audit.merkle import NodeHash, inclusion_proof
from domain.errors import UnreadableError, escaped
from domain.event import Json
from domain.personal import ERASED, MASKED
from infra.audit.offline.verify import Header, as_shown, csv_row
from infra.eventstore.codec import Read, read
from infra.eventstore.sealing import Keys, Where, field_key

POLICY = {"name", "version", "sha256"}
"""The keys by which an event names a version of a document."""
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


@dataclass(frozen=True)
class Stored:
    """A row in scope. `form`: its bytes as JSON; `read`: as an event. Either is None
    for bytes that are none.
    """

    row: Row
    state: bytes
    form: Any
    read: Read | None

    def key_ids(self) -> Iterator[str]:
        """Of the persons' keys with which its fields are sealed."""
        yield from self.read.key_ids() if self.read else ()


def stored(row: Row) -> Stored | None:
    """None for a row that is not in scope."""
    if row.state is None:
        return None
    try:
        form = msgspec.json.decode(row.state)
    except ValueError:
        return Stored(row, row.state, None, None)
    try:
        event = read(row.stream, row.version, row.topic, row.state)
    except UnreadableError:
        event = None
    return Stored(row, row.state, form, event)


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
    lines: Lines, found: Stored, index: int | None, keys: Keys, *, clear: bool
) -> None:
    """`index`: None, if it is not in the tree. `clear`: personal fields are shown, each
    with the key that opens it.
    """
    row, fields = found.row, Fields(found, keys, clear=clear)
    event = _shown(found, fields)
    line: Json = {
        "index": index,
        "position": row.position,
        "stream": row.stream,
        "version": row.version,
        "topic": row.topic,
        "recorded_at": row.recorded_at,
        "state": _b64(found.state),
        "event": event,
    }
    if clear:
        line["disclosures"] = fields.disclosures
    lines.events.append(_ENCODE(line) + b"\n")
    lines.table.append(_table_row(index, row.stream, event))
    lines.policies.update(policies_in(found.form))


def _shown(found: Stored, fields: "Fields") -> Json | None:
    event = as_shown(Header.read(found.row.leaf(0).header, ""), found.form)
    if event is not None:
        event["data"] = fields.filled(fields.read, event["data"], "")
    return event


class Fields:
    """What a reader of the bundle sees of the data of one event."""

    def __init__(self, found: Stored, keys: Keys, *, clear: bool) -> None:
        row, event = found.row, found.read
        self._where = Where(row.stream, row.version, row.topic)
        self._keys, self._clear = keys, clear
        # Before the event is read, which opens the envelopes where they are.
        self._sealed = {
            place.pointer: dict(cast(Json, place.value))
            for place in (event.sealed if event else ())
        }
        self.disclosures: list[Json] = []
        self.read: object = None
        if event is not None:
            with suppress(UnreadableError):
                self.read = plain(event.event(keys).fact)

    def filled(self, read: Any, stored: Any, pointer: str) -> Any:
        """`read` as far as it is stored, and the sealed fields as they may be seen."""
        if pointer in self._sealed:
            return self._seen(read, self._sealed[pointer], pointer)
        if isinstance(stored, dict):
            known = read if isinstance(read, dict) else stored
            return {
                key: self.filled(known.get(key), inner, f"{pointer}/{escaped(key)}")
                if isinstance(inner, dict | list)
                else known.get(key, inner)
                for key, inner in stored.items()
            }
        if isinstance(stored, list):
            same = isinstance(read, list) and len(read) == len(stored)
            pairs = zip(read if same else stored, stored, strict=True)
            return [
                self.filled(one, inner, f"{pointer}/{place}")
                for place, (one, inner) in enumerate(pairs)
            ]
        return stored if read is None else read

    def _seen(self, value: Any, sealed: Mapping[str, Any], pointer: str) -> Any:
        person_key = self._keys.get(sealed["personal"])
        if person_key is None or self.read is None:
            return ERASED
        if not self._clear:
            return MASKED
        place = self._where.associated_data(pointer)
        key = field_key(person_key, base64.b64decode(sealed["salt"]), place)
        self.disclosures.append({"path": pointer, "key": _b64(key)})
        return value


def policies_in(value: Any) -> Iterator[str]:
    """The hashes of the documents that it names by name, version and hash."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if one.keys() == POLICY:
                yield str(one["sha256"])
            one = one.values()
        elif not isinstance(one, list):
            continue
        waiting += [inner for inner in one if isinstance(inner, dict | list)]


def _table_row(index: int | None, stream: str, event: Json | None) -> bytes:
    out = io.StringIO()
    cells = csv_row(index, stream, event)
    data = "" if event is None else _ENCODE(event["data"]).decode()
    csv.writer(out).writerow([*cells, data])
    return out.getvalue().encode()


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
