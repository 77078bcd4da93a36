"""The log of each process, on standard error: a line for each record, text or JSON.

The standard library's logging, because uvicorn, Temporal and psycopg write to it too.
What belongs to a record beside its message is given as `extra=fields(key=value)`. No
names of people, no contents, no values of queries are ever logged: keys have ids,
tickets have ids.
"""

import json
import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from typing_extensions import override

from api.request_id import current_request_id
from infra.settings import Settings, overlooked

REQUEST_ID = "request_id"
QUIET = ("httpx", "httpcore", "apprise", "asyncio", "icalendar")
"""Libraries whose information is ours already, or nobody's."""


def configure_logs(process: str, settings: Settings) -> None:
    """Everything that is logged from now on, whoever logs it."""
    handler = logging.StreamHandler(sys.stderr)
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
        log.warning("%s is no setting of Pledge and is overlooked", name)


def started(log: logging.Logger, process: str, **facts: object) -> None:
    """The first line of a process: what it is, and whom it speaks to."""
    release = version("pledge")
    log.info("%s started", process, extra=fields(version=release, **facts))


def fields(**values: object) -> dict[str, Any]:
    """For `extra`: what a machine shall find in the record."""
    return {"fields": {k: v for k, v in values.items() if v not in (None, "")}}


class _Text(logging.Formatter):
    """`2026-11-29T22:44:37.123Z INFO api: message key=value`."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    @override
    def format(self, record: logging.LogRecord) -> str:
        told = _told(record)
        values = "".join(f" {name}={_word(value)}" for name, value in told.items())
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
            **_told(record),
        }
        if trace := _trace(self, record):
            shown["exception"] = trace
        return json.dumps(shown, ensure_ascii=False, default=str)


def _told(record: logging.LogRecord) -> Mapping[str, object]:
    """What was said with it, and which request it was said in."""
    found = getattr(record, "fields", {})
    told = dict(found) if isinstance(found, Mapping) else {}
    if request_id := current_request_id():
        told.setdefault(REQUEST_ID, request_id)
    return told


def _time(record: logging.LogRecord) -> str:
    at = datetime.fromtimestamp(record.created, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _trace(formatter: logging.Formatter, record: logging.LogRecord) -> str:
    return formatter.formatException(record.exc_info) if record.exc_info else ""


def _word(value: object) -> str:
    """Quoted where it would not read as one word."""
    text = str(value)
    plain = text and not any(c.isspace() or c in '"=' for c in text)
    return text if plain else json.dumps(text, ensure_ascii=False)


def _one_line(text: str) -> str:
    """Nobody may forge a record by what they send us."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
