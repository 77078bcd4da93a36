"""What a witness keeps, in a folder of its own, outside every database of the logs: its
key, the keys of the logs, and the last checkpoint that it cosigned for each.

A witness that forgot would cosign a fork; so its state is on disk before it answers,
and a key without its state is refused.
"""

import json
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from domain.audit.checkpoint import Checkpoint
from domain.audit.note import COSIGNATURE_V1, NoteError, VerifierKey
from infra.audit.signing import FileSigner, new_key, provided_key
from infra.process.secret_files import sync_folder

KEY, STATE, LOGS, EVIDENCE = "witness.key", "state.json", "logs.txt", "evidence.txt"


class WitnessStateError(Exception):
    """The folder of a witness cannot be used."""


def witness_signer(folder: Path) -> FileSigner:
    """The witness's key; made at the first call, with an empty state beside it. Raises
    KeyFileError, WitnessStateError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    state, key = folder / STATE, folder / KEY
    if key.exists() and not state.exists():
        message = f"{state} is missing: remove {key} too, to begin as another witness"
        raise WitnessStateError(message)
    if not state.exists():
        _replace(state, "{}\n")
    name = f"pledge.local/witness-{secrets.token_hex(4)}"
    return provided_key(key, lambda: new_key(name, COSIGNATURE_V1))


def add_log(folder: Path, key: VerifierKey) -> None:
    """Witness this log from now on, also in a witness that runs already."""
    path = folder / LOGS
    known = path.read_text("utf-8") if path.exists() else ""
    if key.encoded not in known.splitlines():
        _replace(path, f"{known}{key.encoded}\n")


@dataclass
class WitnessState:
    """Used by one process, one request at a time."""

    folder: Path
    _latest: dict[str, Checkpoint] = field(default_factory=dict)
    _logs: list[VerifierKey] = field(default_factory=list)
    _logs_version: tuple[int, int] = (0, 0)

    @classmethod
    def read(cls, folder: Path) -> "WitnessState":
        """Raises WitnessStateError."""
        path = folder / STATE
        try:
            said = json.loads(path.read_text("utf-8"))
            heads = [Checkpoint.parse(text) for text in said.values()]
        except (OSError, ValueError, AttributeError, NoteError) as error:
            raise WitnessStateError(f"{path} cannot be read: {error}") from error
        return cls(folder, {head.origin: head for head in heads})

    def latest(self, origin: str) -> Checkpoint | None:
        return self._latest.get(origin)

    def remember(self, head: Checkpoint) -> None:
        """On disk when it returns. Raises OSError, and then nothing has changed."""
        latest = self._latest | {head.origin: head}
        said = {origin: one.text for origin, one in latest.items()}
        _replace(self.folder / STATE, json.dumps(said, indent=1) + "\n")
        self._latest = latest

    def logs(self) -> list[VerifierKey]:
        """The verifier keys of the file, a line each; it is read again when it was
        changed. Raises WitnessStateError.
        """
        path = self.folder / LOGS
        try:
            found = path.stat()
            version = found.st_ino, found.st_mtime_ns
            if version != self._logs_version:
                lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
                keys = [line for line in lines if line and not line.startswith("#")]
                self._logs = [VerifierKey.parse(key) for key in keys]
                self._logs_version = version
        except FileNotFoundError:
            return []
        except (OSError, ValueError, NoteError) as error:
            raise WitnessStateError(f"{path}: {error}") from error
        return self._logs

    def keep_evidence(self, note: bytes, why: str) -> None:
        """Of a log that has contradicted itself; only its own key can have signed
        this.
        """
        with (self.folder / EVIDENCE).open("ab") as out:
            out.write(b"# " + why.encode() + b"\n\n" + note + b"\n")
            out.flush()
            os.fsync(out.fileno())


def _replace(path: Path, text: str) -> None:
    """The old content or the new one, also after a power cut."""
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(path)
    sync_folder(path.parent)
