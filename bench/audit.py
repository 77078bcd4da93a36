"""python -m bench.audit [EVENTS]: what proof costs over a million events.

Real incident histories, repeated under other ids until there are enough, in an embedded
PostgreSQL of its own. Sealing, verifying, exporting and replaying, each beside a bare
SELECT of all rows and a bare hash over the same bytes in the same run; with the most
memory that the step added, which must not grow with the log.
"""

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console
from rich.table import Table

from bench.simulation import EXCERPT, histories
from domain.audit.facts import ExportRequested
from domain.audit.note import ED25519, Note, signed
from domain.configuration.configuration import Configuration
from domain.event import Event
from domain.ticket.evolve import fold
from infra.audit.bundle import Sources, write_bundle
from infra.audit.growing_tree import BATCH, begin_tree, growing
from infra.audit.live import LiveVerification
from infra.audit.offline import verify
from infra.audit.sealed_leaves import SealedLeaves
from infra.audit.signing import FileSigner, new_key
from infra.audit.tree_table import TreeTable
from infra.embedded.data_dir import DataDir
from infra.embedded.ports import free_port
from infra.embedded.postgres import OWNER, Postgres
from infra.eventstore.codec import encode, read
from infra.eventstore.keyring import Keyring
from infra.eventstore.keyring import new_key as new_person_key
from infra.eventstore.master_key import MasterKey, new_master_key
from infra.postgres.database import Database
from infra.postgres.migrations import migrate

EVENTS = 1_000_000
IN_A_PERIOD = 100_000
"""So many are in the scope of the second bundle; the headers of all are in both."""
BEGIN, EVERY = datetime(2026, 1, 1, tzinfo=UTC), timedelta(milliseconds=7)
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_SELECT = (
    "SELECT notification_id, originator_id, originator_version, topic, recorded_at,"
    " state FROM stored_events ORDER BY notification_id"
)


@dataclass
class Step:
    """`seconds`: by the clock; `own`: of this process's processor time."""

    what: str
    events: int
    seconds: float = 0.0
    own: float = 0.0
    mebibytes: float = 0.0


@contextmanager
def measured(what: str, events: int, steps: list[Step]) -> Iterator[None]:
    over, began = threading.Event(), _resident()
    most = [began]

    def watch() -> None:
        while not over.wait(0.05):
            most[0] = max(most[0], _resident())

    watching = threading.Thread(target=watch)
    watching.start()
    wall, own = time.perf_counter(), time.process_time()
    yield
    step = Step(what, events, time.perf_counter() - wall, time.process_time() - own)
    over.set()
    watching.join()
    step.mebibytes = (most[0] - began) / 2**20
    steps.append(step)


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES


def stored(count: int, master: MasterKey, key_rows: list[Any]) -> Iterator[Any]:
    """Rows of the log, ticket by ticket."""
    known, number = histories(EXCERPT), 0
    keys: dict[str, Any] = {}
    at = BEGIN
    while True:
        for events in known.values():
            ticket_id = f"0199c0de-{number:012x}"
            number += 1
            for event in events:
                subject = event.meta.data_subject
                if subject is not None and subject not in keys:
                    keys[subject] = made = new_person_key(subject, master)
                    key_rows.append((made.id, made.subject, made.wrapped))
                moved = replace(event, originator_id=ticket_id)
                state = encode(moved, keys[subject] if subject else None)
                at += EVERY
                yield ticket_id, event.originator_version, event.fact.topic, state, at
                count -= 1
                if count == 0:
                    return


def fill(owner: str, count: int, master: MasterKey) -> None:
    key_rows: list[Any] = []
    with psycopg.connect(owner, autocommit=True) as link:
        with link.cursor().copy(
            "COPY stored_events (originator_id, originator_version, topic, state,"
            " recorded_at) FROM STDIN"
        ) as rows:
            for row in stored(count, master, key_rows):
                rows.write_row(row)
        with link.cursor().copy(
            "COPY pledge_keys.data_keys (key_id, subject, wrapped) FROM STDIN"
        ) as keys:
            for row in key_rows:
                keys.write_row(row)
        link.execute("VACUUM ANALYZE stored_events")


def bare_select(url: str) -> bytes:
    """All bytes of the log, a few thousand rows at a time; their hash."""
    digest = hashlib.sha256()
    with psycopg.connect(url) as link, link.cursor("bare", binary=True) as cursor:
        cursor.itersize = 2_000
        for row in cursor.execute(_SELECT):
            digest.update(row[5])
    return digest.digest()


async def seal(url: str, signer: FileSigner) -> None:
    """As the sealer does it, and one checkpoint at the end."""
    database = Database(url)
    await database.open()
    link = await database.dedicated()
    table = TreeTable(database)
    await begin_tree(link, signer.key)
    tree = await growing(link, table, (await table.trees())[-1])
    while len(await tree.grow(link)) == BATCH:
        pass
    checkpoint = tree.checkpoint()
    signature = signed(checkpoint.text, signer.key, signer.sign)
    await tree.publish(link, checkpoint, Note(checkpoint.text, (signature,)))
    await link.close()
    await database.close()


