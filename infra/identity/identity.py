"""The parts by which people are let in without an API key, put together."""

from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from api.ports import Part
from infra.http.outbound import OutboundClient
from infra.identity.code_flow import Flow
from infra.identity.provider import Provider
from infra.identity.sessions import SessionTable
from infra.identity.setup import Setup
from infra.identity.tokens import AccessTokens

CALLBACK = "/v1/auth/callback"


@dataclass(frozen=True)
class Identity:
    sessions: SessionTable
    provider: Provider | None = None
    tokens: AccessTokens | None = None
    code_flow: Flow | None = None

    def part(self) -> Part | None:
        """For readiness; None: no provider is set up."""
        return None if self.provider is None else Part(self.provider.wrong)

    def lasting(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """What runs as long as the process."""
        return () if self.provider is None else (self.provider.run(),)


def provided(
    setup: Setup,
    outbound: OutboundClient,
    redirect_uri: str,
    seal_key: bytes,
    sessions: SessionTable,
) -> Identity:
    provider = Provider(setup.issuer, outbound)
    tokens = AccessTokens(provider, setup.audience, setup.rules)
    flow = Flow(provider, setup, redirect_uri, seal_key)
    return Identity(
        sessions,
        provider,
        tokens if setup.audience else None,
        flow if setup.client_id else None,
    )
