"""Why a command failed, one line each, and the exit code for its kind."""

from collections.abc import Sequence
from typing import IO, Any

import click
import httpx
import psycopg
from typing_extensions import override

from infra.settings import SettingsError

FAILED, USAGE, AWAY, REFUSED = 1, 2, 3, 4
EXIT_CODES = (
    "Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 no running"
    " installation or it cannot be reached, 4 the key or its rights are not sufficient."
)
_FORBIDDEN = (
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.InvalidAuthorizationSpecification,
    psycopg.errors.InvalidPassword,
)


class Failure(click.ClickException):
    """Ends the command; nobody should see a traceback of a fault they can repair."""

    exit_code = FAILED
    pointers: tuple[str, ...] = ()
    """Of the fields that the API refused."""

    def __init__(
        self, message: str, details: Sequence[str] = (), code: int = FAILED
    ) -> None:
        super().__init__("\n".join([message, *(f"  {line}" for line in details)]))
        self.exit_with(code)

    def exit_with(self, code: int) -> None:
        self.exit_code = code  # type: ignore[misc]

    @override
    def show(self, file: IO[Any] | None = None) -> None:
        try:
            super().show(file)
        except OSError:
            """The reader is gone; the exit code is still set."""


def unreachable(url: str, error: httpx.TransportError) -> Failure:
    if isinstance(error, httpx.ConnectError):
        why = "connection refused" if "refused" in str(error) else first_line(error)
    elif isinstance(error, httpx.TimeoutException):
        why = "no answer in time"
    else:
        why = first_line(error) or type(error).__name__
    hint = "start it with `pledge up`, or name another with --url"
    return Failure(f"no Pledge answers at {url} ({why}): {hint}", code=AWAY)


def understood(error: Exception) -> Failure | None:
    """A fault that a person can repair, in words; None for a bug of ours."""
    match error:
        case SettingsError(faults=[fault]):
            return Failure(fault, code=USAGE)
        case SettingsError(faults=faults):
            return Failure(f"{len(faults)} settings are wrong", faults, USAGE)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return Failure(f"--url: {first_line(error)}", code=USAGE)
        case OSError() if error.strerror:
            place = f"{error.filename}: " if error.filename else ""
            return Failure(f"{place}{error.strerror.lower()}")
        case _:
            return _of_servers(error)


def _of_servers(error: Exception) -> Failure | None:
    # Only a command that failed waits for the rules and Temporal's client to load.
    from activities.ports import StoreUnavailableError  # noqa: PLC0415
    from infra.temporal.client import TemporalUnavailableError  # noqa: PLC0415

    said = first_line(error)
    match error:
        case psycopg.Error() if isinstance(error, _FORBIDDEN) or _login_failed(error):
            return Failure(f"the database refuses: {said}", code=REFUSED)
        case psycopg.OperationalError() | StoreUnavailableError():
            return Failure(f"the database cannot be reached: {said}", code=AWAY)
        case TemporalUnavailableError():
            return Failure(said, code=AWAY)
        case _:
            return None


def _login_failed(error: psycopg.Error) -> bool:
    """While connecting libpq gives no SQLSTATE, only words."""
    return "authentication failed" in str(error)


def first_line(error: Exception) -> str:
    said = str(error).strip().splitlines()
    return said[0].strip() if said else ""
