"""What a witness does, by https://c2sp.org/tlog-witness: it cosigns a checkpoint only
if the log begins with the last one that it cosigned for the same log.
"""

import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.audit.checkpoint import LARGEST, Checkpoint
from domain.audit.merkle import (
    EMPTY_ROOT,
    HASH_SIZE,
    ProofError,
    verify_consistency,
)
from domain.audit.note import (
    Note,
    NoteError,
    SignatureError,
    VerifierKey,
    Verify,
    base64_of,
)

MOST_HASHES = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
Status = Literal[400, 403, 404, 409, 422]


class WitnessRefusal(Exception):  # noqa: N818 - an answer, not a fault
    """`status`: of HTTP. `latest`: of 409, the size that was cosigned last, if the
    caller's old size was another one.
    """

    @property
    def is_evidence(self) -> bool:
        """The log has signed two checkpoints that contradict each other, or cannot
        show that they do not.
        """
        return self.status in (409, 422) and self.latest is None

    def __init__(self, status: Status, message: str, latest: int | None = None) -> None:
        self.status, self.latest = status, latest
        super().__init__(message)


@dataclass(frozen=True)
class Submission:
    """`old`: the size from which `proof` leads to the checkpoint in `note`."""

    old: int
    proof: tuple[bytes, ...]
    note: Note

    @property
    def encoded(self) -> bytes:
        hashes = "".join(f"{b64encode(one).decode()}\n" for one in self.proof)
        return f"old {self.old}\n{hashes}\n".encode() + self.note.encoded

    @classmethod
    def parse(cls, body: bytes) -> "Submission":
        """Raises WitnessRefusal 400."""
        head, gap, raw = body.partition(b"\n\n")
        try:
            first, *hashes = head.decode("ascii").split("\n")
            note = Note.parse(raw)
        except (UnicodeDecodeError, NoteError) as error:
            raise WitnessRefusal(400, str(error)) from error
        old = _OLD.fullmatch(first)
        if not gap or old is None or int(old[1]) > LARGEST:
            raise WitnessRefusal(400, "the first line must be: old <size>")
        if len(hashes) > MOST_HASHES:
            raise WitnessRefusal(400, f"a proof has at most {MOST_HASHES} hashes")
        return cls(int(old[1]), tuple(map(_hash, hashes)), note)


def judge(
    asked: Submission,
    logs: Iterable[VerifierKey],
    latest: Checkpoint | None,
    verify: Verify,
) -> Checkpoint:
    """The checkpoint, if it may be cosigned. `logs`: the keys of the logs that are
    witnessed; `latest`: what was cosigned last for this origin. Raises WitnessRefusal.
    """
    try:
        head = Checkpoint.parse(asked.note.text)
    except NoteError as error:
        raise WitnessRefusal(400, str(error)) from error
    keys = [key for key in logs if key.name == head.origin]
    if not keys:
        raise WitnessRefusal(404, f"the log {head.origin!r} is not known here")
    try:
        asked.note.verified_by(keys, verify)
    except SignatureError as error:
        raise WitnessRefusal(403, str(error)) from error
    if asked.old > head.size:
        raise WitnessRefusal(400, f"{head.size} is smaller than the old size")
    known = latest.size if latest else 0
    if asked.old != known:
        raise WitnessRefusal(409, f"the last size is {known}", known)
    if latest and head.size == known and head.root != latest.root:
        raise WitnessRefusal(409, f"another root was cosigned for size {known}")
    _check_proof(asked.proof, latest, head)
    return head


def _check_proof(
    proof: Sequence[bytes], latest: Checkpoint | None, head: Checkpoint
) -> None:
    if head.size == 0 and head.root != EMPTY_ROOT:
        raise WitnessRefusal(422, "the empty log has another root")
    if latest is None or latest.size == 0:
        if proof:
            raise WitnessRefusal(422, "from size 0 there is nothing to prove")
        return
    try:
        verify_consistency(latest.size, head.size, proof, latest.root, head.root)
    except ProofError as error:
        raise WitnessRefusal(422, str(error)) from error


def _hash(text: str) -> bytes:
    found = base64_of(text)
    if found is None or len(found) != HASH_SIZE:
        raise WitnessRefusal(400, f"not a hash in base64: {text[:60]!r}")
    return found
