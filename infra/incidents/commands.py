"""`pledge import incidents` and `pledge report incidents`, on the machine of the
installation: they speak to its database, as the application's role.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import psycopg
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from activities.ports import StoreUnavailableError
from domain.world import World
from infra.data_dir import DataDir
from infra.incidents import screen
from infra.incidents.bundle import BundleError, policies
from infra.incidents.history import IMPORTER
from infra.incidents.importer import Importer, Summary
from infra.incidents.log import IncidentLog, NotALogError, read
from infra.incidents.replay import Verdict, judge
from infra.incidents.report import table
from infra.numbers import TicketNumbers
from infra.settings import Settings
from infra.wiring import Core, core, new_id, now

PAGE = 200


def import_incidents(file: Path, zone: str, *, as_json: bool) -> int:
    """The exit code: 1 if no incident of the file is there afterwards."""
    try:
        log = read(file, time_zone(zone), now())
    except (NotALogError, OSError) as error:
        raise click.ClickException(f"{file} is no incident log: {error}") from error
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
        message = f"{name!r} is no IANA time zone like Europe/Lisbon"
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


@asynccontextmanager
async def installation() -> AsyncIterator[Core]:
    """The store of the settings, or of what runs on the data directory."""
    settings = _settings()
    try:
        # The core would wait for ever, which is right for a server only.
        probe = await psycopg.AsyncConnection.connect(
            settings.database_url, connect_timeout=5
        )
        await probe.close()
        async with core(settings) as made:
            yield made
    except (psycopg.OperationalError, StoreUnavailableError) as error:
        message = f"the database cannot be reached, try again: {error}"
        raise click.ClickException(message) from error


def _settings() -> Settings:
    settings = Settings.load()
    if settings.database_url:
        return settings
    run_file = DataDir(Path(settings.data_dir)).run_file
    try:
        url = str(json.loads(run_file.read_text("utf-8"))["postgres"])
    except FileNotFoundError as error:
        message = (
            f"nothing runs on {settings.data_dir}: start it with `pledge up`,"
            " or set PLEDGE_DATABASE_URL"
        )
        raise click.ClickException(message) from error
    return replace(settings, database_url=url)


def _progress() -> Progress:
    """On standard error, and only for somebody who looks."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    )
