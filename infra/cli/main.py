"""`pledge`: one command for everything that an installation needs."""

import asyncio
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click

from infra.cli.audit import audit
from infra.cli.client_options import Commands, reaching
from infra.cli.verdict import VERDICTS, Verdict
from infra.process.failures import EXIT_CODES
from infra.process.terminal import finish, say
from infra.settings import Settings

_JSON = click.option("--json", "as_json", is_flag=True, help="Machine-readable output")
_DETAILED = click.option(
    "--detailed-exitcode",
    is_flag=True,
    help="Exit with 2 if anything differs, with 0 if nothing does",
)


@click.group(
    cls=Commands,
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(version("pledge"), message="pledge %(version)s")
@reaching
def main() -> None:
    """Pledge: SLA enforcement for customer service, with every decision explained."""


@main.command()
@click.option("--data-dir", type=click.Path(path_type=Path), default=None)
@click.option("--port", type=int, default=None, help="HTTP port, 8400 by default")
def up(data_dir: Path | None, port: int | None) -> None:
    """Start everything, embedded or as the settings say, until Ctrl-C."""
    from infra.embedded.up import up as run  # noqa: PLC0415

    finish(run(data_dir, port))


@main.command()
@_JSON
def migrate(as_json: bool) -> None:
    """Migrate the database to the current version, as its owner."""
    from infra.embedded.located import owner_url  # noqa: PLC0415
    from infra.postgres.migrations import app_role  # noqa: PLC0415
    from infra.postgres.migrations import migrate as run  # noqa: PLC0415
    from infra.settings_checks import checked  # noqa: PLC0415

    settings = checked()
    applied = run(owner_url(settings), app_role(settings.database_url))
    if as_json:
        click.echo(json.dumps({"applied": applied}))
        return
    for name in applied:
        click.echo(f"applied {name}")


@main.command()
def api() -> None:
    """Run the HTTP API."""
    settings = _located("api")
    from infra.processes import run_api  # noqa: PLC0415

    run_api(settings)
    finish()


@main.command()
def worker() -> None:
    """Run the Temporal worker."""
    settings = _located("worker")
    from infra.processes import run_worker  # noqa: PLC0415

    _run(run_worker(settings))
    finish()


@main.command()
def followers() -> None:
    """Run the background consumers: read models, timers, messages, sweeper."""
    settings = _located("followers")
    from infra.processes import run_followers  # noqa: PLC0415

    _run(run_followers(settings))
    finish()


@main.command()
@click.option(
    "--listen",
    default="127.0.0.1:8401",
    show_default=True,
    metavar="HOST:PORT",
    help="Where logs reach it",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path),
    default=Path("witness"),
    show_default=True,
    help="Its own folder, with its key and what it has seen",
)
@click.option(
    "--log",
    "logs",
    multiple=True,
    metavar="KEY",
    help="The verifier key of a log to witness from now on; repeat for several",
)
def witness(listen: str, folder: Path, logs: tuple[str, ...]) -> None:
    """Run a witness, which cosigns the checkpoints of logs that only grow.

    It needs no database. The logs that it knows are in logs.txt of its folder.
    """
    from infra.cli.witness import witness as run  # noqa: PLC0415

    run(listen, folder, logs)
    finish()


def _located(process: str) -> Settings:
    """The settings of a process that is started alone, beside a running installation
    or by its own settings.
    """
    from infra.embedded.located import locate_temporal, located, share_metrics  # noqa: PLC0415
    from infra.process.logs import configure_logs  # noqa: PLC0415
    from infra.settings_checks import checked  # noqa: PLC0415

    settings = located(checked(targets=process == "followers"))
    configure_logs(process, settings)
    locate_temporal(settings)
    share_metrics(settings)
    return settings


def _run(coroutine: Any) -> None:
    import uvloop  # noqa: PLC0415

    uvloop.run(coroutine)


@main.command()
@_JSON
@reaching
def status(as_json: bool) -> None:
    """Show the state of each part. Exit code 1: a part is not well."""
    from infra.cli.client import PledgeClient  # noqa: PLC0415
    from infra.cli.status import status_lines  # noqa: PLC0415

    answer = PledgeClient.running().parts()
    if as_json:
        click.echo(json.dumps(answer))
    else:
        for line in status_lines(answer):
            click.echo(line)
    if not answer["ok"]:
        raise SystemExit(1)


