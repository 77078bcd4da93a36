"""A folded ticket to bytes and back, and by which fold it was made.

A snapshot is never the truth: one that another fold made, or that the log does not bear
out, is left aside, and the ticket is folded from its first event.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from domain.ticket.ticket import Ticket

SOURCES = (Path(str(files("domain"))), Path(__file__).parent)
"""All that makes a ticket of stored events is in here. More than the fold changes with
it, which costs each long ticket one slow reading after a release.
"""
_ENCODE = msgspec.json.Encoder()
_TICKET = msgspec.json.Decoder(Ticket)


class InexactError(ValueError):
    def __init__(self, ticket_id: str) -> None:
        super().__init__(f"ticket {ticket_id} would not come back as it is")


def freeze(ticket: Ticket) -> bytes:
    """Raises InexactError where something would be lost."""
    try:
        state = _ENCODE.encode(ticket)
        same = thaw(state) == ticket
    except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise InexactError(ticket.id) from error
    if not same:
        raise InexactError(ticket.id)
    return state


def thaw(state: bytes) -> Ticket:
    return _TICKET.decode(state)


@cache
def fold_version() -> str:
    """Whoever changes the state, the fold or a codec makes another one, without having
    to think of it.
    """
    return version_of(SOURCES)


def version_of(folders: Iterable[Path]) -> str:
    """SHA-256 over each source file, and over whose codec we use."""
    digest = hashlib.sha256(msgspec.__version__.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_bytes()
            digest.update(f"\n{path.relative_to(folder)} {len(text)}\n".encode())
            digest.update(text)
    return digest.hexdigest()
