"""The signed head of a log, by https://c2sp.org/tlog-checkpoint: its origin, its size
and its root, as the text of a signed note.
"""

import re
from base64 import b64encode
from dataclasses import dataclass

from domain.audit.merkle import HASH_SIZE
from domain.audit.note import Note, NoteError, VerifierKey, Verify, base64_of

LARGEST = 2**63 - 1
"""The most leaves; PostgreSQL's bigint."""
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LINES = 3


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """Of the note, without extension lines."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> "Checkpoint":
        """Raises NoteError. Extension lines are skipped, as the specification asks."""
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < _LINES or not text.endswith("\n") or not all(lines):
            raise NoteError("a checkpoint has three lines: origin, size, root")
        origin, size, encoded = lines[:_LINES]
        root = base64_of(encoded)
        if not _SIZE.fullmatch(size) or int(size) > LARGEST:
            raise NoteError(f"not the size of a tree: {size!r}")
        if root is None or len(root) != HASH_SIZE:
            raise NoteError(f"not a root: {encoded!r}")
        return cls(origin, int(size), root)


@dataclass(frozen=True)
class Published:
    """A checkpoint that people can have seen. `tree`: by which id the tree is stored;
    `log_key`: the verifier key; `note`: with all cosignatures so far.
    """

    tree: int
    log_key: str
    checkpoint: Checkpoint
    note: str

    @property
    def size(self) -> int:
        return self.checkpoint.size


def opened(raw: bytes, key: VerifierKey, verify: Verify) -> tuple[Checkpoint, Note]:
    """What the log with this key says in a note. Raises NoteError unless the note is
    well formed, signed by the log, and about the log of the key's name.
    """
    note = Note.parse(raw)
    note.verified_by([key], verify)
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != key.name:
        raise NoteError(f"a checkpoint of {checkpoint.origin!r}, not of {key.name!r}")
    return checkpoint, note
