"""Secrets in files that are made once and that only we can read."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """So that a new name in it survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def kept_secret(path: Path, new: Callable[[], str]) -> bytes:
    """What the file holds; made if it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        # Complete or not at all: another process may be creating it now.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        with draft.open("w", encoding="ascii") as out:
            out.write(new())
            out.flush()
            os.fsync(out.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        sync_folder(path.parent)
    return path.read_bytes()
