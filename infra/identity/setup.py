"""The identity provider, as the settings describe it."""

import json
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from domain.access import ROLES, Role
from domain.identity import ClaimRules
from domain.nearest import not_one_of
from infra.settings import Settings

NEEDED = "must be like https://login.shop.example; http only on this machine"


@dataclass(frozen=True, kw_only=True)
class Setup:
    """`audience`: of tokens that open the API, "" = none do. `client_id`: as whom
    people are sent to sign in, "" = they are not.
    """

    issuer: str
    audience: str
    client_id: str
    client_secret: str
    scope: str
    rules: ClaimRules


def setup_of(settings: Settings) -> Setup | None:
    """None: only API keys open Pledge. The settings have been checked."""
    if not settings.oidc_issuer:
        return None
    rules = ClaimRules(
        role_claim=settings.oidc_role_claim,
        roles=roles_of(settings.oidc_roles),
        agent_claim=settings.oidc_agent_claim,
        acts_for_claim=settings.oidc_acts_for_claim,
    )
    return Setup(
        issuer=settings.oidc_issuer,
        audience=settings.oidc_audience,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret,
        scope=settings.oidc_scope,
        rules=rules,
    )


def incomplete(settings: Settings) -> dict[str, str]:
    """What is missing of the provider, by the setting."""
    if not settings.oidc_issuer:
        names = ("oidc_audience", "oidc_client_id", "oidc_client_secret", "oidc_roles")
        without = "has no effect without PLEDGE_OIDC_ISSUER"
        return {name: without for name in names if getattr(settings, name)}
    missing = {}
    if not (settings.oidc_audience or settings.oidc_client_id):
        missing["oidc_audience"] = (
            "is needed with PLEDGE_OIDC_ISSUER, or PLEDGE_OIDC_CLIENT_ID is: whose"
            " tokens are for Pledge?"
        )
    if not settings.oidc_roles:
        missing["oidc_roles"] = (
            'is needed with PLEDGE_OIDC_ISSUER, like {"pledge-agents": "agent"}'
        )
    return missing


def roles_of(text: str) -> dict[str, Role]:
    """Raises ValueError for what is no object of roles."""
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not found:
        raise ValueError('must be JSON like {"pledge-agents": "agent"}')
    roles: dict[str, Role] = {}
    for value, name in found.items():
        role = next((known for known in ROLES if known == name), None)
        if role is None:
            raise ValueError(f"{value!r}: {not_one_of(str(name), ROLES)}")
        roles[value] = role
    return roles


def check_issuer(url: str) -> None:
    """Raises ValueError. Over plain HTTP whoever is in between would choose the keys,
    and with them who is admin.
    """
    parts = urlsplit(url)
    plain = parts.scheme == "http" and _on_this_machine(parts.hostname or "")
    if not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError(NEEDED)
    if parts.scheme != "https" and not plain:
        raise ValueError(NEEDED)


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
