"""The database against what is known outside of it: every leaf made again from the
stored events, every root of a checkpoint from the leaves. Memory stays flat.

The outside file is read first. A checkpoint is in it only after its leaves are stored,
so whatever the file knows, a snapshot of the database that is taken later must have.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from domain.audit.checkpoint import Checkpoint, opened
from domain.audit.leaf import Leaf, microseconds
from domain.audit.merkle import HASH_SIZE, Frontier, perfect_root
from domain.audit.note import Note, NoteError, VerifierKey
from domain.audit.tiles import WIDTH, Tile
from infra.audit.offline.verify import Fault, shown
from infra.audit.signing import verify

ROWS = 2_000
"""Fetched at once."""
Advance = Callable[[int, int], None]
"""How many leaves are done, of how many."""
Row = tuple[int, str, int, str, Any, bytes]


@dataclass
class LiveReport:
    """What was in order."""

    origin: str = ""
    size: int = 0
    root: str = ""
    unsealed: int = 0
    checkpoints: int = 0
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Known:
    """A root that the log must have had at a size; `where`: who knows it."""

    checkpoint: Checkpoint
    where: str


@dataclass(frozen=True)
class Tree:
    id: int
    origin: str
    log_key: str
    size: int


class LiveVerification:
    """`outside`: signed checkpoints, in the order in which they were signed; `kept`: by
    whoever verifies, in any order. `key`: the log's, from outside the database; None:
    only the database has one. `witnessed`: what a witness has seen, by its own state.
    """

    def __init__(
        self,
        url: str,
        outside: Sequence[bytes],
        key: VerifierKey | None,
        *,
        witnessed: Sequence[Known] = (),
        kept: Sequence[bytes] = (),
        advance: Advance = lambda *_: None,
    ) -> None:
        self._url, self._outside, self._key = url, outside, key
        self._witnessed, self._kept, self._advance = witnessed, kept, advance
        self.report = LiveReport()

    def run(self) -> LiveReport:
        """Raises Fault; psycopg's errors if the database is away."""
        with psycopg.connect(self._url, connect_timeout=5) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            tree = self._tree(connection)
            key = self._key or VerifierKey.parse(tree.log_key)
            known = [*self._of_file(tree, key), *self._of_others(tree, key)]
            known += self._of_database(connection, tree, key, known)
            known.sort(key=lambda one: one.checkpoint.size)
            self._refuse_older(connection, tree, known)
            root = Comparison(connection, tree, known, self._advance).run()
            self._refuse_holes(connection)
            self._rest(connection, tree)
        self.report.root, self.report.checkpoints = root.hex(), len(known)
        return self.report

    def _tree(self, connection: psycopg.Connection) -> Tree:
        found = connection.execute(
            "SELECT id, origin, log_key, size FROM audit_trees ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if found is None:
            if self._outside or self._kept:
                raise Fault("fork", "the database has no tree, and checkpoints of one")
            raise Fault("missing", "nothing is sealed yet: is the sealer running?")
        tree = Tree(*found)
        self.report.origin, self.report.size = tree.origin, tree.size
        if self._key is None:
            text = "the log's key is from the database: the data directory has none"
            self.report.notes.append(text)
        elif (tree.origin, tree.log_key) != (self._key.name, self._key.encoded):
            text = f"the tree of the database is of another key: {shown(tree.log_key)}"
            raise Fault("signature", text)
        return tree

    def _of_file(self, tree: Tree, key: VerifierKey) -> Iterator[Known]:
        others, size = 0, 0
        for number, raw in enumerate(self._outside, 1):
            where = f"checkpoint {number} of the file outside the database"
            checkpoint = _signed(raw, key, where)
            if checkpoint is None:
                others += 1
            elif checkpoint.size < size:
                text = f"{where} has {checkpoint.size} events, the one before it {size}"
                raise Fault(
                    "fork", f"an old checkpoint stands after newer ones: {text}"
                )
            else:
                size = checkpoint.size
                yield Known(checkpoint, where)
        if others:
            text = f"{others} checkpoints in the file are of a log before this one"
            self.report.notes.append(f"{text}; {shown(tree.origin)} was begun anew")

    def _of_others(self, tree: Tree, key: VerifierKey) -> Iterator[Known]:
        for known in self._witnessed:
            if known.checkpoint.origin == tree.origin:
                yield known
        for raw in self._kept:
            checkpoint = _signed(raw, key, "--known")
            if checkpoint is None:
                raise Fault("signature", f"--known is not of {shown(key.name)}")
            yield Known(checkpoint, "a checkpoint that you kept")

    @staticmethod
    def _of_database(
        connection: psycopg.Connection,
        tree: Tree,
        key: VerifierKey,
        known: Sequence[Known],
    ) -> list[Known]:
        """One that the file has too was verified with it."""
        same = {one.checkpoint for one in known}
        found = []
        for size, root, note in connection.execute(
            "SELECT size, root, note FROM audit_checkpoints WHERE tree = %s", (tree.id,)
        ):
            published, where = Checkpoint(tree.origin, size, root), "a published one"
            if published in same:
                continue
            if _signed(note.encode(), key, f"the checkpoint of {size}") != published:
                text = f"the published checkpoint of {size} events: another note"
                raise Fault("signature", text)
            found.append(Known(published, where))
        return found

    @staticmethod
    def _refuse_older(
        connection: psycopg.Connection, tree: Tree, known: Sequence[Known]
    ) -> None:
        newest = known[-1] if known else None
        if newest is None or newest.checkpoint.size <= tree.size:
            return
        row = connection.execute(
            "SELECT coalesce(max(notification_id), 0) FROM stored_events"
        ).fetchone()
        last = row[0] if row else 0
        text = f"older than what is known: {tree.size} events are sealed here, and"
        raise Fault(
            "fork",
            f"{text} {newest.where} has {newest.checkpoint.size}; the log ends at"
            f" position {last}",
        )

    @staticmethod
    def _refuse_holes(connection: psycopg.Connection) -> None:
        """The versions of a stream are 1, 2, 3 …"""
        found = connection.execute(
            "SELECT originator_id, count(*), max(originator_version)"
            " FROM stored_events GROUP BY originator_id"
            " HAVING count(*) <> max(originator_version) LIMIT 1"
        ).fetchone()
        if found:
            stream, count, last = found
            text = f"stream {shown(stream)} has {count} events up to version {last}"
            raise Fault("missing", text)

    def _rest(self, connection: psycopg.Connection, tree: Tree) -> None:
        row = connection.execute(
            "SELECT count(*) FROM stored_events WHERE notification_id >"
            " (SELECT position FROM audit_trees WHERE id = %s)",
            (tree.id,),
        ).fetchone()
        self.report.unsealed = row[0] if row else 0


def _signed(raw: bytes, key: VerifierKey, where: str) -> Checkpoint | None:
    """None for one of another log. Raises Fault."""
    try:
        checkpoint = Checkpoint.parse(Note.parse(raw).text)
        if checkpoint.origin != key.name:
            return None
        return opened(raw, key, verify)[0]
    except NoteError as error:
        raise Fault("signature", f"{where}: {shown(str(error))}") from error


class Comparison:
    """Rows of the log and leaves of the tree, side by side and in order."""

    def __init__(
        self,
        connection: psycopg.Connection,
        tree: Tree,
        known: Sequence[Known],
        advance: Advance,
    ) -> None:
        self._connection, self._tree, self._advance = connection, tree, advance
        self._known, self._done = known, 0
        self._made, self._agreed = Frontier(), 0
        self._position = self._agreed_position = 0
        self._levels: list[list[bytes]] = []

    def run(self) -> bytes:
        """The root of the tree."""
        self._stored = self._upper_tiles()
        rows = self._rows()
        row = next(rows, None)
        for tile, positions, hashes in self._tiles():
            row = self._compare(tile, positions, hashes, rows, row)
            self._advance(self._made.size, self._tree.size)
        if self._made.size < self._tree.size:
            text = f"leaf {self._made.size} and those after it, in the stored tree"
            raise Fault("missing", text)
        return self._made.root()

    def _compare(
        self,
        tile: int,
        positions: Sequence[int],
        hashes: bytes,
        rows: Iterator[Row],
        row: Row | None,
    ) -> Row | None:
        made = []
        for place, position in enumerate(positions):
            index = tile * WIDTH + place
            if row is None or row[0] > position:
                raise Fault("missing", f"position {position}, index {index}")
            leaf = _leaf(index, row)
            if row[0] < position:
                raise Fault("extra", f"{_words(leaf)}, is not in the tree")
            found, at = leaf.hash, place * HASH_SIZE
            if found != hashes[at : at + HASH_SIZE]:
                raise Fault("altered", f"{_words(leaf)}")
            made.append(found)
            self._add(found, position)
            row = next(rows, None)
        if len(made) == WIDTH:
            self._refuse_upper(1, tile, perfect_root(made))
        return row

    def _add(self, leaf: bytes, position: int) -> None:
        self._made.append(leaf)
        self._position = position
        while self._done < len(self._known):
            one = self._known[self._done]
            if one.checkpoint.size > self._made.size:
                break
            self._done += 1
            if one.checkpoint.size == 0:
                continue
            if one.checkpoint.root != self._made.root():
                text = f"after position {self._agreed_position} and up to {position}"
                raise Fault("fork", f"{text}: {one.where} has another root")
            self._agreed_position = position

    def _refuse_upper(self, level: int, index: int, root: bytes) -> None:
        """The stored hash of a finished tile, in the tile above it."""
        above = self._stored.get((level, index // WIDTH), b"")
        at = index % WIDTH * HASH_SIZE
        if above[at : at + HASH_SIZE] != root:
            text = f"the stored tree, level {level}, up to position {self._position}"
            raise Fault("altered", text)
        while len(self._levels) < level:
            self._levels.append([])
        row = self._levels[level - 1]
        row.append(root)
        if len(row) == WIDTH:
            self._levels[level - 1] = []
            self._refuse_upper(level + 1, index // WIDTH, perfect_root(row))

    def _upper_tiles(self) -> dict[Tile, bytes]:
        found = self._connection.execute(
            "SELECT level, index, hashes FROM audit_tiles"
            " WHERE tree = %s AND level > 0",
            (self._tree.id,),
        )
        return {(level, index): hashes for level, index, hashes in found}

    def _tiles(self) -> Iterator[tuple[int, Sequence[int], bytes]]:
        """Those of the leaves, without holes."""
        with self._connection.cursor("tiles", binary=True) as cursor:
            cursor.itersize = 16
            cursor.execute(
                "SELECT index, positions, hashes FROM audit_tiles"
                " WHERE tree = %s AND level = 0 ORDER BY index",
                (self._tree.id,),
            )
            for number, (index, positions, hashes) in enumerate(cursor):
                left = self._tree.size - number * WIDTH
                if index != number or len(positions) < min(left, WIDTH):
                    text = f"leaf {number * WIDTH} or one after it, in the stored tree"
                    raise Fault("missing", text)
                yield index, positions[:left], hashes

    def _rows(self) -> Iterator[Row]:
        with self._connection.cursor("events", binary=True) as cursor:
            cursor.itersize = ROWS
            cursor.execute(
                "SELECT notification_id, originator_id, originator_version, topic,"
                " recorded_at, state FROM stored_events ORDER BY notification_id"
            )
            yield from cursor


def _leaf(index: int, row: Row) -> Leaf:
    """Not hashed by the database: it is the one under suspicion."""
    position, stream, version, topic, recorded_at, state = row
    digest = hashlib.sha256(state).digest()
    return Leaf(
        index, position, stream, version, topic, microseconds(recorded_at), digest
    )


def _words(leaf: Leaf) -> str:
    stream = shown(leaf.stream)
    return f"position {leaf.position}, stream {stream}, version {leaf.version}"
