"""Texts of customers in the read models: none can be read in the database itself.

A subject is encrypted with the key of the ticket's customer, as it is in the log. The
words of texts are kept as keyed tokens: equal words have equal tokens, so they can be
looked for, and without the key nobody can say which word a token is (ADR 0029).
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence

from domain.event import Json
from domain.personal import ERASED
from domain.ticket.ticket import Ticket
from infra.eventstore.keyring import Keyring
from infra.eventstore.sealing import PersonKey, Where, opened, sealed
from infra.projections.search.words import Token

TOKEN_BYTES = 9
"""Twelve characters: among ten million words two share a token by a chance of 1 %."""


class Texts:
    """`secret`: from which the key of the tokens is derived; with another one the
    search has to be rebuilt.
    """

    def __init__(self, keyring: Keyring, secret: bytes) -> None:
        self._keyring, self.token = keyring, word_tokens(secret)

    async def keys_of(self, tickets: Iterable[Ticket]) -> dict[str, PersonKey]:
        """By customer; who was erased has none."""
        return await self._keyring.keeping(t.customer.external_id for t in tickets)

    async def open_subjects(self, items: Sequence[Json], id_name: str) -> None:
        """Puts what the `subject` of each item says in its place; `id_name`: of the
        field with the ticket's id.
        """
        found = [_envelope(str(item["subject"])) for item in items]
        keys = await self._keyring.opening(e["personal"] for e in found if e)
        for item, envelope in zip(items, found, strict=True):
            if envelope is not None:
                where = _where(str(item[id_name]))
                item["subject"] = opened(envelope, keys, where, "/subject")


def word_tokens(secret: bytes) -> Token:
    """Twelve characters of URL-safe base64 a word."""
    key = hashlib.blake2b(secret, digest_size=32, person=b"pledge search").digest()
    keyed = hashlib.blake2b(key=key, digest_size=TOKEN_BYTES)

    def token(word: str) -> str:
        digest = keyed.copy()
        digest.update(word.encode("utf-8", "surrogatepass"))
        return base64.urlsafe_b64encode(digest.digest()).decode("ascii")

    return token


def stored_subject(ticket_id: str, subject: str, key: PersonKey | None) -> str:
    """`key`: of the customer; one who was erased may have none."""
    if subject == ERASED or key is None:
        return ERASED
    return json.dumps(sealed(subject, key, _where(ticket_id), "/subject"))


def _envelope(text: str) -> dict[str, str] | None:
    if text == ERASED:
        return None
    found: dict[str, str] = json.loads(text)
    return found


def _where(ticket_id: str) -> Where:
    return Where(ticket_id, 0, "tickets")
