"""Output for the person who started us, who may be gone: a closed window, an ended
`tee`, a pager that stopped reading. Nothing here may fail or wait because of that.
"""

import contextlib
import logging
import os
import select
import signal
import sys
from typing import NoReturn, TextIO

import click

PATIENCE_MS = 200


def say(text: str, *, err: bool = False) -> None:
    """Print a line if somebody can read it now; never fails, never blocks for long."""
    stream = sys.stderr if err else sys.stdout
    if not _takes_more(stream):
        return
    try:
        click.echo(text, file=stream)
    except (OSError, ValueError):
        silence(stream)


def _takes_more(stream: TextIO) -> bool:
    """A pipe that is not read, or a terminal that was stopped, would block us."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLOUT)
        return bool(poll.poll(PATIENCE_MS))
    except (OSError, ValueError):
        return True  # no file to ask, as under a test


def silence(stream: TextIO) -> None:
    """Data left in the buffer must not fail again when the process ends."""
    with contextlib.suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def stop_signals() -> list[signal.Signals]:
    """Those that stop us: a closed terminal too, unless `nohup` said otherwise."""
    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def finish(code: int = 0) -> NoReturn:
    """End at once: after Temporal's client was used the interpreter sometimes aborts
    on its way out.
    """
    logging.shutdown()  # writes the lines that still wait; nobody else would
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
