"""The command line as a client of the running installation."""

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import click
import httpx

from infra.embedded.located import Running, secret
from infra.process.failures import FAILED, REFUSED, Failure, unreachable
from infra.settings import Settings

URL, KEY = "PLEDGE_URL", "PLEDGE_KEY"
_REFUSED = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


@dataclass
class Target:
    """The values of `--url` and `--key`, before or after the command's name."""

    url: str = ""
    key: str = ""

    @classmethod
    def said(cls) -> "Target":
        context = click.get_current_context(silent=True)
        return context.find_root().ensure_object(cls) if context else cls()


class PledgeClient:
    def __init__(self, base_url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self.url = base_url
        self.http = httpx.Client(base_url=base_url, headers=headers, timeout=30)
        if context := click.get_current_context(silent=True):
            context.call_on_close(self.http.close)

    @classmethod
    def running(cls) -> Self:
        """The installation that `--url` or PLEDGE_URL name, else that of the data
        directory; the key is that of `--key`, PLEDGE_KEY, PLEDGE_ADMIN_KEY, or the
        data directory's, which is sent to its own installation only.
        """
        settings, said = Settings.load(), Target.said()
        url = said.url or os.environ.get(URL, "")
        key = said.key or os.environ.get(KEY, "") or settings.the_admin_key()
        if url:
            return cls(url, key or _key_for(url, settings))
        running = Running.on(settings.data_dir)
        return cls(running.address("http"), key or secret(running.data, "admin.key"))

    def parts(self) -> dict[str, Any]:
        return self._answer(self._sent("GET", "/healthz/parts"))

    def call(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer's JSON. Waits out a 503; ends the command on any other error."""
        for pause_s in (0.5, 1, 2, 4, None):
            answer = self._sent(method, path, body, headers)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE or not pause_s:
                return self._answer(answer)
            time.sleep(pause_s)
        raise AssertionError("the last try returns")

    def items(self, path: str) -> Iterator[dict[str, Any]]:
        """Of all pages of a list."""
        cursor: str | None = None
        while True:
            asked = f"?cursor={quote(cursor, safe='')}" if cursor else ""
            page = self.call("GET", f"{path}{asked}")
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def _sent(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        try:
            return self.http.request(method, path, json=body, headers=headers)
        except (httpx.UnsupportedProtocol, httpx.InvalidURL):
            raise
        except httpx.TransportError as error:
            raise unreachable(self.url, error) from error

    def _answer(self, answer: httpx.Response) -> dict[str, Any]:
        if answer.is_error:
            raise _failure(answer)
        try:
            found: dict[str, Any] = answer.json() if answer.content else {}
        except ValueError as error:
            message = f"what answers at {self.url} is not Pledge: it sent no JSON"
            raise Failure(message) from error
        return found


def _key_for(url: str, settings: Settings) -> str:
    """The data directory's key must not be sent to other installations."""
    try:
        running = Running.on(settings.data_dir)
    except Failure:
        return ""
    ours = running.address("http").rstrip("/") == url.rstrip("/")
    return secret(running.data, "admin.key") if ours else ""


def _failure(answer: httpx.Response) -> Failure:
    code = REFUSED if answer.status_code in _REFUSED else FAILED
    hint = ""
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        hint = " (give one by --key or PLEDGE_KEY)"
    try:
        problem = answer.json()
        head, lines = f"{answer.status_code} {problem['code']}", list(_lines(problem))
        if len(lines) > 1:  # the detail says the same, all in one line
            failure = Failure(f"{head}: {len(lines)} errors", lines, code)
        else:
            failure = Failure(f"{head}: {problem['detail']}{hint}", code=code)
        failure.pointers = tuple(e["pointer"] for e in problem.get("errors") or ())
    except (ValueError, KeyError, TypeError):
        line = f"{answer.status_code} {answer.reason_phrase}{hint}"
        return Failure(line, code=code)
    return failure


def _lines(problem: dict[str, Any]) -> Iterator[str]:
    for error in problem.get("errors") or ():
        yield f"{error['pointer']}: {error['message']}"
