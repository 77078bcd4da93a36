"""The words that have ever described tickets: written with the read model, read when
configuration is checked.
"""

from collections.abc import Iterable, Mapping

import psycopg

from domain.ticket.ticket import Ticket
from infra.postgres.database import Database

Used = tuple[str, str]
"""Field and word."""
MOST_KEPT = 50_000
MOST_READ = 5_000
"""For one field; a field with more has free words, and nothing is unusual."""
_INSERT = "INSERT INTO used_words VALUES (%s, %s) ON CONFLICT DO NOTHING"


def words_of(ticket: Ticket) -> set[Used]:
    found = {("type", ticket.type), ("tier", ticket.customer.tier)}
    if ticket.product_area is not None:
        found.add(("product_area", ticket.product_area))
    found |= {("tags", tag) for tag in ticket.tags}
    return found | {("attributes", name) for name in ticket.attributes}


class UsedWords:
    """`known`: the words written by this process, so that each is written once."""

    def __init__(self) -> None:
        self._known: set[Used] = set()

    async def write(
        self, words: Iterable[Used], connection: psycopg.AsyncConnection[object]
    ) -> set[Used]:
        """In the caller's transaction; returns the new words, for `remember`
        after it.
        """
        new = set(words) - self._known
        if new:  # sorted, so that two writers cannot deadlock
            await connection.cursor().executemany(_INSERT, sorted(new))
        return new

    def remember(self, words: set[Used]) -> None:
        if len(self._known) < MOST_KEPT:
            self._known |= words


async def read_used_words(database: Database) -> Mapping[str, frozenset[str]]:
    rows = await database.rows(
        "SELECT f.field, w.word FROM (SELECT DISTINCT field FROM used_words) AS f,"
        " LATERAL (SELECT word FROM used_words AS u WHERE u.field = f.field LIMIT %s)"
        " AS w",
        (MOST_READ,),
    )
    found: dict[str, set[str]] = {}
    for field, word in rows:
        found.setdefault(str(field), set()).add(str(word))
    return {field: frozenset(words) for field, words in found.items()}
