"""`pledge audit restart`: the way out when the sealer refuses to sign, for good.

In this order, so that it can be repeated after a crash at any point: the new key is
made beside the old one; the event is recorded, which names the new key; the new key
takes the place of the old one, which is kept under another name. The sealer notices the
new file, finds the event, and begins a tree.
"""

import contextlib
import getpass
import os
import secrets
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from activities.ports import Caller, EventStore, NewId, Now
from activities.recording import recorded
from domain.audit.checkpoint import Checkpoint
from domain.audit.facts import LOG_STREAM, LogRestarted
from domain.audit.merkle import EMPTY_ROOT
from domain.audit.note import ED25519, Note, VerifierKey
from domain.audit.restart import next_origin
from domain.event import SYSTEM, Event
from infra.audit.log_key import log_key_file, outside_path
from infra.audit.outside_file import OutsideFile
from infra.audit.signing import new_key, provided_key, read_key
from infra.audit.tree_table import TreeTable
from infra.audit.witness_state import add_log
from infra.process.secret_files import sync_folder


@dataclass(frozen=True)
class Restarting:
    data_dir: Path
    table: TreeTable
    store: EventStore
    now: Now
    new_id: NewId

    async def restart(self, reason: str) -> LogRestarted:
        """Raises KeyFileError, NoteError; FileNotFoundError if there is no log yet."""
        current = log_key_file(str(self.data_dir))
        following = current.with_name("log.next.key")
        old, last = read_key(current).key, await self._last()
        origin = last.origin if last.size else old.name
        new = provided_key(
            following,
            lambda: new_key(next_origin(origin, secrets.token_hex(4)), ED25519),
        ).key
        fact = LogRestarted(
            origin=origin,
            size=last.size,
            root=b64encode(last.root).decode(),
            reason=reason,
            new_origin=new.name,
            new_log_key=new.encoded,
            requested_by=_account(),
        )

        async def decide(_: list[Event], __: datetime) -> LogRestarted:
            return fact

        caller = self._caller(new)
        done = await recorded(self.store, self.now, LOG_STREAM, decide, caller)
        _let_witness_know(self.data_dir, new)
        _replace(current, following, old)
        assert isinstance(done.fact, LogRestarted)
        return done.fact

    async def _last(self) -> Checkpoint:
        """What was signed last: by the file outside, or if that is lost, the
        database.
        """
        found = Checkpoint("", 0, EMPTY_ROOT)
        for raw in OutsideFile(outside_path(str(self.data_dir))).notes():
            found = Checkpoint.parse(Note.parse(raw).text)
        published = await self.table.newest()
        return published.checkpoint if published and not found.size else found

    def _caller(self, new: VerifierKey) -> Caller:
        """The same command for the same new key, so that it is recorded once."""
        command = f"audit-restart:{new.id.hex()}"
        return Caller(
            command_id=command,
            request_sha256="",
            attempt=self.new_id(),
            actor=SYSTEM,
            correlation_id=command,
            channel="command line",
        )


def _let_witness_know(data_dir: Path, key: VerifierKey) -> None:
    """The one of `pledge up`. A witness elsewhere must be told by its own operator."""
    folder = data_dir / "witness"
    if folder.is_dir():
        add_log(folder, key)


def _replace(current: Path, following: Path, old: VerifierKey) -> None:
    retired = current.with_name(f"log.{old.id.hex()}.retired.key")
    with contextlib.suppress(FileExistsError):
        retired.hardlink_to(current)
    following.replace(current)
    sync_folder(current.parent)


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
