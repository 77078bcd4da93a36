"""The SLA policies of a bundle, as a separate world to judge by.

Validated as if they were published, so the bundle has to contain what it names.
Escalation policies are validated and then left out: whom they would have notified
changes no verdict, and what those people would have done is unknown.
"""

import asyncio
from pathlib import Path

from activities.configuration_sources import all_looked_up
from api.http.yaml_text import read_yaml
from domain.configuration.bundle import Bundle, overlaid_with
from domain.configuration.configuration import Configuration
from domain.errors import InvalidError
from domain.ticket.world import World
from infra.bootstrap import documents
from infra.calendars.sources import InstalledSources
from infra.wiring import now


class BundleError(Exception):
    """Not a bundle, or one that would be refused; with the place of the fault."""


def policies(file: Path) -> World:
    """Raises BundleError."""
    try:
        bundle = read_yaml(file.read_bytes())
    except ValueError as error:
        raise BundleError(f"{file}: {error}") from error
    if not isinstance(bundle, dict) or "sla-policies" not in bundle:
        raise BundleError(f"{file} holds no sla-policies")
    found = {(kind, name): text for kind, name, text in documents(bundle)}
    # Without `years` a package gives the days around today, not those of the log.
    looking = all_looked_up(found, InstalledSources(), now().date())
    try:
        handed_in = Bundle(documents=found, expansions=asyncio.run(looking))
        config, _ = overlaid_with(handed_in, Configuration(), now())
    except InvalidError as error:
        raise BundleError(f"{file}: {error}") from error
    asked = ("sla-policies", "calendars")
    kept = {key: e for key, e in config.entries.items() if key[0] in asked}
    return World(config=Configuration(kept))