@main.group()
def keys() -> None:
    """Create, list and revoke API keys."""


@keys.command("create")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["admin", "ops", "agent", "product", "auditor"]),
    required=True,
)
@click.option("--agent", help="The agent whose key it is: it acts only as this agent")
@click.option(
    "--acts-for",
    multiple=True,
    metavar="AGENT",
    help="An agent for whom a service may act; repeat for several, * for every agent",
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    metavar="PERMISSION",
    help="A permission of the role that the key has, for example tickets:read; repeat "
    "for several; without it the key has all of them",
)
@click.option(
    "--expires",
    "expires_at",
    metavar="TIME",
    help=("When it expires, for example 2027-01-01T00:00:00Z"),
)
@_JSON
@reaching
def create_key(name: str, role: str, as_json: bool, **given: Any) -> None:
    """Create a key; it is shown once. NAME is the name of the holder in the log."""
    from infra.cli.client import PledgeClient  # noqa: PLC0415

    body = {"name": name, "role": role, **given, "scopes": given["scopes"] or None}
    made = PledgeClient.running().call("POST", "/v1/keys", body)
    click.echo(json.dumps(made) if as_json else made["key"])
    if not as_json:  # the key alone is on standard output, to be put into a variable
        say(f"key {made['id']} of {name}, role {role}; it is shown once", err=True)


@keys.command("list")
@_JSON
@reaching
def list_keys(as_json: bool) -> None:
    """List all keys, without the keys themselves."""
    from infra.cli.client import PledgeClient  # noqa: PLC0415

    found = list(PledgeClient.running().items("/v1/keys"))
    if as_json:
        click.echo(json.dumps(found))
        return
    for key in found:
        click.echo("  ".join(_key_columns(key)).rstrip())


def _key_columns(key: dict[str, Any]) -> Iterator[str]:
    whom = f"is {key['agent']}" if key["agent"] else ""
    if key["acts_for"]:
        whom = f"acts for {', '.join(key['acts_for'])}"
    yield key["id"]
    yield f"{key['role']:8}"
    yield f"{'revoked' if key['revoked'] else 'active':8}"
    yield f"{key['name']:20}"
    yield f"{whom:20}"
    yield f"used {key['last_used_at'] or 'never'}"
    yield f"expires {key['expires_at']}" if key["expires_at"] else ""
    yield f"only {', '.join(key['scopes'])}" if key["scopes"] else ""


@keys.command("revoke")
@click.argument("key_id")
@_JSON
@reaching
def revoke_key(key_id: str, as_json: bool) -> None:
    """Revoke a key: it is refused from now on."""
    from infra.cli.client import PledgeClient  # noqa: PLC0415

    PledgeClient.running().call("DELETE", f"/v1/keys/{key_id}")
    click.echo(json.dumps({"id": key_id, "revoked": True}) if as_json else "revoked")


@main.group(epilog=EXIT_CODES)
def config() -> None:
    """Plan, apply, validate and export configuration."""


_BUNDLE = click.argument(
    "file", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)


_PRUNE = click.option(
    "--prune",
    is_flag=True,
    help="Also retire documents that are not in the file, of the kinds in the file",
)


@config.command("plan")
@_BUNDLE
@_JSON
@_DETAILED
@_PRUNE
@reaching
def plan_config(
    file: Path, as_json: bool, detailed_exitcode: bool, prune: bool
) -> None:
    """Show what applying a bundle (YAML or JSON) would change."""
    if _bundle("plan", file, as_json=as_json, prune=prune) and detailed_exitcode:
        finish(2)


@config.command("apply")
@_BUNDLE
@_JSON
@_PRUNE
@reaching
def apply_config(file: Path, as_json: bool, prune: bool) -> None:
    """Publish every document of a bundle (YAML or JSON) that differs, all or none."""
    _bundle("apply", file, as_json=as_json, prune=prune)


