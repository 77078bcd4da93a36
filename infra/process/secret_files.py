"""Secrets in files that are made once and that only we can read."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path


def kept_secret(path: Path, new: Callable[[], str]) -> bytes:
    """What the file holds; made if it is not there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        # Complete or not at all: another process may be creating it now.
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(new(), "ascii")
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
    return path.read_bytes()
