"""Sessions of browsers: a random token in a cookie, its hash in a table.

They are looked up at each request, so that who signs out is out. The session of a key
ends with its key; what a person may do was said when they signed in, and holds until
the session ends. A token carries our own code, so that invented ones cost no query.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from activities.identity import Session
from activities.ports import Now, Registry
from domain.access import ApiKey, Holder, Role
from domain.identity import Person
from infra.postgres.database import Database

CODE_DIGITS = 16


@dataclass(frozen=True)
class SessionTable:
    database: Database
    registry: Registry
    now: Now
    lasts: timedelta
    secret: bytes

    def end_of(self, holder: Holder) -> datetime:
        """With the key or token by which it was started, at the latest."""
        ends = self.now() + self.lasts
        return ends if holder.expires_at is None else min(ends, holder.expires_at)

    async def start(self, holder: Holder, ends: datetime) -> Session:
        chance = secrets.token_urlsafe(32)
        token = f"{chance}.{self._code(chance)}"
        role = None if isinstance(holder, ApiKey) else holder.role
        row = (_hashed(token), holder.id, role, holder.agent, self.now(), ends)
        async with self.database.connection() as connection:
            await connection.execute(_FORGET, (self.now(),))
            await connection.execute(_START, row)
        return Session(token, ends)

    async def holder(self, token: str) -> Holder | None:
        chance, _, code = token.partition(".")
        if not hmac.compare_digest(self._code(chance).encode(), code.encode()):
            return None
        found = await self.database.rows(
            _FIND, {"sha256": _hashed(token), "now": self.now()}
        )
        if not found:
            return None
        holder_id, role, agent, ends = found[0]
        if role is None:
            key = (await self.registry.keys()).by_id.get(holder_id)
            return None if key is None or key.revoked else key
        return _person(holder_id, role, agent, ends)

    async def end(self, token: str) -> None:
        async with self.database.connection() as connection:
            await connection.execute(_END, (_hashed(token),))

    def _code(self, chance: str) -> str:
        made = hmac.new(self.secret, f"session:{chance}".encode(), "sha256")
        return made.hexdigest()[:CODE_DIGITS]


def _person(known_as: str, role: Role, agent: str | None, ends: datetime) -> Person:
    return Person(id=known_as, name=known_as, role=role, agent=agent, expires_at=ends)


def _hashed(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


_START = """
INSERT INTO sessions (token_sha256, holder, role, agent, started_at, expires_at)
VALUES (%s, %s, %s, %s, %s, %s)
"""
_FIND = """
SELECT holder, role, agent, expires_at FROM sessions
WHERE token_sha256 = %(sha256)s AND expires_at > %(now)s
"""
_END = "DELETE FROM sessions WHERE token_sha256 = %s"
_FORGET = "DELETE FROM sessions WHERE expires_at <= %s"