def _bundle(what: str, file: Path, *, as_json: bool, prune: bool) -> bool:
    """Whether anything differs."""
    from infra.cli.bundles import read, summary  # noqa: PLC0415
    from infra.cli.client import PledgeClient  # noqa: PLC0415

    bundle = read(file)
    path = f"/v1/config/{what}" + ("?prune=true" if prune else "")
    answer = PledgeClient.running().call("POST", path, bundle)
    for line in [json.dumps(answer)] if as_json else summary(answer):
        click.echo(line)
    return bool(answer["changes"])


@config.command("validate")
@_BUNDLE
def validate_config(file: Path) -> None:
    """Check a bundle (YAML or JSON) without a server. Exit code 1: it has errors.

    References to documents outside the file are not checked; they are listed.
    """
    from infra.cli.bundle_check import check, lines  # noqa: PLC0415

    found = check(file)
    for line in lines(file, found.faults or found.unchecked):
        click.echo(line)
    if found.faults:
        raise SystemExit(1)
    count = len(found.unchecked)
    names = "1 name is" if count == 1 else f"{count} names are"
    click.echo(f"valid, but {names} not checked" if count else "valid")


@config.command("export")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help=("Only this kind, for example teams; repeat for several"),
)
@_JSON
@reaching
def export_config(kinds: tuple[str, ...], as_json: bool) -> None:
    """Print everything in force as a YAML bundle: pledge config export > FILE."""
    from infra.cli.bundles import exported  # noqa: PLC0415
    from infra.cli.client import PledgeClient  # noqa: PLC0415

    query = "&".join(f"kind={quote(kind)}" for kind in kinds)
    bundle = PledgeClient.running().call("GET", f"/v1/config?{query}")
    click.echo(exported(bundle, as_json=as_json), nl=False)


@main.group("import")
def import_() -> None:
    """Import data."""


@import_.command("incidents")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--zone", default="UTC", show_default=True, help="Time zone of the timestamps"
)
@_JSON
def import_incidents(file: Path, zone: str, as_json: bool) -> None:
    """Import ServiceNow's incident audit log (CSV) as ticket histories. Idempotent."""
    from infra.servicenow.commands import import_incidents as run  # noqa: PLC0415

    finish(run(file, zone, as_json=as_json))


@main.group()
def report() -> None:
    """Reports from the log."""


@report.command("incidents")
@click.option(
    "--policy",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    default=Path("examples/incident-priorities.yaml"),
    show_default=True,
    help="A bundle with SLA policies",
)
@_JSON
def report_incidents(policy: Path, as_json: bool) -> None:
    """Report how many imported incidents would have met a policy, by priority."""
    from infra.servicenow.commands import report_incidents as run  # noqa: PLC0415

    finish(run(policy, as_json=as_json))


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--tickets", multiple=True, help="The id of a ticket; repeat for several")
@click.option(
    "--from",
    "since",
    default=None,
    help=("Tickets opened at this time or later (RFC 3339)"),
)
@click.option("--to", "until", default=None, help="Tickets opened before this time")
@_JSON
@_DETAILED
@reaching
def simulate(
    file: Path,
    tickets: tuple[str, ...],
    since: str | None,
    until: str | None,
    as_json: bool,
    detailed_exitcode: bool,
) -> None:
    """Simulate a draft (a bundle, YAML or JSON) on past tickets, and compare it with
    what is published now and with what happened; on all tickets if none are named.
    Nothing is published.
    """
    from infra.cli.simulate import simulate as run  # noqa: PLC0415

    opened = since, until
    options = {"as_json": as_json, "detailed_exitcode": detailed_exitcode}
    finish(run(file, tickets, opened, **options))


@main.command("replay-check")
@click.option("--ticket", default=None, help="A ticket's id or number; else all")
@_JSON
@reaching
def replay_check(ticket: str | None, as_json: bool) -> None:
    """Make every recorded decision again, and name what comes out otherwise (exit code
    2).
    """
    from infra.cli.replay_check import replay_check as run  # noqa: PLC0415

    finish(run(ticket, as_json=as_json))


