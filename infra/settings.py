"""Settings: environment first, then the TOML file, then defaults. Read when needed.

The file is `$PLEDGE_CONFIG_FILE`, or `pledge.toml` in the working directory; its keys
are those of `Settings`. Temporal has its own settings (`TEMPORAL_ADDRESS` …).
"""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from typing_extensions import override

from domain.nearest import did_you_mean, nearest

ELSEWHERE = (
    "PLEDGE_CONFIG_FILE",
    "PLEDGE_KEY",
    "PLEDGE_SUPERVISED",
    "PLEDGE_URL",
)
"""Names that are read where they are used, and are not fields of `Settings`."""
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMATS = ("text", "json")
SECRETS = ("admin_key", "master_key", "oidc_client_secret", "secret_key")
_KUBERNETES = re.compile(r"PLEDGE_(SERVICE_(HOST|PORT.*)|PORT(_\d+_.*)?)")
"""Kubernetes sets these in every container beside a service named `pledge`."""
_PASSWORD = re.compile(r":[^:@/\s][^@\s]*@|(?<=password=)\S+")


@dataclass(frozen=True)
class Fault:
    """What is wrong with one setting. Secrets in it are masked."""

    setting: str
    origin: str
    value: object
    message: str

    @override
    def __str__(self) -> str:
        hidden = self.setting in SECRETS
        shown = "***" if hidden else repr(masked(self.value))
        return f"{self.origin}={shown}: {self.message}"


