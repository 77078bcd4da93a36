"""A bundle for an auditor, written as the log is read: memory stays flat however long
the log is. The lists grow side by side in files, and are packed at the end.
"""

import asyncio
import hashlib
import json
import shutil
import zipfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO
from urllib.parse import quote

from domain.audit.facts import ExportCompleted, ExportRequested
from domain.audit.merkle import Node
from domain.audit.tiles import Tile, hash_in
from domain.configuration.configuration import Configuration
from domain.event import Json
from infra.audit.bundle_records import (
    Lines,
    Row,
    Stored,
    add_event,
    header_line,
    proof_line,
    stored,
)
from infra.audit.offline import verify
from infra.audit.sealed_leaves import Leaves, SealedLeaves, SealedTree
from infra.eventstore.sealing import Keys
from infra.postgres.database import Database

LISTS = ("headers.jsonl", "events.jsonl", "events.csv", "proofs.jsonl")
BUFFER = 1 << 20
FindKeys = Callable[[set[str]], Awaitable[Keys]]


@dataclass(frozen=True, kw_only=True)
class Sources:
    database: Database
    sealed: SealedLeaves
    config: Callable[[], Awaitable[Configuration]]
    person_keys: FindKeys
    now: Callable[[], datetime]


class Draft:
    """The lists of a bundle in a folder of their own, and their hashes."""

    def __init__(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(mode=0o700, parents=True)
        self.folder, self.events = folder, 0
        self.policies: set[str] = set()
        self._files: dict[str, IO[bytes]] = {
            name: (folder / name).open("wb", BUFFER) for name in LISTS
        }
        self.hashes = {name: hashlib.sha256() for name in LISTS}
        header = ",".join(verify.COLUMNS)
        self._write("events.csv", [f"\ufeff{header}\r\n".encode()])

    def add(self, lines: Lines) -> None:
        self._write("headers.jsonl", lines.headers)
        self._write("events.jsonl", lines.events)
        self._write("events.csv", lines.table)
        self._write("proofs.jsonl", lines.proofs)
        self.events += len(lines.events)
        self.policies |= lines.policies

    def close(self) -> None:
        for file in self._files.values():
            file.close()

    def _write(self, name: str, lines: Sequence[bytes]) -> None:
        text = b"".join(lines)
        self._files[name].write(text)
        self.hashes[name].update(text)


async def write_bundle(
    sources: Sources,
    tree: SealedTree,
    wanted: ExportRequested,
    path: Path,
    advance: Callable[[float], Awaitable[None]],
) -> ExportCompleted:
    """The file is there completely or not at all."""
    draft = Draft(path.with_suffix(".draft"))
    try:
        await _fill(sources, tree, wanted, draft, advance)
        draft.close()
        policies = documents(await sources.config(), draft.policies)
        small = _small_files(tree, policies)
        manifest = _manifest(sources.now(), tree, wanted, draft, small)
        small |= {"manifest.json": _text(manifest)}
        packed = await asyncio.to_thread(_pack, draft.folder, small)
        size, digest = await asyncio.to_thread(_hashed, packed)
        packed.replace(path)
    finally:
        draft.close()
        shutil.rmtree(draft.folder, ignore_errors=True)
    return ExportCompleted(
        events=draft.events, size=tree.size, bytes=size, sha256=digest
    )


async def _fill(
    sources: Sources,
    tree: SealedTree,
    wanted: ExportRequested,
    draft: Draft,
    advance: Callable[[float], Awaitable[None]],
) -> None:
    upper = await sources.sealed.upper_tiles(tree)
    async for leaves, rows in _side_by_side(sources, tree, wanted):
        found = await asyncio.to_thread(_in_scope, rows)
        keys = await sources.person_keys({i for one in found for i in one.key_ids()})
        part = Part(leaves, rows, found, keys, clear=wanted.personal == "clear")
        proving = Proving(tree.size, {**upper, **leaves.tiles})
        lines = await asyncio.to_thread(part.rendered, proving)
        await asyncio.to_thread(draft.add, lines)
        await advance((leaves.first + len(leaves.positions)) / max(tree.size, 1))


def _in_scope(rows: Sequence[Row]) -> list[Stored]:
    return [one for row in rows if (one := stored(row))]


async def _side_by_side(
    sources: Sources, tree: SealedTree, wanted: ExportRequested
) -> AsyncIterator[tuple[Leaves, list[Row]]]:
    """The leaves, and the rows of the log from where the last ones ended."""
    after = 0
    async for leaves in sources.sealed.leaves(tree):
        if not leaves.positions:
            continue
        last = leaves.positions[-1]
        rows = await sources.database.rows(
            _ROWS,
            {
                "after": after,
                "last": last,
                "tickets": list(wanted.tickets),
                "since": wanted.since,
                "until": wanted.until,
            },
        )
        yield leaves, [Row(*row) for row in rows]
        after = last


_ROWS = """
SELECT notification_id, originator_id, originator_version, topic, recorded_at,
    sha256(state), CASE WHEN originator_id = ANY(%(tickets)s::text[])
        OR (recorded_at >= %(since)s::timestamptz
            AND recorded_at < %(until)s::timestamptz) THEN state END
FROM stored_events WHERE notification_id > %(after)s AND notification_id <= %(last)s
ORDER BY notification_id
"""


class Proving:
    """The hash of each node, remembered: events beside each other share most."""

    def __init__(self, size: int, tiles: Mapping[Tile, bytes]) -> None:
        self.size = size
        self._hash_of = hash_in(tiles)
        self._known: dict[Node, bytes] = {}

    def hash_of(self, node: Node) -> bytes:
        known = self._known.get(node)
        if known is None:
            known = self._known[node] = self._hash_of(node)
        return known


@dataclass(frozen=True)
class Part:
    """Some leaves of the tree and the rows of the log beside them; `found`: of these
    rows those in scope.
    """

    leaves: Leaves
    rows: Sequence[Row]
    found: Sequence[Stored]
    keys: Keys
    clear: bool

    def rendered(self, proving: Proving) -> Lines:
        """Joined by position: either side can lack what the other has."""
        lines, first = Lines(), self.leaves.first
        places = {at: place for place, at in enumerate(self.leaves.positions)}
        rows = {row.position: row for row in self.rows}
        found = {one.row.position: one for one in self.found}
        for position in sorted(rows.keys() | places.keys()):
            row, place = rows.get(position), places.get(position)
            index = None if place is None else first + place
            if index is not None:
                lines.headers.append(header_line(index, position, row))
            if row is None or position not in found:
                continue
            add_event(lines, found[position], index, self.keys, clear=self.clear)
            if place is not None:
                leaf, sealed = row.leaf(first + place), self.leaves.hashes[place]
                proof = proof_line(leaf, sealed, proving.size, proving.hash_of)
                lines.proofs.append(proof)
        return lines


def documents(config: Configuration, wanted: set[str]) -> dict[str, bytes]:
    """Those of these hashes, as the text that has the hash."""
    found: dict[str, bytes] = {}
    for (kind, name), entry in config.entries.items():
        for version in entry.versions:
            if version.sha256 not in wanted:
                continue
            document = version.resolved or version.document
            path = f"policies/{kind}/{quote(name, safe='')}-{version.version}.json"
            found[path] = canonical(document)
    return found


def canonical(document: Json) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def _small_files(tree: SealedTree, policies: dict[str, bytes]) -> dict[str, bytes]:
    keys = {
        "origin": tree.origin,
        "log_key": tree.log_key,
        "witness_key": tree.witness_key,
    }
    return {
        **policies,
        "checkpoint.txt": tree.note.encode(),
        "keys.json": _text(keys),
        "verify.py": Path(verify.__file__).read_bytes(),
    }


def _manifest(
    at: datetime,
    tree: SealedTree,
    wanted: ExportRequested,
    draft: Draft,
    small: Mapping[str, bytes],
) -> Json:
    scope: Json = {"tickets": list(wanted.tickets)}
    if wanted.since is not None and wanted.until is not None:
        scope = {"from": wanted.since.isoformat(), "to": wanted.until.isoformat()}
    hashes = {name: hashlib.sha256(content) for name, content in small.items()}
    return {
        "format": verify.FORMAT,
        "origin": tree.origin,
        "size": tree.size,
        "created_at": at.isoformat(),
        "scope": scope,
        "personal": wanted.personal,
        "files": {n: h.hexdigest() for n, h in {**draft.hashes, **hashes}.items()},
    }


def _text(value: object) -> bytes:
    return json.dumps(value, indent=2, ensure_ascii=False).encode() + b"\n"


def _pack(folder: Path, small: Mapping[str, bytes]) -> Path:
    """What a person opens first stands first."""
    packed = folder / "bundle.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as out:
        for name in sorted(small, key=lambda one: (one != "manifest.json", one)):
            out.writestr(name, small[name])
        for name in LISTS:
            out.write(folder / name, name)
            (folder / name).unlink()
    return packed


def _hashed(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    return path.stat().st_size, digest.hexdigest()
