"""A million tickets in the read model, as a busy shop leaves them: few are open, few
teams, customers and tags have most of them, texts are Chinese and English.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

import psycopg

from domain.lifecycle.facts import PRIORITIES
from infra.eventstore.keyring import new_key
from infra.eventstore.master_key import MasterKey
from infra.eventstore.sealing import PersonKey
from infra.projections.search.words import words
from infra.projections.texts import stored_subject, word_tokens

BEGIN = datetime(2024, 11, 1, tzinfo=UTC)
DAYS = 720
CHANNELS = ("email", "chat", "phone", "web", "messaging", "social", "forum")
OPEN_SHARE = 0.04
SENTENCES = 4_000
COLUMNS = (
    "id", "number", "version", "status", "subject", "channel", "type", "priority",
    "tier", "customer", "team", "assignee", "product_area", "tags", "clock_states",
    "due_at", "done", "opened_at", "updated_at", "facets", "clocks", "urgency",
    "promised", "breached", "at_risk_from",
)  # fmt: skip


class Skewed:
    """Values of which the n-th is taken 1/n as often as the first."""

    def __init__(self, values: list[Any], dice: random.Random) -> None:
        self.values, self._dice = values, dice
        self._weights = list(accumulate(1 / n for n in range(1, len(values) + 1)))

    def take(self) -> Any:
        return self._dice.choices(self.values, cum_weights=self._weights)[0]


@dataclass
class Shelf:
    """`secret`, `master`: of the installation that reads it."""

    tickets: int
    secret: bytes
    master: MasterKey
    dice: random.Random = field(default_factory=lambda: random.Random(7))
    keys: dict[str, PersonKey] = field(default_factory=dict)

    def __post_init__(self) -> None:
        dice = self.dice
        self.teams = Skewed([f"team-{n}" for n in range(30)], dice)
        self.agents = Skewed([f"agent-{n}" for n in range(300)], dice)
        self.customers = Skewed([f"c-{n}" for n in range(200_000)], dice)
        self.tags = Skewed([f"tag-{n}" for n in range(300)], dice)
        self.types = Skewed([f"type-{n}" for n in range(15)], dice)
        self.areas = Skewed([f"area-{n}" for n in range(40)], dice)
        token = word_tokens(self.secret)
        self.sentences = [(text, words([text], token)) for text in self._sentences()]

    def _sentences(self) -> Iterator[str]:
        dice = self.dice
        syllables = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u")]
        english = Skewed(
            [
                "".join(dice.choices(syllables, k=dice.randint(2, 4)))
                for _ in range(20_000)
            ],
            dice,
        )
        signs = [chr(0x4E00 + n) for n in range(0, 6_000, 2)]
        dice.shuffle(signs)
        chinese = Skewed(_made(signs, (1, 4), dice), dice)
        for n in range(SENTENCES):
            if n % 2:
                yield " ".join(english.take() for _ in range(dice.randint(6, 14)))
            else:
                yield "".join(chinese.take() for _ in range(dice.randint(6, 14)))

    def rows(self) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """Of `tickets` and of `ticket_search`."""
        for number in range(1, self.tickets + 1):
            yield self._row(number)

    def _row(self, number: int) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        dice = self.dice
        age = number / self.tickets
        opened = BEGIN + timedelta(days=DAYS * age, microseconds=number % 1000)
        is_open = dice.random() < OPEN_SHARE * 2 * age
        written = dice.choices(self.sentences, k=dice.randint(3, 6))
        named: dict[str, Any] = {
            "status": dice.choice(("open", "open", "pending", "on_hold"))
            if is_open
            else dice.choice(("resolved", "closed", "closed")),
            "team": self.teams.take() if number > self.tickets / 5 else "team-old",
            "assignee": "none" if dice.random() < 0.1 else self.agents.take(),
            "tier": dice.choice(("standard", "standard", "standard", "key_account")),
            "type": self.types.take(),
            "channel": dice.choice(CHANNELS),
            "customer": self.customers.take(),
            "priority": dice.choices(PRIORITIES, (20, 60, 15, 5))[0],
            "product_area": self.areas.take(),
            "promised": "false" if dice.random() < 0.01 else "true",
        }
        return self._of(number, opened, is_open, written, named)

    def _of(
        self,
        number: int,
        opened: datetime,
        is_open: bool,
        written: list[tuple[str, list[str]]],
        named: dict[str, Any],
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        dice, ticket_id = self.dice, f"0199c0de-{number:012x}"
        tags = sorted({self.tags.take() for _ in range(dice.randint(0, 3))})
        clock = dice.choices(("running", "paused"), (4, 1))[0] if is_open else "met"
        breached = is_open and dice.random() < 0.05
        due = opened + timedelta(days=dice.random() * 40) if is_open else None
        facets = [f"{name}={value}" for name, value in named.items()]
        facets += [f"tag={tag}" for tag in tags] + [f"clock_state={clock}"]
        facets += ["clock_state=breached"] if breached else []
        shown = [{"metric": "resolution", "cycle": 1, "state": clock, "due_at": None}]
        risk = due - timedelta(hours=4) if due and not breached else None
        customer = named["customer"]
        key = self.keys.get(customer) or new_key(customer, self.master)
        self.keys[customer] = key
        ticket = (
            ticket_id, number, 9, named["status"],
            stored_subject(ticket_id, written[0][0][:80], key),
            named["channel"], named["type"], named["priority"], named["tier"],
            named["customer"], _nobody(named["team"]), _nobody(named["assignee"]),
            named["product_area"], tags, [clock], due, not is_open, opened,
            opened + timedelta(days=dice.expovariate(0.3)), sorted(facets),
            json.dumps(shown), PRIORITIES.index(named["priority"]),
            named["promised"] == "true", breached, risk,
        )  # fmt: skip
        found = {word for _, kept in written for word in kept}
        found |= {str(number), f"po{number:07d}", named["customer"].partition("-")[2]}
        terms = " ".join(f"'{word}'" for word in found)
        return ticket, (ticket_id, 9, opened, terms)


def _made(parts: list[str], size: tuple[int, int], dice: random.Random) -> list[str]:
    return ["".join(dice.choices(parts, k=dice.randint(*size))) for _ in range(20_000)]


def _nobody(name: str) -> str | None:
    return None if name == "none" else name


def load_shelf(owner_url: str, shelf: Shelf) -> None:
    """Into the real tables, whose indexes are made afterwards, at once."""
    with psycopg.connect(owner_url, autocommit=True) as link:
        made = link.execute(_INDEXES).fetchall()
        for name, _ in made:
            link.execute(psycopg.sql.SQL("DROP INDEX {}").format(_name(name)))
        _copy(link, shelf)
        link.execute("SET maintenance_work_mem = '256MB'")
        for _, definition in made:
            link.execute(definition)
        link.execute("VACUUM ANALYZE tickets, ticket_search")


def _copy(link: psycopg.Connection, shelf: Shelf) -> None:
    """Tickets at once, texts with them in pieces: one connection copies one table."""
    with (
        psycopg.connect(link.info.dsn, password=link.info.password) as other,
        link.cursor().copy(_COPY_TICKETS) as tickets,
        other.cursor().copy(_COPY_SEARCH) as search,
    ):
        for ticket, text in shelf.rows():
            tickets.write_row(ticket)
            search.write_row(text)
    with link.cursor().copy(_COPY_KEYS) as keys:
        for key in shelf.keys.values():
            keys.write_row((key.id, key.subject, key.wrapped))


def _name(name: str) -> psycopg.sql.Identifier:
    return psycopg.sql.Identifier(name)


_COPY_TICKETS = f"COPY tickets ({', '.join(COLUMNS)}) FROM STDIN"
_COPY_KEYS = "COPY pledge_keys.data_keys (key_id, subject, wrapped) FROM STDIN"
_COPY_SEARCH = "COPY ticket_search (ticket_id, version, opened_at, terms) FROM STDIN"
_INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename IN ('tickets', 'ticket_search') AND indexname NOT LIKE '%_pkey'
"""
