"""What signing in needs from outside: tokens that are verified, people who are sent to
their identity provider and come back, sessions of browsers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.access import Holder
from domain.identity import Person


class TokenRefusedError(Exception):
    """The token, or what the identity provider sent, is not to be believed. The message
    is for whoever sent it and quotes nothing of it.
    """


class ProviderAwayError(Exception):
    """Nothing can be verified, because the identity provider was not reached yet."""


class TokenReader(Protocol):
    async def person(self, token: str) -> Person:
        """Whose token it is, for the API. Raises TokenRefusedError, NoRoleError,
        ProviderAwayError.
        """


@dataclass(frozen=True)
class Departure:
    """`url`: where the browser goes; `ticket`: what it must bring back, sealed."""

    url: str
    ticket: str


class CodeFlow(Protocol):
    """The authorization code flow with PKCE (RFC 7636, OpenID Connect Core 3.1)."""

    async def depart(self, then: str) -> Departure:
        """`then`: where the person wants to go afterwards. Raises ProviderAwayError."""

    async def arrive(self, ticket: str, told: Mapping[str, str]) -> tuple[Person, str]:
        """Who came back, with the parameters that the provider told, and where they
        want to go. Raises TokenRefusedError, NoRoleError, ProviderAwayError.
        """


@dataclass(frozen=True)
class Session:
    token: str
    expires_at: datetime


class Sessions(Protocol):
    """Sessions of browsers. Their tokens are kept as hashes."""

    def end_of(self, holder: Holder) -> datetime:
        """When a session that begins now ends at the latest."""

    async def start(self, holder: Holder, ends: datetime) -> Session: ...

    async def holder(self, token: str) -> Holder | None:
        """Who signed in, as they are now; None: there is no such session any more."""

    async def end(self, token: str) -> None: ...
