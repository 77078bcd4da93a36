"""A folded ticket to bytes and back, and by which fold it was made.

A snapshot is never the source of truth: one made by another fold, or one that does not
agree with the log, is ignored, and the ticket is folded from its first event. It is
encrypted with the key of the ticket's customer, so that erasing them makes it
unreadable.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path

import msgspec

from domain.ticket.ticket import Ticket
from infra.eventstore.sealing import KEY_ID_BYTES, PersonKey, Where, locked, unlocked

SOURCES = (Path(str(files("domain"))), Path(__file__).parent)
"""The source code that turns stored events into a ticket. The fold's id also changes
with unrelated code, which costs each long ticket one slow read after a release."""
_ENCODE = msgspec.json.Encoder()
_TICKET = msgspec.json.Decoder(Ticket)


class InexactError(ValueError):
    def __init__(self, ticket_id: str) -> None:
        super().__init__(f"ticket {ticket_id} would not come back as it is")


def freeze(ticket: Ticket, key: PersonKey) -> bytes:
    """Raises InexactError where something would be lost."""
    try:
        state = _ENCODE.encode(ticket)
        same = _TICKET.decode(state) == ticket
    except (TypeError, ValueError) as error:  # msgspec's errors are ValueErrors
        raise InexactError(ticket.id) from error
    if not same:
        raise InexactError(ticket.id)
    return key.id.encode() + locked(state, key.secret, _place(ticket.id))


def key_id_of(state: bytes) -> str:
    """With which key it is encrypted."""
    return state[:KEY_ID_BYTES].decode()


def thaw(ticket_id: str, state: bytes, secret: bytes) -> Ticket:
    """Raises UnreadableError."""
    plain = unlocked(state[KEY_ID_BYTES:], secret, _place(ticket_id))
    return _TICKET.decode(plain)


def _place(ticket_id: str) -> bytes:
    return Where(ticket_id, 0, "snapshot").associated_data("")


@cache
def fold_version() -> str:
    """A change of the state, the fold or a codec changes the id, without anybody having
    to think of it.
    """
    return version_of(SOURCES)


def version_of(folders: Iterable[Path]) -> str:
    """SHA-256 over each source file, and over the codec libraries."""
    digest = hashlib.sha256(msgspec.__version__.encode())
    for folder in folders:
        for path in sorted(folder.rglob("*.py")):
            text = path.read_bytes()
            digest.update(f"\n{path.relative_to(folder)} {len(text)}\n".encode())
            digest.update(text)
    return digest.hexdigest()
