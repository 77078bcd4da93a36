"""The key of the log: a file of the data directory, made once, under a name that nobody
else has.
"""

import secrets
from pathlib import Path

from domain.audit.note import ED25519, is_name
from infra.audit.signing import FileSigner, new_key, provided_key

ORIGIN_PREFIX = "pledge.local/"


def log_key_file(data_dir: str) -> Path:
    return Path(data_dir) / "secrets" / "log.key"


def outside_path(data_dir: str) -> Path:
    return Path(data_dir) / "audit" / "checkpoints.txt"


def check_origin(text: str) -> None:
    """Raises ValueError."""
    if not (is_name(text) and text.isascii() and text.isprintable()):
        raise ValueError("must be ASCII, without spaces and plus signs")


def log_signer(data_dir: str, origin: str = "") -> FileSigner:
    """`origin`: of a log that does not exist yet. Raises KeyFileError."""
    name = origin or f"{ORIGIN_PREFIX}{secrets.token_hex(4)}"
    return provided_key(log_key_file(data_dir), lambda: new_key(name, ED25519))
