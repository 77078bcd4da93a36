"""The chat tools that the operator set up: name to apprise URL.

The URLs hold tokens, so they are in a file beside Pledge (`PLEDGE_NOTIFY_TARGETS`, TOML
or JSON) and never in the log: agents name a target.
"""

import json
import logging
import tomllib
from pathlib import Path

LOG = logging.getLogger(__name__)


class TargetsError(ValueError):
    """Describes the fault of the file, without its contents."""


def load_targets(path: str) -> dict[str, str]:
    """Empty if there is no file by setting. Raises TargetsError."""
    if not path:
        return {}
    try:
        text = Path(path).read_text("utf-8")
        loaded = json.loads(text) if path.endswith(".json") else tomllib.loads(text)
    except (OSError, ValueError) as error:
        kind = type(error).__name__
        raise TargetsError(f"PLEDGE_NOTIFY_TARGETS: {path}: {kind}") from None
    if not isinstance(loaded, dict):
        raise TargetsError(f"PLEDGE_NOTIFY_TARGETS: {path} must hold name = URL")
    return {str(name): _url(path, name, url) for name, url in loaded.items()}


def target_names(path: str) -> frozenset[str] | None:
    """The names against which configuration is checked; None if this process does not
    read the file, because it sends nothing.
    """
    try:
        return frozenset(load_targets(path))
    except TargetsError as error:
        LOG.warning("%s: names of chat tools are not checked", error)
        return None


def _url(path: str, name: object, url: object) -> str:
    if isinstance(url, str) and "://" in url:
        return url
    raise TargetsError(
        f"PLEDGE_NOTIFY_TARGETS: {path}: {name!r} must be an apprise URL"
    )
