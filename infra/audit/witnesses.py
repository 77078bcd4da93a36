"""Asking witnesses for cosignatures. One that is slow or away delays no checkpoint: it
is asked in the background, and what it answers is added when it comes.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx

from domain.audit.checkpoint import Checkpoint
from domain.audit.note import Note, NoteError, Signature, VerifierKey
from domain.audit.witnessing import Submission
from infra import metrics
from infra.audit.signing import verify
from infra.audit.witness import SIZE

TIMEOUT_S = 5.0
PROMPT_S = 0.4
"""For so long a checkpoint waits for witnesses that answered promptly before."""
AGAIN_S = 2.0
Prove = Callable[[int, int], Awaitable[Sequence[bytes]]]
"""The consistency proof between two sizes of the tree."""


class WitnessError(Exception):
    """It does not cosign, and why."""


@dataclass(frozen=True)
class WitnessAddress:
    key: VerifierKey
    url: str


@dataclass(frozen=True)
class Cosigned:
    size: int
    witness: VerifierKey
    signature: Signature


def parse_witnesses(text: str) -> list[WitnessAddress]:
    """`<verifier key> <URL>`, separated by commas. Raises ValueError."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        key, _, url = part.partition(" ")
        try:
            parsed = VerifierKey.parse(key)
        except NoteError as error:
            raise ValueError(str(error)) from error
        if urlsplit(url.strip()).scheme not in ("http", "https"):
            raise ValueError(f"{part!r} is not <verifier key> <URL>")
        found.append(WitnessAddress(parsed, url.strip().rstrip("/")))
    return found


class Witness:
    """`wrong`: why it did not cosign last time."""

    def __init__(self, address: WitnessAddress, http: httpx.AsyncClient) -> None:
        self.address, self._http = address, http
        self.cosigned: Checkpoint | None = None
        self.wrong: str | None = None
        self.again_at = 0.0
        self.task: asyncio.Task[Cosigned | None] | None = None
        self._known: tuple[str, int] = ("", 0)

    @property
    def name(self) -> str:
        return self.address.key.name

    async def ask(
        self, checkpoint: Checkpoint, note: Note, prove: Prove
    ) -> Cosigned | None:
        """None if it does not cosign now."""
        try:
            signature = await self._cosign(checkpoint, note, prove)
        except (WitnessError, httpx.HTTPError) as error:
            self.wrong = str(error) or type(error).__name__
            self.again_at = time.monotonic() + AGAIN_S
            metrics.WITNESS_AWAY.labels(self.name).set(1)
            return None
        self.wrong, self.cosigned = None, checkpoint
        metrics.WITNESS_AWAY.labels(self.name).set(0)
        return Cosigned(checkpoint.size, self.address.key, signature)

    async def _cosign(
        self, checkpoint: Checkpoint, note: Note, prove: Prove
    ) -> Signature:
        answer = await self._submit(checkpoint, note, prove)
        if answer.status_code == httpx.codes.CONFLICT and _is_size(answer):
            # It knows better what it cosigned last, for example before our restart.
            known = int(answer.text)
            if known > checkpoint.size:
                message = f"has seen {known} events, and the log has {checkpoint.size}"
                raise WitnessError(message)
            self._known = checkpoint.origin, known
            answer = await self._submit(checkpoint, note, prove)
        if not answer.is_success:
            said = answer.text.strip()[:200]
            raise WitnessError(f"refuses ({answer.status_code}): {said}")
        signature = self._verified(note, answer.content)
        self._known = checkpoint.origin, checkpoint.size
        return signature

    async def _submit(
        self, checkpoint: Checkpoint, note: Note, prove: Prove
    ) -> httpx.Response:
        origin, known = self._known
        old = known if origin == checkpoint.origin else 0
        proof = await prove(old, checkpoint.size) if 0 < old < checkpoint.size else ()
        content = Submission(old, tuple(proof), note).encoded
        url = f"{self.address.url}/add-checkpoint"
        return await self._http.post(url, content=content)

    def _verified(self, note: Note, lines: bytes) -> Signature:
        """Other keys of the same witness are ignored."""
        key = self.address.key
        try:
            answer = Note.parse(note.text.encode() + b"\n" + lines)
            return answer.verified_by([key], verify)[key]
        except NoteError as error:
            raise WitnessError(f"answers with no cosignature: {error}") from error


class Witnesses:
    """All of them, each with at most one question at a time. `came_late` is called when
    there is an answer for which nobody waits any more.
    """

    def __init__(
        self,
        addresses: Iterable[WitnessAddress],
        came_late: Callable[[], None] = lambda: None,
    ) -> None:
        self._came_late = came_late
        # No proxy: like the database, a witness is an address of the operator's own.
        self._http = httpx.AsyncClient(timeout=TIMEOUT_S, trust_env=False)
        self.all = [Witness(address, self._http) for address in addresses]

    async def ask(self, checkpoint: Checkpoint, note: Note, prove: Prove) -> None:
        """Waits a moment for those that are prompt."""
        prompt = []
        for witness in self.all:
            is_due = time.monotonic() >= witness.again_at
            if witness.task is None and witness.cosigned != checkpoint and is_due:
                asking = witness.ask(checkpoint, note, prove)
                witness.task = asyncio.create_task(asking)
                if witness.wrong is None:
                    prompt.append(witness.task)
        if prompt:
            _, late = await asyncio.wait(prompt, timeout=PROMPT_S)
            for task in late:
                task.add_done_callback(lambda _: self._came_late())

    def answers(self) -> list[Cosigned]:
        """What came since the last call."""
        found = []
        for witness in self.all:
            if witness.task and witness.task.done():
                answer, witness.task = witness.task.result(), None
                found += [answer] if answer else []
        return found

    async def close(self) -> None:
        self.stop()
        await self._http.aclose()

    def stop(self) -> None:
        for witness in self.all:
            if witness.task:
                witness.task.cancel()
            witness.task = None


def _is_size(answer: httpx.Response) -> bool:
    is_typed = answer.headers.get("Content-Type", "").partition(";")[0] == SIZE
    return is_typed and answer.text.strip().isdecimal()
