"""What operators read: a line for each record, as text or as JSON."""

import io
import json
import logging
import subprocess
import sys
import threading
from unittest.mock import Mock

import pytest

from infra.process.logs import Gathering, configure_logs, fields
from infra.settings import Settings
from tests.support.files import ROOT


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


class Screen(io.StringIO):
    """Knows how often it was written to; says when."""

    def __init__(self):
        super().__init__()
        self.writes, self.written = 0, threading.Event()

    def write(self, text):
        self.writes += 1
        super().write(text)
        self.written.set()


@pytest.fixture
def gathering():
    handler = Gathering(screen := Screen())
    log = logging.getLogger("of-this-test")
    log.setLevel(logging.INFO)
    log.propagate, log.handlers[:] = False, [handler]
    log.info("first")
    screen.written.clear()
    return log, screen, handler


def test_a_first_line_is_written_at_once(gathering):
    _, screen, _ = gathering
    assert screen.getvalue() == "first\n"


def test_lines_that_follow_at_once_are_written_soon_and_together(gathering):
    log, screen, _ = gathering
    for number in range(5):
        log.info(number)
    assert screen.written.wait(10)
    assert (screen.getvalue(), screen.writes) == ("first\n0\n1\n2\n3\n4\n", 2)


def test_a_warning_is_written_at_once_with_all_before_it(gathering):
    log, screen, _ = gathering
    log.info("before")
    log.warning("now")
    assert screen.getvalue() == "first\nbefore\nnow\n"


def test_at_the_end_nothing_is_left_unwritten(gathering):
    log, screen, handler = gathering
    log.info("last")
    handler.flush()  # as logging.shutdown does
    assert screen.getvalue().endswith("last\n")


def test_a_screen_that_cannot_be_written_to_ends_nothing(gathering, monkeypatch):
    log, screen, _ = gathering
    monkeypatch.setattr(logging, "raiseExceptions", False)
    full = OSError("No space left on device")
    with monkeypatch.context() as patched:
        patched.setattr(screen, "write", Mock(side_effect=full))
        log.warning("lost")
    log.warning("written")
    assert screen.getvalue() == "first\nwritten\n"


def test_a_warning_during_a_writing_waits_for_it_and_for_nothing_else(gathering):
    log, screen, handler = gathering
    writing, warned = threading.Event(), threading.Event()
    write = screen.write

    def slow(text):
        if "gathered" in text and not writing.is_set():
            writing.set()
            assert warned.wait(10)
        write(text)

    class Trigger(logging.Formatter):
        def format(self, record):
            if record.levelno == logging.WARNING:
                warned.set()  # the handler's lock is held by now
            return super().format(record)

    screen.write = slow
    handler.setFormatter(Trigger())
    log.info("gathered")
    assert writing.wait(10)
    warner = threading.Thread(target=log.warning, args=("now",), daemon=True)
    warner.start()
    warner.join(10)
    assert not warner.is_alive()
    assert screen.getvalue() == "first\ngathered\nnow\n"


def test_a_process_writes_its_last_lines_before_it_ends():
    script = """
import logging
from infra.process.logs import configure_logs
from infra.settings import Settings
from infra.process.terminal import finish

configure_logs("worker", Settings())
for word in ("first", "second", "last"):
    logging.getLogger("infra.somewhere").info(word)
finish(3)
"""
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    said = [line.rpartition(" ")[2] for line in done.stderr.splitlines()]
    assert said == ["first", "second", "last"]
