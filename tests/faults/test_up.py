"""`pledge up` as a process of its own, with real servers.

Pledge's own processes are stand-ins: an `infra` package in the current directory, which
is what the supervisor's `python -m infra api` finds.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.embedded import remains
from infra.embedded.process import until
from tests.support.files import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.temporal]

EXTERNAL = {
    "PLEDGE_DATABASE_URL": "postgresql://app:hush@db.example/pledge",
    "PLEDGE_OWNER_DATABASE_URL": "postgresql://owner:hush@db.example/pledge",
    "TEMPORAL_ADDRESS": "temporal.example:7233",
}
UP = """
import sys
sys.path[0] = sys.argv[1]
from infra.embedded.up import up
sys.exit(up())
"""
STAND_INS = """
import http.server, json, os, signal, sys

PARTS = {n: {"state": "ok"} for n in ("temporal", "worker", "followers", "sweeper")}

class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"parts": PARTS}).encode())

name = sys.argv[1]
is_owner = "PLEDGE_OWNER_DATABASE_URL" in os.environ
assert is_owner == (name == "migrate"), "only the migration is told the owner's URL"
if name == "api":
    lose = os.environ.get("LOSE_ONCE")
    if lose and not os.path.exists(lose):
        open(lose, "w").close()
        sys.exit(1)
    address = ("127.0.0.1", int(os.environ["PLEDGE_HTTP_PORT"]))
    http.server.HTTPServer(address, Healthy).serve_forever()
elif name != "migrate":
    if "DEAF" in os.environ:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pause()
"""


class Up:
    """One `pledge up` on the data directory `.pledge` of a folder."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / ".pledge"
        self._folder = folder
        self._process: Process | None = None

    @property
    def process(self) -> Process:
        assert self._process
        return self._process

    def run(self) -> dict[str, Any]:
        run: dict[str, Any] = json.loads((self.data / "run.json").read_text())
        return run

    async def is_shown(self) -> bool:
        return (self.data / "run.json").exists()

    async def start(self, stdout: int = PIPE, **settings: str) -> None:
        ours = {k: v for k, v in os.environ.items() if not k.startswith("PLEDGE_")}
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", UP, str(ROOT)),
            cwd=self._folder,
            env=ours | settings,
            stdout=stdout,
            stderr=STDOUT,
        )

    async def says(self, words: str) -> str:
        """Return everything said up to and with the line that has these words."""
        said = ""
        assert self.process.stdout
        while words not in said:
            line = await self.process.stdout.readline()
            assert line, f"ended without {words!r}:\n{said}"
            said += line.decode()
        return said

    async def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        await self.process.communicate()
        return await self.process.wait()


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Up]:
    """Not started yet."""
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").write_text(STAND_INS)
    up = Up(tmp_path)
    yield up
    if up.process.returncode is None:
        assert await up.end(signal.SIGTERM) == 0


@pytest.fixture
async def up(idle: Up) -> Up:
    await idle.start()
    return idle


def left_by(up: Up) -> list[int]:
    return remains.marked(up.data) + remains.working_in(up.data / "postgres")


async def test_up_tells_where_everything_is_and_keeps_the_keys_to_itself(up):
    said = await up.says("Ctrl-C stops.")
    run = up.run()
    key = (up.data / "secrets" / "admin.key").read_text()
    assert f"API: {run['http']}/docs" in said
    assert f"admin key: in {up.data}/secrets/admin.key" in said
    assert key.startswith("plk_")
    assert len(key) == 44
    assert key not in said
    assert run["postgres"] not in said
    assert (await httpx.AsyncClient().get(run["http"])).is_success
    assert {name for name, pid in run["pids"].items() if pid} == {
        *("supervisor", "postgres", "temporal", "api", "worker", "followers"),
        "witness",
    }
    assert (up.data / "run.json").stat().st_mode & 0o777 == 0o600


async def test_a_killed_child_is_started_again(up):
    await up.says("Ctrl-C stops.")
    before = up.run()
    for name in ("worker", "witness", "api", "postgres", "temporal"):
        os.kill(before["pids"][name], signal.SIGKILL)
        await up.says(f"{name} ended with status -9")
        await up.says(f"started {name} (pid")

    async def all_back() -> bool:
        return None not in up.run()["pids"].values()

    await until(all_back)
    after = up.run()
    assert after["pids"].pop("worker") != before["pids"].pop("worker")
    assert after["pids"]["followers"] == before["pids"]["followers"]
    assert after["pids"]["supervisor"] == before["pids"]["supervisor"]
    assert (after["http"], after["postgres"]) == (before["http"], before["postgres"])


async def test_a_second_up_on_the_same_data_refuses(up):
    await up.says("Ctrl-C stops.")
    second = Up(up.data.parent)
    await second.start()
    await second.says(f"another `pledge up` is running on {up.data}")
    assert await second.process.wait() == 1
    assert up.run()["pids"]["supervisor"] == up.process.pid


async def test_a_stop_leaves_no_process(up):
    await up.says("Ctrl-C stops.")
    assert left_by(up)
    asked_at = time.monotonic()
    assert await up.end(signal.SIGINT) == 0
    assert time.monotonic() - asked_at < 10
    assert not left_by(up)
    assert not (up.data / "run.json").exists()


async def test_a_stop_while_starting_leaves_no_process(up):
    await up.says("started postgres")
    assert await up.end(signal.SIGINT) == 0
    assert not left_by(up)


