"""The data directory: everything `pledge up` keeps, and the only place it writes.

    lock            held while `pledge up` runs on it
    run.json        addresses and process ids, while it runs
    ports.json      the ports chosen the first time
    secrets/        generated passwords and keys, readable by the owner only
    audit/          every signed checkpoint of the log
    witness/        what the witness keeps: its key, and what it has seen
    logs/           one file per child
    postgres/ temporal/ metrics/

Secrets are made once and never printed; what is printed is where they are.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOG_LIMIT_BYTES = 20 * 1024 * 1024
LOGS_KEPT = 4


class DataDirBusyError(Exception):
    def __init__(self, path: Path) -> None:
        super().__init__(f"another `pledge up` is running on {path}")


@dataclass(frozen=True)
class DataDir:
    path: Path

    @property
    def run_file(self) -> Path:
        return self.path / "run.json"

    @property
    def ports_file(self) -> Path:
        return self.path / "ports.json"

    def create(self) -> None:
        if not self.path.exists():
            self.path.mkdir(parents=True)
            # Passable, not listable: PostgreSQL may run under another account below.
            self.path.chmod(0o711)

    def folder(self, name: str) -> Path:
        """Return a folder that only the owner can enter."""
        self.create()
        folder = self.path / name
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def emptied_folder(self, name: str) -> Path:
        shutil.rmtree(self.path / name, ignore_errors=True)
        return self.folder(name)

    def secret_file(self, name: str) -> Path:
        return self.folder("secrets") / name

    def secret(self, name: str, make: Callable[[], str]) -> str:
        """Return the secret of that name, made at the first call."""
        file = self.secret_file(name)
        if not file.exists():
            _write_private(file, make())
        return file.read_text().strip()

    def log(self, name: str) -> Path:
        return self.folder("logs") / f"{name}.log"

    def rotate_logs(self) -> None:
        """Rotate logs that have grown too long. They are copied and emptied, because
        the writers keep the file open (to append, so they continue at the new end).
        """
        for log in (self.path / "logs").glob("*.log"):
            if log.stat().st_size <= LOG_LIMIT_BYTES:
                continue
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = log.with_suffix(f".log.{number}")
                if older.exists():
                    older.replace(log.with_suffix(f".log.{number + 1}"))
            shutil.copyfile(log, log.with_suffix(".log.1"))
            os.truncate(log, 0)

    def ports(self) -> dict[str, int]:
        return dict(_read(self.ports_file))

    def keep_ports(self, ports: Mapping[str, int]) -> None:
        _write_private(self.ports_file, json.dumps(ports, indent=2) + "\n")

    def publish(self, run: Mapping[str, Any]) -> None:
        """Replace run.json in one step: a reader sees the old one or the new one."""
        _write_private(self.run_file, json.dumps(run, indent=2) + "\n")

    def withdraw(self) -> None:
        self.run_file.unlink(missing_ok=True)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory; raises DataDirBusyError when somebody else does."""
        self.create()
        with (self.path / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise DataDirBusyError(self.path) from None
            yield

    def is_held(self) -> bool:
        """Whether a `pledge up` runs on it, even if it has just started."""
        try:
            with (self.path / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        except OSError:
            pass
        return False


def _read(file: Path) -> dict[str, Any]:
    try:
        content = json.loads(file.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _write_private(file: Path, text: str) -> None:
    draft = file.with_name(f".{file.name}.draft")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
