"""The log of each process, on standard error: a line for each record, text or JSON.

The standard library's logging, because uvicorn, Temporal and psycopg write to it too.
Data of a record besides its message is given as `extra=fields(key=value)`. Names of
people, contents and values of queries are never logged: keys have ids, tickets have
ids.
"""

import json
import logging
import re
import sys
import threading
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, TextIO

from typing_extensions import override

from api.http.request_id import current_request_id
from infra.settings import Settings, overlooked

REQUEST_ID = "request_id"
GATHERED_S = 0.1
"""A line waits at most this long to be written together with others."""
_PLAIN = re.compile(r'[^\s"=]+')
QUIET = ("httpx", "httpcore", "apprise", "asyncio", "icalendar")
"""Libraries whose INFO records duplicate ours, or are useless."""


def configure_logs(process: str, settings: Settings) -> None:
    """Everything logged from now on, by any library."""
    handler = Gathering(sys.stderr)
    as_json = settings.log_format == "json"
    handler.setFormatter(_Json(process) if as_json else _Text(process))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(settings.log_level.upper())
    for name in QUIET:
        logging.getLogger(name).setLevel(max(root.level, logging.WARNING))
    logging.captureWarnings(capture=True)
    log = logging.getLogger(__name__)
    for name in overlooked():
        log.warning("%s is not a setting of Pledge and is ignored", name)


def started(log: logging.Logger, process: str, **facts: object) -> None:
    """The first line of a process: what it is, and its servers."""
    release = version("pledge")
    log.info("%s started", process, extra=fields(version=release, **facts))


def fields(**values: object) -> dict[str, Any]:
    """For `extra`: fields that a machine can find in the record."""
    return {"fields": {k: v for k, v in values.items() if v not in (None, "")}}


class Gathering(logging.StreamHandler[TextIO]):
    """Lines in quick succession are written together: with each write the other threads
    take the interpreter, which costs more than the line. A first line and a warning are
    written at once, with all before them. The library's MemoryHandler formats when it
    writes, and by then the request of a line is unknown.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._lines: deque[str] = deque()
        self._wrote_at = 0.0
        self._writing, self._wanted = threading.RLock(), threading.Event()
        self._writer: threading.Thread | None = None

    @override
    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.append(self.format(record) + self.terminator)
            first = time.monotonic() - self._wrote_at > GATHERED_S
            if record.levelno >= logging.WARNING or first:
                self.flush()
            elif not self._wanted.is_set():
                self._write_soon()
        except Exception:  # noqa: BLE001 - what logs must go on
            self.handleError(record)

    def _write_soon(self) -> None:
        self._wanted.set()
        if self._writer is None:
            self._writer = threading.Thread(target=self._write, daemon=True)
            self._writer.start()

    def _write(self) -> None:
        while self._wanted.wait():
            time.sleep(GATHERED_S)
            self._wanted.clear()
            # Full disk, closed terminal: the next line is a new try.
            with suppress(OSError, ValueError):
                self.flush()

    @override
    def flush(self) -> None:
        """By a separate lock: other threads that log do not wait for the writing. The
        handler's lock is not taken under it, because logging takes the two in the other
        order.
        """
        with self._writing:
            self._wrote_at = time.monotonic()
            # One by one, because others add to them meanwhile.
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                self.stream.write("".join(lines))
            self.stream.flush()


class _Text(logging.Formatter):
    """`2026-11-29T22:44:37.123Z INFO api: message key=value`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @override
    def format(self, record: logging.LogRecord) -> str:
        logged = _fields(record)
        values = "".join(f" {name}={_word(value)}" for name, value in logged.items())
        line = (
            f"{_time(record)} {record.levelname} {self._process}:"
            f" {_one_line(record.getMessage())}{values}"
        )
        trace = _trace(self, record)
        return f"{line}\n{trace}" if trace else line


class _Json(logging.Formatter):
    """One object in one line, whatever the message holds."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @override
    def format(self, record: logging.LogRecord) -> str:
        shown: dict[str, object] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
            **_fields(record),
        }
        if trace := _trace(self, record):
            shown["exception"] = trace
        return json.dumps(shown, ensure_ascii=False, default=str)


def _fields(record: logging.LogRecord) -> Mapping[str, object]:
    """Its fields, and the request during which it was logged."""
    found = getattr(record, "fields", {})
    logged = dict(found) if isinstance(found, Mapping) else {}
    if request_id := current_request_id():
        logged.setdefault(REQUEST_ID, request_id)
    return logged


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def _word(value: object) -> str:
    """Quoted where it would not read as one word."""
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Nobody may forge a record by the content of a request."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
