"""`pledge import incidents` and `pledge report incidents`, on the machine of the
installation: they use its database, with the application's role.
"""

import asyncio
import json
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from domain.event import IMPORTER
from domain.ticket.world import World
from infra.embedded.located import located
from infra.postgres.ticket_numbers import TicketNumbers
from infra.servicenow import screen
from infra.servicenow.bundle import BundleError, policies
from infra.servicenow.importer import Importer, Summary
from infra.servicenow.log import IncidentLog, NotALogError, read
from infra.servicenow.replay import Verdict, judge
from infra.servicenow.report import table
from infra.settings import Settings
from infra.wiring import Core, core_now, new_id, now

PAGE = 200


def import_incidents(file: Path, zone: str, *, as_json: bool) -> int:
    """The exit code: 1 if no incident of the file is imported afterwards."""
    try:
        log = read(file, time_zone(zone), now())
    except (NotALogError, OSError) as error:
        raise click.ClickException(f"{file} is not an incident log: {error}") from error
    summary = asyncio.run(_import(log, zone))
    example = next(iter(log.incidents), None)
    console = Console(stderr=True)
    if as_json:
        click.echo(json.dumps(screen.summary_json(summary, example)))
    else:
        screen.show_faults(summary, console)
        screen.show_summary(summary, example, Console())
    return 0 if summary.present else 1


def report_incidents(policy: Path, *, as_json: bool) -> int:
    """The exit code: 1 if there is nothing to report on."""
    try:
        world = policies(policy)
    except (BundleError, OSError) as error:
        raise click.ClickException(str(error)) from error
    verdicts = asyncio.run(_judge_all(world))
    if not verdicts:
        message = "no incidents are imported: pledge import incidents FILE"
        raise click.ClickException(message)
    lines = table(verdicts)
    if as_json:
        click.echo(json.dumps(screen.report_json(lines, verdicts)))
    else:
        screen.show_report(lines, str(policy), Console())
    return 0


def time_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as error:
        message = f"{name!r} is not an IANA time zone like Europe/Lisbon"
        raise click.BadParameter(message, param_hint="--zone") from error


async def _import(log: IncidentLog, zone: str) -> Summary:
    async with installation() as made:
        importer = Importer(made.store, TicketNumbers(made.database).next, new_id, zone)
        with _progress() as progress:
            bar = progress.add_task("incidents", total=len(log.incidents))
            return await importer.run(log, lambda n: progress.advance(bar, n))


async def _judge_all(world: World) -> list[Verdict]:
    verdicts: list[Verdict] = []
    async with installation() as made:
        rows = await made.database.rows(
            "SELECT DISTINCT stream_id FROM command_log"
            " WHERE starts_with(command_id, %s) ORDER BY stream_id",
            (f"{IMPORTER}:",),
        )
        ids = [str(row[0]) for row in rows]
        with _progress() as progress:
            bar = progress.add_task("incidents", total=len(ids))
            for start in range(0, len(ids), PAGE):
                page = ids[start : start + PAGE]
                streams = await made.store.load_many(page)
                verdicts += [judge(events, world) for events in streams.values()]
                progress.advance(bar, len(page))
    return sorted(verdicts, key=lambda verdict: verdict.incident)


def installation() -> AbstractAsyncContextManager[Core]:
    """The store of the settings, or of the instance that runs on the data directory."""
    return core_now(located(Settings.load()))


def _progress() -> Progress:
    """On standard error, and only if that is a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    )
