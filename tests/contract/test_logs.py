"""What operators read: a line for each record, as text or as JSON."""

import io
import json
import logging
import sys

import pytest

from infra.logs import configure_logs, fields
from infra.settings import Settings


@pytest.fixture
def written(monkeypatch):
    """Configure, log, and read what came of it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level

    def configure(**settings):
        screen = io.StringIO()
        monkeypatch.setattr(sys, "stderr", screen)
        configure_logs("worker", Settings(**settings))
        return screen

    yield configure
    root.handlers[:], _ = before
    root.setLevel(before[1])
    logging.captureWarnings(capture=False)


def test_text_is_one_line_with_values_behind_the_message(written):
    screen = written()
    log = logging.getLogger("infra.somewhere")
    log.info("a batch\nwas read", extra=fields(follower="timers", why="two words"))
    (line,) = screen.getvalue().splitlines()
    assert line.endswith(
        'Z INFO worker: a batch\\nwas read follower=timers why="two words"'
    )


def test_json_has_time_level_and_values_and_holds_any_script(written):
    screen = written(log_format="json")
    logging.getLogger("infra.somewhere").warning("售后 %s", "x", extra=fields(n=1))
    told = json.loads(screen.getvalue())
    assert told.pop("time").endswith("Z")
    assert told == {
        "level": "warning",
        "process": "worker",
        "logger": "infra.somewhere",
        "message": "售后 x",
        "n": 1,
    }


def test_a_fault_brings_its_trace(written):
    screen = written(log_format="json")
    try:
        int("broken")
    except ValueError:
        logging.getLogger("x").exception("it failed")
    assert "ValueError" in json.loads(screen.getvalue())["exception"]


@pytest.mark.parametrize(
    ("level", "shown"), [("DEBUG", 4), ("info", 3), ("WARNING", 2), ("ERROR", 1)]
)
def test_levels_do_something(written, level, shown):
    screen = written(log_level=level)
    log = logging.getLogger("infra.somewhere")
    for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        log.log(number, "said")
    assert screen.getvalue().count("said") == shown


def test_libraries_log_the_same_way(written):
    screen = written(log_format="json")
    logging.getLogger("uvicorn.error").error("it failed")
    logging.getLogger("temporalio.core").warning("it is late")
    told = [json.loads(line)["logger"] for line in screen.getvalue().splitlines()]
    assert told == ["uvicorn.error", "temporalio.core"]
