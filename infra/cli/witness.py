"""`pledge witness`: a witness on this machine, for logs anywhere."""

from collections.abc import Iterable
from pathlib import Path

import click

from domain.audit.note import NoteError, VerifierKey
from infra.audit.signing import KeyFileError
from infra.audit.witness import run_witness
from infra.audit.witness_state import WitnessStateError, add_log, witness_signer
from infra.process.failures import Failure
from infra.process.logs import configure_logs
from infra.process.terminal import say
from infra.settings import Settings

LARGEST_PORT = 65535


def witness(listen: str, folder: Path, logs: Iterable[str]) -> None:
    """Until stopped. Raises Failure."""
    host, port = _address(listen)
    configure_logs("witness", Settings.load())
    try:
        say(f"witness key: {witness_signer(folder).key.encoded}")
        for log in logs:
            add_log(folder, _key(log))
        run_witness(folder, host, port)
    except (KeyFileError, WitnessStateError, OSError) as error:
        raise Failure(str(error)) from error


def _address(listen: str) -> tuple[str, int]:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal() or int(port) > LARGEST_PORT:
        raise click.BadParameter("must be like 127.0.0.1:8401", param_hint="--listen")
    return host.strip("[]"), int(port)


def _key(text: str) -> VerifierKey:
    try:
        return VerifierKey.parse(text)
    except NoteError as error:
        raise click.BadParameter(str(error), param_hint="--log") from error
