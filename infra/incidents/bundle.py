"""The SLA policies of a bundle, as a world of their own to judge by.

Checked as if they were published, so the bundle has to hold what it names. Escalation
policies are checked and then left out: whom they would have told changes no verdict,
and what those people would have done nobody knows.
"""

from datetime import UTC, datetime
from pathlib import Path

import yaml

from activities.sources import Expanded
from domain.config import Configuration, fold_config
from domain.config_kinds import Kind
from domain.errors import InvalidError
from domain.event import SYSTEM, Event, Json, Meta
from domain.oncall.shift_sources import spell_out
from domain.publishing import publish
from domain.sla.calendar_sources import expand
from domain.world import World
from infra.bootstrap import documents, read_bundle
from infra.sources import InstalledSources
from infra.wiring import now


class BundleError(Exception):
    """Not a bundle, or one that would be refused; says where."""


def policies(file: Path) -> World:
    """Raises BundleError."""
    try:
        bundle = read_bundle(file.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise BundleError(f"{file} is neither YAML nor JSON: {error}") from error
    if not isinstance(bundle, dict) or "sla-policies" not in bundle:
        raise BundleError(f"{file} holds no sla-policies")
    config = Configuration()
    for kind, name, document in documents(bundle):
        try:
            fact = publish(config, kind, name, document, _expanded(kind, document))
        except InvalidError as error:
            raise BundleError(f"{file}: {kind}/{name}{error}") from error
        meta = Meta(
            command_id="trial",
            correlation_id="trial",
            causation_id="trial",
            actor=SYSTEM,
        )
        at = datetime.fromtimestamp(0, UTC)
        config = fold_config([Event(f"{kind}/{name}", 1, at, meta, fact)], config)
    asked = ("sla-policies", "calendars")
    kept = {key: e for key, e in config.entries.items() if key[0] in asked}
    return World(config=Configuration(kept))


def _expanded(kind: Kind, document: Json) -> Expanded | None:
    """Without `years` a package gives the days around today, not those of the log."""
    sources, today = InstalledSources(), now().date()
    if kind == "calendars":
        return expand(document, lambda source: sources.look_up(source, today))
    if kind == "schedules":
        return spell_out(document, lambda source: sources.shifts(source, today))
    return None
