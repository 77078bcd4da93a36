"""`pledge up`: the whole product on one machine, from one data directory.

Responsible for the order around the supervisor: lock, remains of a killed predecessor,
ports and keys, then run.json for as long as everything runs.
"""

import asyncio
import os
import signal
from importlib.metadata import version
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from infra.embedded import cluster, remains
from infra.embedded.data_dir import DataDir, DataDirBusyError
from infra.embedded.process import EmbeddedError
from infra.embedded.stack import ADMIN_KEY, Stack, assemble
from infra.embedded.supervisor import FAILED, LOST, Supervisor
from infra.notification.setup import setup_notes
from infra.process.terminal import say
from infra.settings import Settings, as_environment, overlooked
from infra.settings_checks import checked

TRIES = 2
TAKE_OVER_S = 2.0


def up(data_dir: Path | None = None, http_port: int | None = None) -> int:
    """Run until stopped and return the exit code. The arguments take precedence over
    the environment, and that over `pledge.toml`. Raises SettingsError before anything
    has started.
    """
    if data_dir:
        os.environ["PLEDGE_DATA_DIR"] = str(data_dir)
    if http_port is not None:
        os.environ["PLEDGE_HTTP_PORT"] = str(http_port)
    settings = checked(targets=True)
    for name in overlooked():
        say(f"{name} is not a setting of Pledge and is ignored", err=True)
    data = DataDir(Path(settings.data_dir).resolve())
    try:
        with data.locked():
            return asyncio.run(_run(data, as_environment()))
    except (DataDirBusyError, EmbeddedError, OSError) as error:
        say(f"pledge up: {error}", err=True)
        return FAILED


async def _run(data: DataDir, environment: dict[str, str]) -> int:
    try:
        for _ in range(TRIES):
            data.withdraw()
            await _clear_remains(data)
            code = await _supervised(data, environment)
            if code != LOST:
                return code
            say("trying once more: a port may have been taken meanwhile")
    finally:
        data.withdraw()
    return FAILED


async def _supervised(data: DataDir, environment: dict[str, str]) -> int:
    stack = assemble(data, environment, say)
    stack.prepare()
    supervisor = Supervisor(
        stages=stack.stages(),
        publish=lambda pids: data.publish(stack.run(pids)),
        say=say,
        all_up=lambda: say(_summary(stack)),
        tidy=data.rotate_logs,
    )
    return await supervisor.run()


async def _clear_remains(data: DataDir) -> None:
    """End the processes of a killed predecessor, which enforced promises until now. All
    of them can be killed safely, and the faster this is, the sooner promises are
    enforced again.
    """
    if remains.marked(data.path):
        say("taking over from a `pledge up` that was killed")
    await remains.end(lambda: remains.marked(data.path), signal.SIGTERM, TAKE_OVER_S)
    home = data.path / "postgres"
    if home.exists():
        await cluster.clear_remains(home)


def _summary(stack: Stack) -> str:
    environ_key = ADMIN_KEY in stack.settings
    lines = {
        "API": f"{stack.http}/docs",
        "Temporal UI": stack.temporal_ui or f"external, {stack.temporal_address}",
        "PostgreSQL": _without_password(stack.database_url),
        "data": str(stack.data.path),
        "admin key": f"from {ADMIN_KEY}"
        if environ_key
        else f"in {stack.admin_key_file}",
    }
    table = "\n".join(f"  {name}: {text}" for name, text in lines.items())
    notes = "".join(f"\n  {note}" for note in setup_notes(Settings.load()))
    return f"\nPledge {version('pledge')} is up.\n{table}{notes}\n\nCtrl-C stops."


def _without_password(url: str) -> str:
    """Return where the database is, in either notation of libpq, as it may be shown."""
    link = conninfo_to_dict(url)
    place = f"{link.get('host', '')}:{link.get('port', 5432)}/{link.get('dbname', '')}"
    return f"postgresql://{link.get('user', '')}@{place}"
