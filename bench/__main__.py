"""`make bench`: figures of this machine, each beside a bare baseline of the same run.

`python -m bench opening`, `lateness`, `finding`, `audit_events` or `long_ticket` runs
one part.
"""

import asyncio
import os
import platform
import sys

from rich.console import Console

from bench.audit_events import audit_events
from bench.finding import finding
from bench.lateness import lateness
from bench.long_ticket import long_ticket
from bench.opening import opening
from bench.stack import running

PARTS = ["opening", "lateness", "finding", "audit_events", "long_ticket"]


async def main(parts: list[str]) -> None:
    console = Console(width=100)
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    console.print(
        f"{machine}, Python {platform.python_version()}; load on the same machine"
    )
    if "opening" in parts:
        with running() as stack:
            await opening(stack, console)
    if "lateness" in parts:
        for promises in (1_000, 10_000):
            # A fresh one for each, so that what came before is not still being done.
            with running() as stack:
                await lateness(stack, console, promises)
    if "finding" in parts:
        with running() as stack:
            await finding(stack, console)
    if "audit_events" in parts:
        with running() as stack:
            await audit_events(stack, console)
    if "long_ticket" in parts:
        with running() as stack:
            await long_ticket(stack, console)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:] or PARTS))
