"""`pledge verify`: a bundle, or the running installation's own log."""

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from domain.audit.note import NoteError, VerifierKey
from infra.audit.live import Advance, Known, LiveReport, LiveVerification
from infra.audit.log_key import log_key_file, outside_path
from infra.audit.offline import verify as offline
from infra.audit.offline.verify import EXIT_CODES, Fault
from infra.audit.signing import KeyFileError, read_key
from infra.audit.witness_state import STATE, WitnessState, WitnessStateError
from infra.settings import Settings

_ENTRY = re.compile(
    rb"([^\n]+\n[0-9]+\n[A-Za-z0-9+/=]+\n\n(?:\xe2\x80\x94 [^\n]+\n)+)\n*"
)


@dataclass(frozen=True, kw_only=True)
class Brought:
    """What whoever verifies knows already: verifier keys, and a file of checkpoints."""

    log_key: str | None = None
    witness_key: str | None = None
    known: Path | None = None


def verify_bundle(bundle: Path, brought: Brought, *, as_json: bool) -> int:
    """The exit code."""
    keys = brought.log_key, brought.witness_key
    try:
        report = offline.verify(bundle, *keys, brought.known)
    except Fault as fault:
        return _fault(fault, as_json=as_json)
    _say([*offline.lines(report)], {**vars(report)}, as_json=as_json)
    return 0


def verify_live(settings: Settings, brought: Brought, *, as_json: bool) -> int:
    began = time.monotonic()
    try:
        report = _live(settings, brought)
    except Fault as fault:
        return _fault(fault, as_json=as_json)
    lines = [*_lines(report), f"  took {time.monotonic() - began:.1f} s"]
    _say(lines, {**vars(report)}, as_json=as_json)
    return 0


def _live(settings: Settings, brought: Brought) -> LiveReport:
    console = Console(stderr=True)
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        disable=not console.is_terminal,
    ) as progress:
        bar = progress.add_task("events", total=None)

        def advance(done: int, total: int) -> None:
            progress.update(bar, completed=done, total=total)

        return live_verification(settings, brought, advance).run()


def live_verification(
    settings: Settings, asked: Brought, advance: Advance
) -> LiveVerification:
    """Raises Fault for a file of the data directory that cannot be believed."""
    key = _log_key(settings, asked.log_key)
    kept = notes_of(asked.known) if asked.known else []
    if asked.known and not kept:
        raise Fault("usage", f"--known {asked.known} has no checkpoint")
    return LiveVerification(
        settings.database_url,
        notes_of(outside_path(settings.data_dir)),
        key,
        witnessed=_witnessed(Path(settings.data_dir) / "witness", key),
        kept=kept,
        advance=advance,
    )


def _log_key(settings: Settings, brought: str | None) -> VerifierKey | None:
    try:
        if brought is not None:
            return VerifierKey.parse(brought)
        return read_key(log_key_file(settings.data_dir)).key
    except FileNotFoundError:
        return None
    except (KeyFileError, NoteError) as error:
        raise Fault("usage", str(error)) from error


def _witnessed(folder: Path, key: VerifierKey | None) -> list[Known]:
    """The last checkpoint that the witness of this installation has cosigned."""
    if key is None or not (folder / STATE).exists():
        return []
    try:
        seen = WitnessState.read(folder).latest(key.name)
    except WitnessStateError as error:
        raise Fault("altered", str(error)) from error
    return [Known(seen, "the witness")] if seen else []


def notes_of(path: Path) -> list[bytes]:
    """Of the file outside the database, which must hold nothing else. What a crash left
    behind the last one was never published.
    """
    content = path.read_bytes() if path.exists() else b""
    notes, end = [], 0
    for found in _ENTRY.finditer(content):
        if found.start() != end:
            break
        notes.append(found[1])
        end = found.end()
    if b"\n\n" in content[end:].strip(b"\n"):
        text = f"{path}: what stands after checkpoint {len(notes)} is none"
        raise Fault("altered", text)
    return notes


def _lines(report: LiveReport) -> Iterator[str]:
    yield f"intact: {report.size} events, none missing, as they were sealed"
    yield f"  log: {report.origin}, root {report.root}"
    yield f"  checkpoints that agree: {report.checkpoints}"
    if report.unsealed:
        yield f"  note: {report.unsealed} events are not sealed yet"
    for note in report.notes:
        yield f"  note: {note}"


def _fault(fault: Fault, *, as_json: bool) -> int:
    code = EXIT_CODES[fault.kind]
    found = {"kind": fault.kind, "message": str(fault), "exit_code": code}
    _say([str(fault)], found, as_json=as_json)
    return code


def _say(lines: list[str], found: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        lines = [json.dumps({"kind": "intact", "exit_code": 0, **found})]
    for line in lines:
        click.echo(line)
