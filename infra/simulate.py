"""`pledge simulate`: a draft tried out on past tickets of the running installation."""

import json
import time
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from infra.bundles import read
from infra.client import PledgeClient
from infra.wiring import now

SINCE_EVER = "1970-01-01T00:00:00Z"
LOOK_S = 0.2
MOST_LISTED = 20


def simulate(
    file: Path,
    tickets: tuple[str, ...],
    opened: tuple[str | None, str | None],
    *,
    as_json: bool,
) -> int:
    """The exit code: 1 if the job failed."""
    body: dict[str, Any] = {"draft": read(file)}
    since, until = opened
    if tickets:
        # A time beside them is sent too, so that it is refused and not overlooked.
        body |= {"tickets": list(tickets), "from": since, "to": until}
    else:
        body |= {"from": since or SINCE_EVER, "to": until or now().isoformat()}
    client = PledgeClient.running()
    with client.http:
        job = _watched(client, client.call("POST", "/v1/simulations", body))
    if job["state"] == "failed":
        raise click.ClickException(job["error"])
    if as_json:
        click.echo(json.dumps(job))
    else:
        _show(job, Console())
    return 0


def _watched(client: PledgeClient, job: dict[str, Any]) -> dict[str, Any]:
    """The job when it is over. The bar is on standard error, for who looks."""
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
    for found in result["tickets"][:MOST_LISTED]:
        for clock in found["clocks"]:
            if clock["differs"]:
                console.print(_line(found, clock), markup=False, highlight=False)
    more = result["summary"]["tickets_differing"] - MOST_LISTED
    if more > 0:
        console.print(f"and {more} more tickets: --json has the first thousand")
    for left in result["left_out"]:
        console.print(f"left out: {left['ticket_id']}: {left['reason']}", markup=False)


def _summary(summary: dict[str, Any]) -> Table:
    words = "{tickets} tickets, {clocks} clocks, {verdicts_changed} verdicts changed"
    table = Table("", "really", "draft", "more", "fewer", title=words.format(**summary))
    for name in ("breaches", "people_told"):
        shift = summary[name]
        figures = [str(shift[key]) for key in ("really", "draft", "more", "fewer")]
        table.add_row(name.replace("_", " "), *figures)
    return table


def _line(found: dict[str, Any], clock: dict[str, Any]) -> str:
    courses = [_course(clock[side]) for side in ("really", "draft")]
    name = f"#{found['number']} {clock['metric']}/{clock['cycle']}"
    return f"{name}: {courses[0]} → {courses[1]}"


def _course(course: dict[str, Any]) -> str:
    people = ", ".join(dict.fromkeys(told["person"] for told in course["told"]))
    broken = f" at {course['breached_at']}" if course["breached_at"] else ""
    return f"{course['verdict']}{broken}" + (f", told {people}" if people else "")
