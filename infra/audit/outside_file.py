"""Every checkpoint of the log, in a file outside the database: a note after the other,
with an empty line between them, for people to read and for anybody to copy.

It is what the sealer believes when the database says otherwise. One process holds it at
a time, by a lock on the file itself: two databases, for example both sides of a
failover, must not be signed into one file.
"""

import fcntl
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from domain.audit.checkpoint import Checkpoint, opened
from domain.audit.note import Note, NoteError, VerifierKey, Verify
from infra.process.secret_files import sync_folder

_TAIL = 64 * 1024
"""Bytes; many times the longest entry."""
_ENTRY = re.compile(
    rb"(?:\A|(?<=\n\n))([^\n]+\n[0-9]+\n[A-Za-z0-9+/=]+\n\n"
    rb"(?:\xe2\x80\x94 [^\n]+\n)+)\n"
)


class OutsideFileError(Exception):
    """It cannot be used, or says what cannot be believed."""


class OutsideFile:
    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def held(self, key: VerifierKey, verify: Verify) -> Iterator["HeldFile"]:
        """Raises OutsideFileError if another process holds it, or if its end is not
        what a log with this key has signed; OSError if it cannot be written.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        is_new = not self.path.exists()
        with self.path.open("a+b", buffering=0) as file:
            _lock(file, self.path)
            if is_new:
                sync_folder(self.path.parent)
            yield HeldFile(file, self.path, key, verify)

    def notes(self) -> Iterator[bytes]:
        """Every whole entry, oldest first; whether it is signed is not looked at."""
        content = self.path.read_bytes() if self.path.exists() else b""
        for found in _ENTRY.finditer(content):
            yield found[1]


def _lock(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise OutsideFileError(f"another process holds {path}") from None


class HeldFile:
    """`last`: the newest checkpoint in it, of whichever log; `note`: as it was signed.
    Both are None in an empty file.
    """

    def __init__(
        self, file: BinaryIO, path: Path, key: VerifierKey, verify: Verify
    ) -> None:
        self._file, self._path = file, path
        self.last: Checkpoint | None = None
        self.note: Note | None = None
        raw = self._last_entry()
        if raw is None:
            return
        try:
            self.note = Note.parse(raw)
            self.last = Checkpoint.parse(self.note.text)
            if self.last.origin == key.name:
                opened(raw, key, verify)
        except NoteError as error:
            raise OutsideFileError(f"the end of {path}: {error}") from error

    def append(self, checkpoint: Checkpoint, note: Note) -> None:
        """On disk when it returns. Raises OSError; then nothing of it counts."""
        end = self._file.seek(0, os.SEEK_END)
        entry = note.encoded + b"\n"
        try:
            while entry:
                entry = entry[self._file.write(entry) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(end)
            raise
        self.last, self.note = checkpoint, note

    def _last_entry(self) -> bytes | None:
        """A crash may have left a part of an entry behind the last whole one. It was
        never published, because publishing comes after it is on disk: it is removed.
        """
        size = self._file.seek(0, os.SEEK_END)
        begin = max(0, size - _TAIL)
        self._file.seek(begin)
        tail = self._file.read(size - begin)
        found = next(iter([*_ENTRY.finditer(tail)][-1:]), None)
        if found is None and begin > 0:
            raise OutsideFileError(f"{self._path} does not end with a checkpoint")
        end = begin + (found.end() if found else 0)
        if end < size:
            self._file.truncate(end)
            os.fsync(self._file.fileno())
        return found[1] if found else None
