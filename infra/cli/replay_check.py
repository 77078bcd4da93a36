"""`pledge replay-check`: every recorded decision made again, page by page."""

import json
from typing import Any
from urllib.parse import quote

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn

from infra.cli.client import PledgeClient

PATH = "/v1/audit/replay-check"
AS_RECORDED, DIFFERENT = 0, 2


def replay_check(ticket: str | None, *, as_json: bool) -> int:
    """The exit code: 2 if a decision comes out otherwise than it was recorded."""
    found = _checked(PledgeClient.running(), ticket)
    if as_json:
        click.echo(json.dumps(found))
    else:
        _show(found)
    return DIFFERENT if found["differences"] or found["unread"] else AS_RECORDED


def _checked(client: PledgeClient, ticket: str | None) -> dict[str, Any]:
    """All pages in one. The progress is on standard error, if it is a terminal."""
    asked = f"?ticket={quote(ticket, safe='')}" if ticket else ""
    console = Console(stderr=True)
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        console=console,
        disable=not console.is_terminal,
    )
    with client.http, bars as progress:
        bar = progress.add_task("0 decisions")
        found = client.call("GET", f"{PATH}{asked}")
        while (cursor := found.pop("next_cursor")) is not None:
            progress.update(bar, description=f"{found['decisions']:,} decisions")
            page = client.call("GET", f"{PATH}?cursor={cursor}")
            found = {name: found[name] + page[name] for name in found} | {
                "next_cursor": page["next_cursor"]
            }
    return found


def _show(found: dict[str, Any]) -> None:
    for one in found["differences"]:
        where = (
            f"position {one['position']}, {one['type']} of ticket {one['ticket_id']}"
        )
        click.echo(
            f"{where}: {one['what']}: recorded {json.dumps(one['recorded'])},"
            f" comes out {json.dumps(one['made'])}"
        )
    for one in found["unread"]:
        click.echo(f"ticket {one['ticket_id']} cannot be read: {one['error']}")
    click.echo(
        f"{found['decisions']:,} decisions of {found['tickets']:,} tickets were made"
        f" again; {len(found['differences']):,} differences"
    )