class SettingsError(Exception):
    """Every fault that was found, a line each."""

    def __init__(self, faults: Iterable[Fault | str]) -> None:
        self.faults = tuple(str(fault) for fault in faults)
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`PLEDGE_` and the name in capitals, for example `PLEDGE_DATABASE_URL`."""

    database_url: str = ""
    owner_database_url: str = ""
    data_dir: str = ".pledge"
    http_host: str = "127.0.0.1"
    http_port: int = 8400
    public_url: str = ""
    """Where people reach the API, for the links in their messages; if not set, the
    address on which it listens.
    """
    admin_key: str = ""
    admin_key_file: str = ""
    secret_key: str = ""
    """Fernet key that encrypts webhook secrets, and from which those of people's
    webhooks are derived; created in the data directory if not set."""
    oidc_issuer: str = ""
    """The identity provider, exactly as it names itself in `iss`."""
    oidc_audience: str = ""
    """The `aud` of tokens that open the API; if not set, no token does."""
    oidc_client_id: str = ""
    """As whom people are sent to the provider to sign in; if not set, they are not."""
    oidc_client_secret: str = ""
    oidc_scope: str = "openid"
    oidc_role_claim: str = "roles"
    """A claim, or the path to it, for example `realm_access.roles`."""
    oidc_roles: str = ""
    """Roles by the value of that claim, as JSON: `{"pledge-agents": "agent"}`."""
    oidc_agent_claim: str = ""
    """The claim that holds the id of the agent as whom its person acts."""
    oidc_acts_for_claim: str = ""
    """The claim with the agents for whom a service acts; `*` is every agent."""
    session_lasts: str = "1h"
    master_key: str = ""
    """Encrypts the keys of persons: 32 bytes in base64, several with blanks between
    them, the first of which encrypts; created in the data directory if not set."""
    personal_attributes: str = ""
    """Names of the attributes of tickets that are personal data, with commas."""
    webhook_allow: str = ""
    """Networks to which requests to addresses that people name may be sent, for example
    `10.0.0.0/8,::1/128`."""
    smtp_url: str = ""
    mail_from: str = "pledge@localhost"
    notify_targets: str = ""
    """File of the chat tools by which people can be notified: name = apprise URL."""
    max_connections: int = 1000
    head_timeout: str = "10s"
    body_timeout: str = "30s"
    rate_limit_key: str = "10000/10s"
    rate_limit_address: str = "1000/10s"
    rate_limit_wrong_keys: str = "20/10s"
    trusted_proxies: str = ""
    """Proxies whose `X-Forwarded-For` is trusted, for example `10.0.0.0/8`."""
    cors_origins: str = ""
    hsts: str = ""
    log_level: str = "INFO"
    log_format: str = "text"
    database_pool: int = 8
    """Maximum connections of one process, besides those that it reserves for itself."""
    ticket_cache: int = 10_000
    """Tickets that the followers keep folded in memory."""
    workflow_cache: int = 2000
    """Tickets whose workflow a worker keeps in memory."""
    log_origin: str = ""
    """The name of the audit log when it is created, for example `shop.example/tickets`;
    if not set, `pledge.local/` and eight random digits."""
    witnesses: str = ""
    """Who cosigns the log's checkpoints: `<verifier key> <URL>`, separated by
    commas."""
    export_days: int = 7
    """After so many days the bundle of an export is deleted."""
    retention_transactions: str = "P1095D"
    """How long after their last ticket customers are kept where a retention run says
    nothing else; `off`: for ever. Nobody goes by themselves."""
    retention_logs: str = "P183D"
    """The same for records of operation that are not in the log of events."""
    disk_warning_mb: int = 1024
    """A warning is given if less than this is free on the disk of the data
    directory."""

    @classmethod
    def load(cls) -> Self:
        """Raises SettingsError. Values are validated in `infra.settings_checks`; here
        only names and types.
        """
        settings, faults = cls.read()
        if faults:
            raise SettingsError(faults)
        return settings

    @classmethod
    def read(cls) -> tuple[Self, list[Fault | str]]:
        """With the default for each value that cannot be read, and what is wrong."""
        said, faults = said_settings()
        values: dict[str, Any] = {}
        for field in fields(cls):
            if field.name not in said:
                continue
            origin, value = said[field.name]
            try:
                values[field.name] = _typed(field.type, value)
            except ValueError as error:
                faults.append(Fault(field.name, origin, value, str(error)))
        return cls(**values), faults

    def the_public_url(self) -> str:
        """Without a slash at its end."""
        host = "127.0.0.1" if self.http_host in ("0.0.0.0", "::") else self.http_host  # noqa: S104 - compared, not bound
        bracketed = f"[{host}]" if ":" in host else host
        return (self.public_url or f"http://{bracketed}:{self.http_port}").rstrip("/")

    def the_admin_key(self) -> str:
        """The key itself, or what its file holds; empty if there is neither."""
        if self.admin_key or not self.admin_key_file:
            return self.admin_key
        path = Path(self.admin_key_file)
        return path.read_text("utf-8").strip() if path.is_file() else ""


def said_settings() -> tuple[dict[str, tuple[str, object]], list[Fault | str]]:
    """The given values, by the name of the setting, with their origin. The environment
    takes precedence over the file; an empty variable counts as not set.
    """
    path = Path(os.environ.get("PLEDGE_CONFIG_FILE") or "pledge.toml")
    known = [field.name for field in fields(Settings)]
    given, faults = _file(path, required="PLEDGE_CONFIG_FILE" in os.environ)
    faults += _unknown_in_file(path, given, known)
    said = {n: (f"{path}: {n}", v) for n, v in given.items() if n in known}
    for name in known:
        variable = variable_of(name)
        if value := os.environ.get(variable):
            said[name] = (variable, value)
    faults += [typo for _, typo in _unknown_variables() if typo]
    return said, faults


def as_environment() -> dict[str, str]:
    """The environment with the values of the file added, for child processes."""
    said, _ = said_settings()
    of_file = {variable_of(name): str(value) for name, (_, value) in said.items()}
    return of_file | {name: value for name, value in os.environ.items() if value}


def overlooked() -> list[str]:
    """Variables that look like settings but are not, and resemble none."""
    return [variable for variable, typo in _unknown_variables() if not typo]


def variable_of(setting: str) -> str:
    return f"PLEDGE_{setting.upper()}"


def masked(value: object) -> object:
    """A URL without its password, in either notation."""
    if not isinstance(value, str):
        return value
    return _PASSWORD.sub(lambda m: ":***@" if m[0].endswith("@") else "***", value)


def _file(path: Path, *, required: bool) -> tuple[dict[str, Any], list[Fault | str]]:
    try:
        return tomllib.loads(path.read_text("utf-8")), []
    except FileNotFoundError:
        missing = f"PLEDGE_CONFIG_FILE={str(path)!r}: there is no such file"
        return {}, [missing] if required else []
    except OSError as error:
        return {}, [f"{path}: {(error.strerror or str(error)).lower()}"]
    except ValueError as error:  # TOMLDecodeError, UnicodeDecodeError
        return {}, [f"{path} is not TOML: {error}"]


def _unknown_in_file(
    path: Path, given: Mapping[str, Any], known: list[str]
) -> Iterator[str]:
    for name in sorted(given.keys() - set(known)):
        meant = did_you_mean(name.lower().removeprefix("pledge_"), known)
        yield f"{path}: unknown setting {name!r}{meant}"


def _unknown_variables() -> Iterator[tuple[str, str]]:
    """Each unknown setting, with a suggestion if it is most likely misspelt."""
    known = [variable_of(field.name) for field in fields(Settings)] + [*ELSEWHERE]
    for name in sorted(os.environ):
        ours = name.startswith("PLEDGE_") and name not in known
        if ours and os.environ[name] and not _KUBERNETES.fullmatch(name):
            close = nearest(name.removeprefix("PLEDGE_"), _short(known))
            said = f"unknown setting {name}"
            yield name, f"{said}; did you mean PLEDGE_{close}?" if close else ""


def _short(names: Iterable[str]) -> list[str]:
    """Without the common prefix, which would make all names similar."""
    return [name.removeprefix("PLEDGE_") for name in names]


def _typed(kind: object, value: object) -> int | str:
    if kind is not int:
        if isinstance(value, str):
            return value
        raise ValueError("must be text")
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and re.fullmatch(r"\s*-?\d{1,18}\s*", value, re.ASCII):
        return int(value)
    raise ValueError("must be a whole number")
