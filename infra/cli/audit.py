"""`pledge audit`: what concerns the log itself, on the machine with its key."""

import json

import click

from infra.process.terminal import finish, say


@click.group()
def audit() -> None:
    """The log, its tree and its key."""


@audit.command()
@click.option(
    "--reason", required=True, metavar="TEXT", help="Why; it is recorded in the log"
)
@click.option("--json", "as_json", is_flag=True, help="Machine-readable output")
def restart(reason: str, as_json: bool) -> None:
    """Begin the log's tree anew under another name, because it cannot be continued.

    The log itself stays as it is. What was signed under the old name cannot be
    continued afterwards; the event audit.log_restarted says why.
    """
    from infra.cli.log_restart import restart_log  # noqa: PLC0415

    if not reason.strip():
        raise click.BadParameter("must say why", param_hint="--reason")
    done = restart_log(reason)
    if as_json:
        click.echo(json.dumps({"origin": done.new_origin, "log_key": done.new_log_key}))
    else:
        say(f"{done.origin} was abandoned at {done.size} events; the log is now")
        say(done.new_log_key)
        say("tell the witnesses of other machines this key, and whoever verifies")
    finish()
