"""The first start: the admin's key, and the sample rule from the source documents.

Each step is a command with a fixed id, so starting again, or several processes at the
same time, changes nothing.
"""

import hashlib
import logging
from importlib.resources import files
from typing import get_args

from activities.configuration import ConfigurationService
from activities.keys import KeyService
from activities.ports import Caller
from api.configuration.bundle_schemas import BundleIn
from api.configuration.bundles import documents_of
from api.http.yaml_text import read_yaml
from domain.access import EVERYBODY, KeyCreated
from domain.documents.kinds import ORDER, Kind
from domain.errors import ConflictError
from domain.event import SYSTEM, Json
from infra.calendars.sources import InstalledSources
from infra.wiring import Core, new_id, now

LOG = logging.getLogger(__name__)
ADMIN = "admin"
"""The holder may make a key for anybody, and so may act for every agent."""


async def bootstrap(core: Core) -> None:
    if brought_back := await core.keyring.destroy_again():
        LOG.warning("%s keys of erased persons were destroyed again", brought_back)
    await _admin_key(core)
    bundle = read_yaml(files("infra").joinpath("defaults.yaml").read_text("utf-8"))
    service = ConfigurationService(
        core.store, core.registry, now, InstalledSources(), core.publishing
    )
    # With their defaults, as the API adds them: or the same file would seem to differ.
    for (kind, name), document in documents_of(BundleIn.model_validate(bundle)).items():
        entry = (await core.registry.config()).entry(kind, name)
        if entry.versions:
            continue
        try:
            await service.publish(kind, name, document, _caller(f"{kind}/{name}"))
        except ConflictError:
            continue  # another process was starting too


def documents(bundle: dict[str, dict[str, Json]]) -> list[tuple[Kind, str, Json]]:
    """In an order in which each document names only earlier ones."""
    assert set(ORDER) == set(get_args(Kind))
    return [
        (kind, name, document)
        for kind in ORDER
        for name, document in bundle.get(kind, {}).items()
    ]


async def _admin_key(core: Core) -> None:
    key = core.settings.the_admin_key()
    if not key:
        return
    sha256 = hashlib.sha256(key.encode()).hexdigest()
    if (await core.registry.keys()).find(sha256) is not None:
        return
    known = await core.registry.keys()
    wanted = KeyCreated(
        key_id=new_id(),
        # An older key stays until it is revoked; both need different names.
        name=f"{ADMIN}-{sha256[:8]}" if known.named(ADMIN) else ADMIN,
        role="admin",
        sha256=sha256,
        acts_for=(EVERYBODY,),
    )
    service = KeyService(
        store=core.store, registry=core.registry, publishing=core.publishing, now=now
    )
    await service.create(wanted, _caller(f"admin-key/{sha256}"))


def _caller(what: str) -> Caller:
    return Caller(
        command_id=f"bootstrap:{what}",
        request_sha256="",
        attempt=new_id(),
        actor=SYSTEM,
        correlation_id=f"bootstrap:{what}",
        channel="bootstrap",
    )
