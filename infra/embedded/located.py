"""Where the running installation is: the environment, then the TOML file, then what
`pledge up` keeps in the data directory (run.json and secrets/).

The one place that answers this, for the client commands as for `api`, `worker`,
`followers`, `migrate` and `rebuild` started alone.
"""

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from infra.embedded.data_dir import DataDir
from infra.embedded.postgres import APP, OWNER
from infra.process.failures import AWAY, REFUSED, Failure
from infra.settings import Settings

TEMPORAL_ADDRESS = "TEMPORAL_ADDRESS"
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
EMBEDDED_WEBHOOK_ALLOW = "127.0.0.0/8,::1/128"


@dataclass(frozen=True)
class Running:
    """What run.json of a data directory says."""

    data: DataDir
    said: dict[str, Any]

    @classmethod
    def on(cls, data_dir: str, or_set: str = "PLEDGE_URL") -> "Running":
        """Raises Failure if nothing runs there, or we may not read it; `or_set` names
        the setting that makes it unnecessary.
        """
        data = DataDir(Path(data_dir).resolve())
        try:
            said = json.loads(data.run_file.read_text("utf-8"))
        except (FileNotFoundError, NotADirectoryError) as error:
            found = _starting(data.path) if data.is_held() else None
            raise found or _nothing(data.path, or_set) from error
        except PermissionError as error:
            raise _closed(data.run_file) from error
        except ValueError as error:
            raise Failure(f"{data.run_file} is not readable as JSON") from error
        return cls(data, said if isinstance(said, dict) else {})

    def address(self, name: str) -> str:
        try:
            return str(self.said[name])
        except KeyError as error:
            raise Failure(f"{self.data.run_file} does not say {name!r}") from error

    @property
    def owner_database_url(self) -> str:
        """Of the embedded server, which is recognized by its password; else empty."""
        url = self.address("postgres")
        password = str(conninfo_to_dict(url).get("password") or "")
        if not password or secret(self.data, f"{APP}.password") != password:
            return ""
        owner = secret(self.data, f"{OWNER}.password")
        return url.replace(f"//{APP}:{password}@", f"//{OWNER}:{owner}@")


def located(settings: Settings) -> Settings:
    """The settings with every address that a process of the installation needs; raises
    Failure when one is not set and no instance runs on the data directory.
    """
    if not settings.database_url:
        running = Running.on(settings.data_dir, "PLEDGE_DATABASE_URL")
        settings = replace(
            settings,
            database_url=running.address("postgres"),
            webhook_allow=settings.webhook_allow or EMBEDDED_WEBHOOK_ALLOW,
            witnesses=settings.witnesses or str(running.said.get("witnesses", "")),
        )
    if not settings.the_admin_key():
        file = Path(settings.data_dir) / "secrets" / "admin.key"
        settings = replace(settings, admin_key_file=str(file))
    return settings


def locate_temporal(settings: Settings) -> None:
    """If Temporal's own settings name no server, use that of the data directory. They
    are read from the environment, so it is put there.
    """
    from temporalio.envconfig import ClientConfig  # noqa: PLC0415 - slow to load

    if "target_host" not in ClientConfig.load_client_connect_config():
        running = Running.on(settings.data_dir, TEMPORAL_ADDRESS)
        os.environ[TEMPORAL_ADDRESS] = running.address("temporal")


def share_metrics(settings: Settings) -> None:
    """A process started beside `pledge up` publishes its metrics with the others'. Call
    it before the metrics are imported.
    """
    folder = Path(settings.data_dir).resolve() / "metrics"
    if METRICS_FOLDER not in os.environ and folder.is_dir():
        os.environ[METRICS_FOLDER] = str(folder)


def owner_url(settings: Settings) -> str:
    """For migrations. Raises Failure when only the application's role is known."""
    if settings.owner_database_url:
        return settings.owner_database_url
    if not settings.database_url:
        found = Running.on(settings.data_dir, "PLEDGE_OWNER_DATABASE_URL")
        url = found.owner_database_url
        if url:
            return url
    message = "set PLEDGE_OWNER_DATABASE_URL: migrations run as the database's owner"
    raise Failure(message, code=REFUSED)


def secret(data: DataDir, name: str) -> str:
    """Empty if there is none."""
    file = data.path / "secrets" / name
    try:
        return file.read_text("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except PermissionError as error:
        raise _closed(file) from error


def _starting(folder: Path) -> Failure:
    return Failure(
        f"Pledge is starting on data directory {folder}: try again when"
        " `pledge up` says that it is up",
        code=AWAY,
    )


def _nothing(folder: Path, or_set: str) -> Failure:
    message = f"no running Pledge for data directory {folder}"
    hint = f"start it with `pledge up`, or set {or_set}"
    return Failure(f"{message}: {hint}", code=AWAY)


def _closed(file: Path) -> Failure:
    message = f"{file}: permission denied; use the account that runs `pledge up`"
    return Failure(message, code=REFUSED)
