"""Which keys can be made, and which cannot be revoked."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.access import (
    EVERYBODY,
    GRANTS,
    ApiKey,
    Holder,
    KeyCreated,
    Keys,
    is_ours,
    read_alike,
)
from domain.errors import FieldError, InvalidError, NameTakenError, RuleError
from domain.people.directory import Directory, absent


@dataclass(frozen=True)
class House:
    """What a key must fit in with, and when."""

    keys: Keys
    directory: Directory
    at: datetime


def refuse_key(wanted: KeyCreated, house: House, maker: Holder | None) -> None:
    """`maker`: whose request it is; None: Pledge itself. Raises NameTakenError, and
    InvalidError for agents who are not there and for scopes that nobody can give.
    """
    _refuse_name(wanted, house.keys, house.directory)
    faults = [*_binding_faults(wanted, house.directory), *_scope_faults(wanted, maker)]
    if wanted.expires_at is not None and wanted.expires_at <= house.at:
        faults.append(FieldError("/expires_at", "must be in the future"))
    if faults:
        raise InvalidError(faults)


def _refuse_name(wanted: KeyCreated, keys: Keys, directory: Directory) -> None:
    """A name in the log must identify one holder."""
    if is_ours(wanted.name):
        raise NameTakenError(
            f"{wanted.name!r} is what Pledge calls itself in the log: choose another"
        )
    if taken := keys.named(wanted.name):
        raise NameTakenError(
            f"the key {taken.id} is called {taken.name!r}: revoke it first, or choose"
            " another name"
        )
    alike = {read_alike(agent): agent for agent in directory.agents}
    agent = alike.get(read_alike(wanted.name))
    if agent not in (None, wanted.agent):
        raise NameTakenError(
            f"{agent!r} is an agent: make it the key of that agent with `agent`, or"
            " choose another name"
        )


def _binding_faults(wanted: KeyCreated, directory: Directory) -> Iterator[FieldError]:
    if wanted.agent is not None:
        if fault := absent(directory, wanted.agent):
            yield FieldError("/agent", fault)
        if wanted.acts_for:
            message = "a key with `agent` acts as that agent only: leave one out"
            yield FieldError("/acts_for", message)
    for place, agent in enumerate(wanted.acts_for):
        if agent != EVERYBODY and (fault := absent(directory, agent)):
            yield FieldError(f"/acts_for/{place}", fault)


def _scope_faults(wanted: KeyCreated, maker: Holder | None) -> Iterator[FieldError]:
    """Scopes take permissions away, and nobody gives what they have not."""
    for place, scope in enumerate(wanted.scopes or ()):
        if scope not in GRANTS[wanted.role]:
            message = f"the role {wanted.role} lacks {scope}"
            yield FieldError(f"/scopes/{place}", message)
    beyond = wanted.permissions - (maker.permissions if maker else wanted.permissions)
    if maker is not None and beyond:
        message = (
            f"{maker.called} lacks {', '.join(sorted(beyond))}, so it makes no key that"
            " has them: name in `scopes` what the new key shall have"
        )
        yield FieldError("/scopes", message)


def refuse_last(gone: ApiKey, house: House) -> None:
    """Raises RuleError if nobody could manage keys without this one: there would be no
    way back in.
    """
    others = (key for key in house.keys.by_id.values() if key.id != gone.id)
    if _manages(gone, house) and not any(_manages(key, house) for key in others):
        raise RuleError(
            f"{gone.called} is the last that manages keys: make another key with the"
            " role admin before you revoke it"
        )


def _manages(key: ApiKey, house: House) -> bool:
    """Keys, now."""
    if not key.may("keys:manage") or key.expired(house.at):
        return False
    return key.agent is None or absent(house.directory, key.agent) is None