async def export(
    url: str, master: MasterKey, wanted: ExportRequested, path: Path
) -> None:
    database = Database(url)
    await database.open()
    sealed = SealedLeaves(database)
    sources = Sources(
        database=database,
        sealed=sealed,
        config=_no_configuration,
        person_keys=Keyring(database, master).opening,
        now=lambda: datetime.now(UTC),
    )
    tree = await sealed.newest()
    assert tree is not None
    await write_bundle(sources, tree, wanted, path, _nobody)
    await database.close()


async def _no_configuration() -> Configuration:
    return Configuration()


async def _nobody(_: float) -> None:
    pass


def check(bundle: Path) -> float:
    """By verify.py in a process of its own: its largest memory, in MiB."""
    program = (
        "import pathlib, runpy, sys\n"
        "del sys.argv[0]\n"
        "try: runpy.run_path(sys.argv[0], run_name='__main__')\n"
        "finally: sys.stderr.write(pathlib.Path('/proc/self/status').read_text())"
    )
    argv = [sys.executable, "-I", "-c", program, str(verify.__file__), str(bundle)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    [most] = [line for line in done.stderr.splitlines() if line.startswith("VmHWM")]
    return int(most.split()[1]) / 1024


async def replay(url: str, master: MasterKey) -> None:
    """Every ticket folded from its events, personal fields opened."""
    database = Database(url)
    await database.open()
    keyring, after = Keyring(database, master), ""
    while True:
        rows = await database.rows(
            "SELECT originator_id, originator_version, topic, state FROM stored_events"
            " WHERE originator_id > %s ORDER BY 1, 2 LIMIT 2000",
            (after,),
        )
        if not rows:
            break
        # The last ticket may go on behind this page.
        last = rows[-1][0]
        whole = rows if len(rows) < 2000 else [r for r in rows if r[0] != last]
        found = [read(*row) for row in whole]
        keys = await keyring.opening({i for one in found for i in one.key_ids()})
        streams: dict[str, list[Event]] = {}
        for one in found:
            streams.setdefault(one.stream_id, []).append(one.event(keys))
        for events in streams.values():
            fold(events)
        after = whole[-1][0]
    await database.close()


async def bench(events: int, folder: Path, console: Console) -> None:
    data, steps = DataDir(folder), list[Step]()
    master = MasterKey.parse(new_master_key())
    signer = FileSigner(new_key("bench.local/log", ED25519))
    async with Postgres(data, free_port()) as server:
        url, owner = server.url(), server.url(OWNER)
        migrate(owner)
        await asyncio.to_thread(fill, owner, events, master)
        bare_select(url)  # into the caches
        with measured("bare SELECT and hash of all rows", events, steps):
            bare_select(url)
        with measured("sealed", events, steps):
            await seal(url, signer)
        with measured("verified live", events, steps):
            LiveVerification(url, (), signer.key).run()
        with measured("replayed", events, steps):
            await replay(url, master)
        await bundles(url, master, events, data.folder("exports"), steps)
    console.print(_table(steps))


async def bundles(
    url: str, master: MasterKey, events: int, folder: Path, steps: list[Step]
) -> None:
    period = BEGIN, BEGIN + min(events, IN_A_PERIOD) * EVERY
    kinds = {
        "one ticket": ExportRequested(tickets=("0199c0de-000000000007",)),
        "a period": ExportRequested(since=period[0], until=period[1]),
    }
    for what, wanted in kinds.items():
        bundle = folder / f"{what.replace(' ', '-')}.zip"
        with measured(f"exported, {what}", events, steps):
            await export(url, master, wanted, bundle)
        size = bundle.stat().st_size / 2**20
        with measured(f"verify.py, {what}, {size:.0f} MiB", events, steps):
            most = await asyncio.to_thread(check, bundle)
        steps[-1].mebibytes = most
        bundle.unlink()


def _table(steps: list[Step]) -> Table:
    bare = steps[0]
    table = Table("what", "events/s", "seconds", "own processor s", "of bare", "MiB")
    for step in steps:
        table.add_row(
            step.what,
            f"{step.events / step.seconds:,.0f}",
            f"{step.seconds:.1f}",
            f"{step.own:.1f}",
            f"{step.seconds / bare.seconds:.1f}",
            f"{step.mebibytes:.0f}",
        )
    return table


def main() -> None:
    events = int(sys.argv[1]) if sys.argv[1:] else EVENTS
    console = Console(width=100)
    console.print(f"{os.cpu_count()} cores, {events:,} events, load {os.getloadavg()}")
    with tempfile.TemporaryDirectory(prefix="pledge-bench-") as folder:
        asyncio.run(bench(events, Path(folder), console))


if __name__ == "__main__":
    main()
