"""Settings: environment first, then the TOML file, then defaults. Read when asked.

The file is `$PLEDGE_CONFIG_FILE`, or `pledge.toml` in the working directory; its keys
are those of `Settings`. Temporal has its own settings (`TEMPORAL_ADDRESS` …).
"""

import os
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Settings:
    """`PLEDGE_` and the name in capitals, as `PLEDGE_DATABASE_URL`."""

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
    """Fernet key that seals webhook secrets, and from which those of people's webhooks
    follow; made in the data directory if not set.
    """
    webhook_allow: str = ""
    """Networks inside which webhooks may go, as `10.0.0.0/8,::1/128`."""
    smtp_url: str = ""
    mail_from: str = "pledge@localhost"
    notify_targets: str = ""
    """File of the chat tools that people can be told by: name = apprise URL."""

    @classmethod
    def load(cls) -> Self:
        path = Path(os.environ.get("PLEDGE_CONFIG_FILE", "pledge.toml"))
        given = tomllib.loads(path.read_text("utf-8")) if path.is_file() else {}
        for field in fields(cls):
            name = f"PLEDGE_{field.name.upper()}"
            if name in os.environ:
                given[field.name] = os.environ[name]
        unknown = given.keys() - {field.name for field in fields(cls)}
        if unknown:
            msg = f"{path}: unknown settings: {', '.join(sorted(unknown))}"
            raise ValueError(msg)
        given["http_port"] = int(given.get("http_port", cls.http_port))
        return cls(**given)

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