async def test_after_a_kill_of_up_the_next_takes_the_same_ports(up):
    await up.says("Ctrl-C stops.")
    before = up.run()
    await up.end(signal.SIGKILL)
    await up.start()
    assert "is taken" not in await up.says("Ctrl-C stops.")
    after = up.run()
    assert before.pop("pids") != after.pop("pids")
    assert before == after


async def test_what_outlives_a_killed_up_works_on_until_the_next_takes_over(up):
    await up.says("Ctrl-C stops.")
    before = up.run()
    await up.end(signal.SIGKILL)
    assert set(left_by(up)) >= {
        pid for name, pid in before["pids"].items() if name != "supervisor"
    }
    assert (await httpx.AsyncClient().get(before["http"])).is_success
    await up.start()
    await up.says("taking over from a `pledge up` that was killed")
    await up.says("Ctrl-C stops.")
    assert not set(left_by(up)) & set(before["pids"].values())
    log = (up.data / "logs" / "postgres.log").read_text()
    assert "database system is shut down" in log
    assert "not properly shut down" not in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
async def test_a_stop_is_followed_when_nobody_reads_the_terminal_any_more(idle, number):
    reader, writer = os.pipe()
    await idle.start(writer, **EXTERNAL)
    os.close(writer)
    os.close(reader)
    await until(idle.is_shown)
    idle.process.send_signal(number)
    async with asyncio.timeout(15):
        assert await idle.process.wait() == 0
    assert not left_by(idle)


async def test_a_stop_is_followed_when_a_pager_does_not_read_on(idle):
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while os.write(writer, b"x" * 4096):
            pass
    os.set_blocking(writer, True)
    await idle.start(writer, **EXTERNAL)
    os.close(writer)
    await until(idle.is_shown)
    idle.process.send_signal(signal.SIGINT)
    async with asyncio.timeout(15):
        assert await idle.process.wait() == 0
    os.close(reader)


async def test_impatience_costs_postgres_no_checkpoint(idle):
    await idle.start(DEAF="1")
    await idle.says("Ctrl-C stops.")
    for _ in range(3):
        idle.process.send_signal(signal.SIGINT)
    assert await idle.end(signal.SIGTERM) == 130
    assert not left_by(idle)
    log = (idle.data / "logs" / "postgres.log").read_text()
    assert log.rstrip().endswith("database system is shut down")


async def test_servers_named_in_the_environment_are_used_and_not_started(idle):
    await idle.start(**EXTERNAL)
    said = await idle.says("Ctrl-C stops.")
    run = idle.run()
    assert run["postgres"] == EXTERNAL["PLEDGE_DATABASE_URL"]
    assert run["temporal"] == EXTERNAL["TEMPORAL_ADDRESS"]
    assert (run["temporal_ui"], run["pids"]["postgres"]) == (None, None)
    assert "hush" not in said


async def test_a_port_that_was_asked_for_is_never_replaced(idle):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        await idle.start(**EXTERNAL, PLEDGE_HTTP_PORT=str(port))
        await idle.says(f"port {port} on 127.0.0.1 is taken")
        assert await idle.process.wait() == 1
    assert not left_by(idle)


async def test_a_port_that_nobody_asked_for_is_replaced_aloud_and_the_new_one_kept(
    idle,
):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        idle.data.mkdir()
        (idle.data / "ports.json").write_text(json.dumps({"http": port}))
        await idle.start(**EXTERNAL)
        said = await idle.says("Ctrl-C stops.")
        assert f"port {port} is taken, using" in said
        assert said.count("is taken") == 1, (
            "it needs no port for what it does not start"
        )
    chosen = idle.run()["http"]
    assert await idle.end(signal.SIGTERM) == 0
    await idle.start(**EXTERNAL)
    await idle.says("Ctrl-C stops.")
    assert idle.run()["http"] == chosen


async def test_a_start_that_lost_a_port_to_another_is_tried_again(idle):
    await idle.start(**EXTERNAL, LOSE_ONCE=str(idle.data.parent / "lost"))
    await idle.says("api ended with status 1")
    await idle.says("trying once more")
    await idle.says("Ctrl-C stops.")


async def test_settings_stand_in_a_file_too(idle):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    lines = [f'{k[7:].lower()} = "{v}"' for k, v in EXTERNAL.items() if k[0] == "P"]
    text = "\n".join([*lines, f"http_port = {port}"])
    (idle.data.parent / "pledge.toml").write_text(text)
    await idle.start(TEMPORAL_ADDRESS=EXTERNAL["TEMPORAL_ADDRESS"])
    await idle.says("Ctrl-C stops.")
    assert idle.run()["http"] == f"http://127.0.0.1:{port}"


async def test_a_second_request_to_stop_does_not_wait_for_the_deaf(idle):
    await idle.start(**EXTERNAL, DEAF="1")
    await idle.says("Ctrl-C stops.")
    idle.process.send_signal(signal.SIGINT)
    await idle.says("stopping")
    assert await idle.end(signal.SIGINT) == 130
    assert not left_by(idle)


async def test_a_failed_migration_ends_the_start_and_says_where_to_look(idle):
    broken = idle.data.parent / "infra" / "__main__.py"
    broken.write_text("raise SystemExit(4)")
    await idle.start(**EXTERNAL)
    await idle.says(f"migrate ended with status 4: see {idle.data}/logs/migrate.log")
    assert await idle.process.wait() == 1


async def test_half_a_database_setting_is_refused(idle):
    await idle.start(PLEDGE_DATABASE_URL="postgresql://db.example/pledge")
    await idle.says("PLEDGE_OWNER_DATABASE_URL must be set too")
    assert await idle.process.wait() == 1
