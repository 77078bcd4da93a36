"""The product as a user runs it: `pledge up` on a folder of its own."""

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from psycopg.conninfo import make_conninfo

READY_WITHIN_S = 120


@dataclass(frozen=True)
class Running:
    port: int
    key: str
    postgres: str
    owner: str
    http: httpx.Client
    data_dir: Path

    def put(self, path: str, document: Any) -> None:
        self.http.put(path, json=document).raise_for_status()


@contextmanager
def running() -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="pledge-bench-") as folder:
        argv = [sys.executable, "-m", "infra", "up", "--data-dir", folder]
        process = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
        try:
            run = _run_file(Path(folder) / "run.json", process)
            key = (Path(folder) / "secrets" / "admin.key").read_text().strip()
            headers = {"Authorization": f"Bearer {key}"}
            with httpx.Client(base_url=run["http"], headers=headers) as http:
                while not http.get("/healthz/parts").json()["ok"]:
                    time.sleep(0.2)
                url, port = run["postgres"], http.base_url.port or 80
                owner, data = _owner(url, Path(folder)), Path(folder)
                yield Running(port, key, url, owner, http, data)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait()


def _owner(url: str, folder: Path) -> str:
    """As the role that owns the tables."""
    password = (folder / "secrets" / "pledge_owner.password").read_text().strip()
    return make_conninfo(url, user="pledge_owner", password=password)


def _run_file(path: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    deadline = time.monotonic() + READY_WITHIN_S
    while not path.exists():
        if time.monotonic() > deadline or process.poll() is not None:
            raise TimeoutError(path)
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(path.read_text())
    return found
