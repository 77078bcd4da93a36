"""Receipts, also for a command that is repeated: the same as the first time, although
it may have written to several streams.
"""

from hashlib import sha256

import msgspec

from activities.ports import Receipt
from infra.postgres.database import Database

PAGE = 20


class _Meta(msgspec.Struct):
    command_id: str


class _Stored(msgspec.Struct):
    meta: _Meta


_STORED = msgspec.json.Decoder(_Stored)


def receipt_of(position: int, state: bytes) -> Receipt:
    """`state`: as it is stored, not encoded again: encryption makes each encoding
    another one.
    """
    return Receipt(position, sha256(state).hexdigest())


async def last_receipt(
    database: Database, command_id: str, position: int, state: bytes
) -> Receipt:
    """Of the last event of a command, of which one event is at this position. What a
    command writes is together in the log. If that event was another command's, it is
    what this one found and left as it was.
    """
    last = receipt_of(position, state)
    if _command_of(state) != command_id:
        return last
    while True:
        rows = await database.rows(
            "SELECT notification_id, state FROM stored_events"
            " WHERE notification_id > %s ORDER BY notification_id LIMIT %s",
            (last.position, PAGE),
        )
        for following, written in rows:
            if _command_of(written) != command_id:
                return last
            last = receipt_of(following, written)
        if len(rows) < PAGE:
            return last


def _command_of(state: bytes) -> str | None:
    try:
        return _STORED.decode(state).meta.command_id
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
