"""`pledge simulate`: a draft on past tickets of the running installation."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from infra.cli.bundles import read
from infra.cli.client import PledgeClient
from infra.process.failures import FAILED, USAGE, Failure
from infra.wiring import now

SINCE_EVER = "1970-01-01T00:00:00Z"
LOOK_S = 0.2
MOST_LISTED = 20
COLUMNS = ("actual", "published", "draft")
NO_DIFFERENCE, DIFFERENCE = 0, 2


def simulate(
    file: Path,
    tickets: tuple[str, ...],
    opened: tuple[str | None, str | None],
    *,
    as_json: bool,
    detailed_exitcode: bool = False,
) -> int:
    """The exit code: 0; with `detailed_exitcode` 2 if the draft changes anything.
    Without it, tickets that do not exist are a Failure with exit code 2.
    """
    body: dict[str, Any] = {"draft": read(file)}
    since, until = opened
    if tickets:
        # A time given too is sent, so that it is refused and not ignored.
        body |= {"tickets": list(tickets), "from": since, "to": until}
    else:
        body |= {"from": since or SINCE_EVER, "to": until or now().isoformat()}
    client = PledgeClient.running()
    with client.http:
        try:
            job = client.call("POST", "/v1/simulations", body)
        except Failure as failure:
            # With `detailed_exitcode` 2 says that something differs.
            if any(p.startswith("/tickets") for p in failure.pointers):
                failure.exit_with(FAILED if detailed_exitcode else USAGE)
            raise
        job = _watched(client, job)
    if job["state"] == "failed":
        raise click.ClickException(job["error"])
    if as_json:
        click.echo(json.dumps(job))
    else:
        _show(job, Console())
    differs = job["result"]["summary"]["tickets_differing"] > 0
    return DIFFERENCE if detailed_exitcode and differs else NO_DIFFERENCE


def _watched(client: PledgeClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it is over. The progress bar is on standard error, if it is a
    terminal.
    """
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task("tickets", total=job["total"])
        while job["state"] in ("waiting", "running"):
            time.sleep(LOOK_S)
            job = client.call("GET", f"/v1/simulations/{job['id']}")
            progress.update(bar, completed=job["done"])
    return job


def _show(job: dict[str, Any], console: Console) -> None:
    result = job["result"]
    for w in job["warnings"]:
        place = f"{w['kind']}/{w['name']}{w['pointer']}"
        console.print(f"warning: {place} {w['message']}", markup=False)
    console.print(_summary(result["summary"]))
    for line in lines(result):
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def lines(result: dict[str, Any]) -> Iterator[str]:
    """What the draft changes, ticket by ticket, and which tickets could not be
    simulated.
    """
    summary = result["summary"]
    for found in result["tickets"][:MOST_LISTED]:
        for clock in found["clocks"]:
            if clock["differs"]:
                yield f"#{found['number']} {clock_line(clock)}"
    more = summary["tickets_differing"] - MOST_LISTED
    if more > 0:
        yield f"and {more} more tickets: --json has the first thousand"
    if summary["tickets_drifted"]:
        yield (
            f"{summary['tickets_drifted']} tickets went differently than under what"
            " is published now: see `actual` in --json"
        )
    for left in result["left_out"]:
        yield f"left out: {left['ticket_id']}: {left['reason']}"


def _summary(summary: dict[str, Any]) -> Table:
    words = "{tickets} tickets, {clocks} clocks, {verdicts_changed} verdicts changed"
    table = Table(
        "", *COLUMNS, "draft adds", "draft avoids", title=words.format(**summary)
    )
    for name, shown in (("breaches", "breaches"), ("people_told", "people notified")):
        shift = summary[name]
        figures = [str(shift[key]) for key in (*COLUMNS, "more", "fewer")]
        table.add_row(shown, *figures)
    return table


def clock_line(clock: dict[str, Any]) -> str:
    """`resolution: due T1 → T2, target PT8H → PT20H`, only what the draft changes."""
    before, after = clock["published"], clock["draft"]
    name = clock["metric"] + (f"/{clock['cycle']}" if clock["cycle"] > 1 else "")
    parts = [
        f"{word} {old} → {new}".lstrip()
        for word, old, new in (
            ("", verdict(before), verdict(after)),
            ("due", before["due_at"] or "none", after["due_at"] or "none"),
            ("target", before["target"] or "none", after["target"] or "none"),
            ("notified", _people(before), _people(after)),
        )
        if old != new
    ]
    return f"{name}: {', '.join(parts) or 'notified at other times'}"


def verdict(course: dict[str, Any]) -> str:
    if not course["breached_at"]:
        return str(course["verdict"])
    at = f"breached at {course['breached_at']}"
    return f"{at} and still open" if course["verdict"] == "open" else at


def _people(course: dict[str, Any]) -> str:
    people = dict.fromkeys(told["person"] for told in course["told"])
    return ", ".join(people) or "nobody"
