"""Who somebody is for Pledge, by the claims of their token: id, role, agent.

The log must name them for ever and must not tell who they are: `sub` is often a login
name or an e-mail address. So the name is a digest of issuer and `sub`, which whoever
knows both can compute, and nobody else reads. It holds a colon, which neither the name
of a key nor the id of an agent can.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from domain.access import Holder, Role

PREFIX = "oidc:"
DIGITS = 32
"""Hexadecimal: 128 bits, which nobody else has by chance."""


class NoRoleError(Exception):
    """The token is genuine, and opens nothing."""


@dataclass(frozen=True, kw_only=True)
class Person(Holder):
    """A person or a service, as an identity provider vouches for them."""

    proof: ClassVar[str] = "the token of"


@dataclass(frozen=True, kw_only=True)
class ClaimRules:
    """`role_claim` and so on: the name of a claim, or the path to it with dots.
    `roles`: by the value of the claim; the first that the token has counts. Without
    `agent_claim` nobody is an agent, without `acts_for_claim` nobody acts for one.
    """

    role_claim: str
    roles: Mapping[str, Role]
    agent_claim: str = ""
    acts_for_claim: str = ""


def person_id(issuer: str, subject: str) -> str:
    """Stable, and the same in every installation."""
    digest = hashlib.sha256(f"{issuer}\n{subject}".encode("utf-8", "surrogatepass"))
    return f"{PREFIX}{digest.hexdigest()[:DIGITS]}"


def person_of(claims: Mapping[str, object], rules: ClaimRules) -> Person:
    """Of verified claims, which have `iss`, `sub` and `exp`. Raises NoRoleError."""
    known_as = person_id(str(claims["iss"]), str(claims["sub"]))
    return Person(
        id=known_as,
        name=known_as,
        role=_role(claims, rules),
        agent=_agent(claims, rules),
        acts_for=_held(claims, rules.acts_for_claim),
        expires_at=datetime.fromtimestamp(int(str(claims["exp"])), UTC),
    )


def _role(claims: Mapping[str, object], rules: ClaimRules) -> Role:
    held = _held(claims, rules.role_claim)
    for value, role in rules.roles.items():
        if value in held:
            return role
    raise NoRoleError(
        f"the claim {rules.role_claim!r} of the token names no role of Pledge"
    )


def _agent(claims: Mapping[str, object], rules: ClaimRules) -> str | None:
    """One who is mapped to several agents is none: nobody would know which acts."""
    found = _held(claims, rules.agent_claim)
    return found[0] if len(found) == 1 else None


def claim(claims: Mapping[str, object], path: str) -> object:
    """The claim of this name, or else what the path with dots leads to; None: there is
    none. Names may hold dots themselves, like `https://shop.example/roles`.
    """
    if path in claims:
        return claims[path]
    found: object = claims
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def _held(claims: Mapping[str, object], path: str) -> tuple[str, ...]:
    """The texts that the claim has; none without a path."""
    value = claim(claims, path) if path else None
    if isinstance(value, str):
        return (value,)
    if isinstance(value, Sequence):
        return tuple(one for one in value if isinstance(one, str))
    return ()
