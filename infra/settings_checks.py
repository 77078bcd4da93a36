"""The valid values of each setting, checked before anything starts: all faults at once,
each in a line, with what is allowed.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import fields
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from cryptography.fernet import Fernet
from psycopg.conninfo import conninfo_to_dict

from api.http.cross_origin import origins
from api.http.limits import Rate, seconds_of
from domain.nearest import not_one_of
from domain.privacy.retention import parse_period
from infra.audit.log_key import check_origin
from infra.audit.witnesses import parse_witnesses
from infra.eventstore.master_key import MasterKey
from infra.http.outbound import parse_networks
from infra.identity.setup import check_issuer, incomplete, roles_of
from infra.notification.chat_targets import TargetsError, load_targets
from infra.notification.mail import parse_smtp_url
from infra.settings import (
    FORMATS,
    LEVELS,
    Fault,
    Settings,
    SettingsError,
    said_settings,
    variable_of,
)

PORTS = range(1, 65536)
MINUTE_S, DAY_S = 60, 86_400
_HOST = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")


def checked(*, targets: bool = False) -> Settings:
    """The settings. Raises SettingsError that names everything wrong with them.
    `targets`: the file of chat tools is read too, which only some processes need.
    """
    settings, faults = Settings.read()
    faults += faults_of(settings)
    if targets:
        faults += _faults_of_targets(settings)
    if faults:
        raise SettingsError(faults)
    return settings


def faults_of(settings: Settings) -> list[Fault]:
    said, _ = said_settings()
    found = []
    for field in fields(Settings):
        value = getattr(settings, field.name)
        check = CHECKS.get(field.name)
        if check is None or value in ("", field.default):
            continue
        try:
            check(value)
        except ValueError as error:
            origin, _ = said.get(field.name, (variable_of(field.name), value))
            found.append(Fault(field.name, origin, value, str(error)))
    for name, message in incomplete(settings).items():
        origin, value = said.get(name, (variable_of(name), ""))
        found.append(Fault(name, origin, value, message))
    return found


def _faults_of_targets(settings: Settings) -> list[str]:
    try:
        load_targets(settings.notify_targets)
    except TargetsError as error:
        return [str(error)]
    return []


def _database(url: str) -> None:
    try:
        given = conninfo_to_dict(url)
    except psycopg.Error:
        given = {}
    ports = str(given.get("port") or "5432").split(",")
    wrong_port = any(not p.isdigit() or int(p) not in PORTS for p in ports)
    if not given.get("host") or not given.get("dbname") or wrong_port:
        raise ValueError("must be like postgresql://user:password@host:5432/database")


def _public_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise ValueError("must be like https://desk.shop.example")


def _host(name: str) -> None:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        digits = name.replace(".", "").isdigit()
        if digits or not _HOST.fullmatch(name.lower()):
            raise ValueError(
                "must be an address or a host name, like 127.0.0.1 or 0.0.0.0"
            ) from None


def _between(least: int, most: int) -> Callable[[int], None]:
    def check(number: int) -> None:
        if not least <= number <= most:
            raise ValueError(f"must be from {least} to {most}")

    return check


def _by(read: Callable[[str], object]) -> Callable[[str], None]:
    """Whatever the library that reads it accepts."""

    def check(text: str) -> None:
        read(text)

    return check


def _key(key: str) -> None:
    if not re.fullmatch(r"[\x21-\x7e]{1,200}", key):
        raise ValueError("must be 1 to 200 printable ASCII characters without blanks")


def _master_key(text: str) -> None:
    MasterKey.parse(text)


def _secret_key(key: str) -> None:
    try:
        Fernet(key)
    except ValueError:
        raise ValueError(
            "must be a Fernet key, 32 random bytes in URL-safe base64; make one by"
            " `openssl rand -base64 32 | tr +/ -_`"
        ) from None


def _networks(text: str) -> None:
    try:
        parse_networks(text)
    except ValueError as error:
        raise ValueError(
            f"must be networks separated by commas, like 10.0.0.0/8,::1/128: {error}"
        ) from None


def _smtp(url: str) -> None:
    try:
        parse_smtp_url(url)
    except ValueError:
        raise ValueError(
            "must be like smtp://host:25, smtp+starttls://user:password@host"
            " or smtps://host"
        ) from None


def _address(text: str) -> None:
    _, address = parseaddr(text)
    name, at, host = address.rpartition("@")
    if not (name and at and host) or re.search(r"[\s<>]", address):
        raise ValueError("must be an e-mail address, like Pledge <pledge@shop.example>")


def _readable(path: str) -> None:
    try:
        Path(path).read_bytes()
    except OSError as error:
        raise ValueError(f"cannot be read: {(error.strerror or '').lower()}") from None


def _level(name: str) -> None:
    if name.upper() not in LEVELS:
        raise ValueError(not_one_of(name.upper(), LEVELS))


def _format(name: str) -> None:
    if name not in FORMATS:
        raise ValueError(not_one_of(name, FORMATS))


def _oidc_scope(text: str) -> None:
    if not re.fullmatch(r"[\x21-\x7e]+( [\x21-\x7e]+)*", text):
        raise ValueError("must be words of printable ASCII, separated by one blank")
    if "openid" not in text.split():
        raise ValueError("must hold the word openid")


def _session_lasts(text: str) -> None:
    if not MINUTE_S <= seconds_of(text) <= DAY_S:
        raise ValueError("must be from 1m to 1d")


CHECKS: dict[str, Callable[..., None]] = {
    "database_url": _database,
    "owner_database_url": _database,
    "http_host": _host,
    "http_port": _between(1, 65535),
    "public_url": _public_url,
    "admin_key": _key,
    "admin_key_file": _readable,
    "secret_key": _secret_key,
    "oidc_issuer": check_issuer,
    "oidc_scope": _oidc_scope,
    "oidc_roles": _by(roles_of),
    "session_lasts": _session_lasts,
    "master_key": _master_key,
    "webhook_allow": _networks,
    "smtp_url": _smtp,
    "mail_from": _address,
    "max_connections": _between(1, 1_000_000),
    "head_timeout": _by(seconds_of),
    "body_timeout": _by(seconds_of),
    "rate_limit_key": _by(Rate.parse),
    "rate_limit_address": _by(Rate.parse),
    "rate_limit_wrong_keys": _by(Rate.parse),
    "trusted_proxies": _networks,
    "cors_origins": _by(origins),
    "hsts": _by(seconds_of),
    "log_level": _level,
    "log_format": _format,
    "database_pool": _between(2, 500),
    "ticket_cache": _between(100, 10_000_000),
    "workflow_cache": _between(10, 1_000_000),
    "log_origin": check_origin,
    "witnesses": _by(parse_witnesses),
    "disk_warning_mb": _between(0, 10_000_000),
    "export_days": _between(1, 3650),
    "retention_transactions": _by(parse_period),
    "retention_logs": _by(parse_period),
}