@main.command()
@click.option(
    "--per-second",
    type=click.FloatRange(min=0, min_open=True),
    default=50.0,
    show_default=True,
    help="Maximum calls to Temporal per second",
)
@_JSON
def rebuild(per_second: float, as_json: bool) -> None:
    """Recreate all running workflows from the log on an empty Temporal."""
    settings = _located("rebuild")
    from infra.cli.rebuild import rebuild as run  # noqa: PLC0415

    def show(line: str) -> None:
        click.echo(line, err=as_json)

    count = asyncio.run(run(settings, per_second, show))
    click.echo(
        json.dumps({"workflows": count}) if as_json else f"{count} workflows running"
    )
    finish()


@main.command(cls=Verdict, epilog=VERDICTS)
@click.argument("bundle", type=click.Path(path_type=Path), required=False)
@click.option("--live", is_flag=True, help="The log of this installation instead")
@click.option("--log-key", metavar="VKEY", help="The log's key, if you have it already")
@click.option("--witness-key", metavar="VKEY", help="The witness's key")
@click.option(
    "--known",
    type=click.Path(path_type=Path),
    help="A file of checkpoints that you kept from earlier",
)
@_JSON
def verify(
    bundle: Path | None,
    live: bool,
    log_key: str | None,
    witness_key: str | None,
    known: Path | None,
    as_json: bool,
) -> None:
    """Verify an exported bundle, or with --live the database: that nothing was altered,
    removed, inserted or withheld.
    """
    from infra.cli.verify import Brought, verify_bundle, verify_live  # noqa: PLC0415

    if live == (bundle is not None):
        raise click.UsageError("name a bundle, or --live")
    if live and witness_key:
        raise click.UsageError("--witness-key is for bundles: --live asks the witness")
    brought = Brought(log_key=log_key, witness_key=witness_key, known=known)
    if bundle is not None:
        finish(verify_bundle(bundle, brought, as_json=as_json))
    finish(verify_live(_located("verify"), brought, as_json=as_json))


main.add_command(audit)


@main.command()
@_JSON
def rewrap(as_json: bool) -> None:
    """Encrypt the keys of persons with the first master key, after it was changed."""
    from infra.cli.rewrap import rewrap as run  # noqa: PLC0415

    done = asyncio.run(run(_located("rewrap")))
    text = f"{done} keys are encrypted with the first master key now"
    click.echo(json.dumps({"rewrapped": done}) if as_json else text)
    finish()


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_JSON
def backup(folder: Path, as_json: bool) -> None:
    """Back up the database and the secrets into a new folder, while everything runs."""
    from infra.embedded.backup import backup as run  # noqa: PLC0415
    from infra.embedded.data_dir import DataDir  # noqa: PLC0415
    from infra.embedded.located import owner_url  # noqa: PLC0415
    from infra.settings_checks import checked  # noqa: PLC0415

    settings = checked()
    about = run(owner_url(settings), DataDir(Path(settings.data_dir)), folder)
    text = f"backed up to position {about['position']}: {folder} (it contains secrets)"
    click.echo(json.dumps(about) if as_json else text)


@main.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path),
    default=None,
    help="The new data directory; by default PLEDGE_DATA_DIR",
)
@click.option(
    "--keys",
    type=click.Path(exists=True, path_type=Path),
    help="A newer backup, whose keys of persons are taken: who was erased stays erased",
)
@_JSON
def restore(
    folder: Path, data_dir: Path | None, keys: Path | None, as_json: bool
) -> None:
    """Create a new data directory from a backup; then start it with `pledge up`."""
    from infra.embedded.backup import restore as run  # noqa: PLC0415
    from infra.embedded.data_dir import DataDir  # noqa: PLC0415
    from infra.settings_checks import checked  # noqa: PLC0415

    data = DataDir((data_dir or Path(checked().data_dir)).resolve())
    about = run(folder, data, lambda line: say(line, err=True), keys)
    text = (
        f"restored to position {about['position']}: start it with"
        f" `pledge up --data-dir {data.path}`, then run `pledge rebuild` on it;"
        " what is signed of its log: docs/operating.md"
    )
    click.echo(json.dumps(about) if as_json else text)


if __name__ == "__main__":
    main()
