"""`pledge up` with Pledge's real processes: killed, stopped, started again."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.api_client import Api, eventually
from tests.support.files import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.temporal, pytest.mark.slow]


class Up:
    """One `pledge up` after another on one data directory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def started(self) -> bool:
        return self._process is not None

    def start(self) -> None:
        ours = {k: v for k, v in os.environ.items() if not k.startswith("PLEDGE_")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "infra", "up", "--data-dir", str(self._folder)],
            env=ours | {"PYTHONPATH": str(ROOT)},
            cwd=self._folder.parent,
            stdout=subprocess.DEVNULL,
        )
        eventually(self._shown, within_s=90)
        with self.client() as api:
            eventually(lambda: api.get("/healthz/parts").json()["ok"], within_s=60)

    def _shown(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, "it ended as it started"
        with contextlib.suppress(FileNotFoundError):
            return self.run()["pids"]["supervisor"] == self._process.pid
        return False

    def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        process, self._process = self._process, None
        return process.wait(30)

    def run(self) -> dict:
        return json.loads((self._folder / "run.json").read_text())

    def client(self) -> Api:
        key = (self._folder / "secrets" / "admin.key").read_text().strip()
        return Api(self.run()["http"], key)


@pytest.fixture(scope="module")
def ups(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    made = Up(tmp_path_factory.mktemp("up") / "data")
    yield made
    made.stop()


@pytest.fixture
def up(ups: Up) -> Up:
    """Running; what one test left stopped fails that test only."""
    if not ups.started:
        ups.start()
    return ups


def promise(api: Api, seconds: int) -> dict:
    rule = {"when": {"type": "due"}, "targets": {"first_response": f"PT{seconds}S"}}
    api.put("sla-policies", "due", {"match": [rule]})
    return api.open_ticket(type="due")


def test_after_ctrl_c_the_next_start_finds_tickets_and_timers_again(up):
    with up.client() as api:
        ticket = promise(api, 12)
    assert up.stop() == 0
    up.start()
    with up.client() as api:
        assert api.read(ticket)["subject"] == ticket["subject"]
        breach = api.await_event(ticket, "sla.breached")
    assert breach["data"]["breach_at"] == ticket["clocks"][0]["due_at"]


def test_a_kill_of_the_supervisor_leaves_nothing_that_stops_the_next_start(up):
    with up.client() as api:
        ticket = api.open_ticket()
    left = up.run()["pids"]
    up.stop(signal.SIGKILL)
    up.start()
    assert not _alive(left)
    with up.client() as api:
        assert api.read(ticket)["id"] == ticket["id"]


@pytest.mark.parametrize("name", ["api", "worker", "followers", "temporal", "postgres"])
def test_whatever_is_killed_comes_back_and_keeps_the_next_promise(up, name):
    before = up.run()["pids"][name]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: up.run()["pids"][name] not in (None, before))
    with up.client() as api:
        eventually(lambda: _ready(api))
        ticket = promise(api, 1)
        breach = api.await_event(ticket, "sla.breached")
    assert breach["data"]["breach_at"] == ticket["clocks"][0]["due_at"]


def _ready(api: Api) -> bool:
    try:
        return api.get("/healthz/parts").json()["ok"]
    except httpx.TransportError:  # the connection of a killed process
        return False


def _alive(pids: dict) -> bool:
    def runs(pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        return state != "Z"

    return any(runs(pid) for pid in pids.values() if pid)


def test_the_start_says_where_everything_is_and_never_the_key(tmp_path):
    """What a newcomer reads on the screen."""
    text, data = tmp_path / "log", tmp_path / "data"
    with text.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra", "up", "--data-dir", str(data)],
            env=dict(os.environ) | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdout=log,
        )
    eventually(lambda: "Ctrl-C stops" in text.read_text(), within_s=90)
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    assert process.wait(30) == 0
    assert time.monotonic() - began < 15
    said = text.read_text()
    for words in ("/docs", "Temporal UI", "admin key: in", str(data)):
        assert words in said
    assert (data / "secrets" / "admin.key").read_text().strip() not in said
