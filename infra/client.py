"""The command line as a client of the running installation."""

import json
import os
import time
from pathlib import Path
from typing import Any, Self

import click
import httpx

from infra.settings import Settings


class PledgeClient:
    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=30)

    @classmethod
    def running(cls) -> Self:
        """The installation of the data directory, or of PLEDGE_URL."""
        settings = Settings.load()
        folder = Path(settings.data_dir)
        url = os.environ.get("PLEDGE_URL") or _address(folder)
        key = settings.the_admin_key() or _key(folder)
        return cls(url, key)

    def readiness(self) -> dict[str, Any]:
        return self._answer(self.http.get("/readyz"), allowed=(503,))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer's JSON. Waits out a 503; ends the command on any other error."""
        for pause_s in (0.5, 1, 2, 4, None):
            answer = self.http.request(method, path, json=body, headers=headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or not pause_s:
                return self._answer(answer)
            time.sleep(pause_s)
        raise AssertionError("the last try returns")

    def _answer(
        self, answer: httpx.Response, allowed: tuple[int, ...] = ()
    ) -> dict[str, Any]:
        if answer.is_error and answer.status_code not in allowed:
            raise click.ClickException(_words(answer))
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found


def _words(answer: httpx.Response) -> str:
    try:
        problem = answer.json()
        return f"{answer.status_code} {problem['code']}: {problem['detail']}"
    except (json.JSONDecodeError, KeyError):
        return f"{answer.status_code} {answer.reason_phrase}"


def _address(folder: Path) -> str:
    try:
        return str(json.loads((folder / "run.json").read_text("utf-8"))["http"])
    except FileNotFoundError as error:
        message = f"nothing runs on {folder}: start it with `pledge up`"
        raise click.ClickException(message) from error


def _key(folder: Path) -> str:
    path = folder / "secrets" / "admin.key"
    return path.read_text("utf-8").strip() if path.is_file() else ""
