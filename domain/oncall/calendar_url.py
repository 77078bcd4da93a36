"""The secret URL by which a person's calendar program fetches their shifts.

Calendar programs send no header, so the URL itself authenticates. The secret is derived
and not stored: making another URL, or revoking it, ends the one before.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from domain.event import Event, Fact

_PURPOSE = b"pledge: calendar URLs"
SECRET_CHARACTERS = 43


@dataclass(frozen=True, kw_only=True)
class AgentCalendarUrlMade(Fact):
    """It ends the previous URL."""

    topic: ClassVar[str] = "agent.calendar_url_made"
    agent: str


@dataclass(frozen=True, kw_only=True)
class AgentCalendarUrlRevoked(Fact):
    topic: ClassVar[str] = "agent.calendar_url_revoked"
    agent: str


def calendar_url_stream(agent: str) -> str:
    return f"calendar-urls/{agent}"


def calendar_url_version(events: Iterable[Event]) -> int | None:
    """The version of the current URL; None: there is none."""
    version = None
    for event in events:
        match event.fact:
            case AgentCalendarUrlMade():
                version = event.originator_version
            case AgentCalendarUrlRevoked():
                version = None
            case _:
                pass
    return version


def calendar_secret(key: bytes, agent: str, version: int) -> str:
    """`key`: that of the installation, which never leaves it."""
    bound = hmac.digest(key, _PURPOSE, hashlib.sha256)
    text = json.dumps([agent, version]).encode()
    return hmac.digest(bound, text, hashlib.sha256).hex()[:SECRET_CHARACTERS]


CalendarUrlFact: TypeAlias = AgentCalendarUrlMade | AgentCalendarUrlRevoked
