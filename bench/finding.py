"""Pages of tickets among a million, over HTTP, by every filter, order and kind of word,
beside a lookup by the primary key.
"""

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

import psycopg
from rich.console import Console
from rich.table import Table

from bench.load import Figures, get, load
from bench.shelf import Shelf, Skewed, load_shelf
from bench.stack import Running
from infra.settings import Settings
from infra.wiring import master_key, seal_key

TICKETS = 1_000_000
REQUESTS = 100
VARIANTS = 20
GOAL_MS = 30
BANDS = (("common", 0.02, 1.0), ("middle", 0.002, 0.02), ("rare", 0.0, 0.0005))


@dataclass(frozen=True)
class Asked:
    what: str
    queries: list[str]


async def finding(running: Running, console: Console, tickets: int = TICKETS) -> None:
    settings = Settings(data_dir=str(running.data_dir))
    shelf = Shelf(tickets, seal_key(settings), master_key(settings))
    began = time.perf_counter()
    load_shelf(running.owner, shelf)
    console.print(f"{tickets:,} tickets loaded in {time.perf_counter() - began:.0f} s")
    await measure(running, console, shelf)


async def measure(running: Running, console: Console, shelf: Shelf) -> None:
    table = Table("page of 50 by", "p50 ms", "p99 ms", "max ms", "")
    table.add_row("(bare: one row by primary key)", *_shown(_bare(running, shelf)))
    for asked in questions(running, shelf):
        figures = await _ask(running, asked)
        table.add_row(asked.what, *_shown(figures), _verdict(figures))
    console.print(table)


async def _ask(running: Running, asked: Asked) -> Figures:
    requests = [get(f"/v1/tickets?{query}", running.key) for query in asked.queries]
    await load(running.port, 1, len(requests), lambda n: requests[n])
    return await load(running.port, 1, REQUESTS, lambda n: requests[n % len(requests)])


def _bare(running: Running, shelf: Shelf) -> Figures:
    latencies, dice = [], random.Random(1)
    with psycopg.connect(running.postgres, autocommit=True) as link:
        for _ in range(1000):
            ticket_id = f"0199c0de-{dice.randint(1, shelf.tickets):012x}"
            began = time.perf_counter()
            link.execute("SELECT * FROM tickets WHERE id = %s", (ticket_id,)).fetchall()
            latencies.append((time.perf_counter() - began) * 1000)
    return Figures(latencies_ms=sorted(latencies), wall_s=sum(latencies), failed=0)


def _shown(figures: Figures) -> list[str]:
    last = figures.latencies_ms[-1]
    return [f"{figures.quantile(q):.1f}" for q in (0.5, 0.99)] + [f"{last:.1f}"]


def _verdict(figures: Figures) -> str:
    if figures.failed:
        return f"{figures.failed} refused"
    return "" if figures.quantile(0.99) < GOAL_MS else "over"


def questions(running: Running, shelf: Shelf) -> Iterator[Asked]:
    yield from _filters(shelf)
    yield from _orders()
    yield from _words(running, shelf)
    yield from _hard(running)


def _filters(shelf: Shelf) -> Iterator[Asked]:
    yield Asked("nothing", [""])
    spread = {
        "team": shelf.teams, "assignee": shelf.agents, "customer": shelf.customers,
        "tag": shelf.tags, "type": shelf.types, "product_area": shelf.areas,
    }  # fmt: skip
    for name, skewed in spread.items():
        values = [shelf.dice.choice(skewed.values) for _ in range(VARIANTS)]
        yield Asked(name, [f"{name}={value}" for value in values])
        pairs = [f"{name}={a},{b}" for a, b in pairwise(values)]
        yield Asked(f"{name}, two of them", pairs)
    for name, words in _CLOSED.items():
        yield Asked(name, [f"{name}={word}" for word in words])
    numbers = [shelf.dice.randint(1, shelf.tickets) for _ in range(VARIANTS)]
    yield Asked("number", [f"number={n}" for n in numbers])
    yield Asked("opened_before, opened_after", [
        f"opened_before=2025-0{n}-20T00:00:00Z&opened_after=2025-0{n}-02T00:00:00Z"
        for n in range(1, 10)
    ])  # fmt: skip
    yield Asked("updated_after", ["updated_after=2026-10-01T00:00:00Z"])
    yield Asked("due_before", ["due_before=2026-01-01T00:00:00Z"])
    yield from _combined(shelf)


def _combined(shelf: Shelf) -> Iterator[Asked]:
    def some(skewed: Skewed) -> str:
        return str(shelf.dice.choice(skewed.values))

    teams = [some(shelf.teams) for _ in range(VARIANTS)]
    yield Asked("team, status=open", [f"team={t}&status=open" for t in teams])
    yield Asked("team, breached", [f"team={t}&clock_state=breached" for t in teams])
    yield Asked("team, at risk, by due time", [
        f"team={t}&clock_state=at_risk&sort=due_at" for t in teams
    ])  # fmt: skip
    yield Asked("nobody, open, urgent", ["assignee=none&status=open&priority=urgent"])
    yield Asked("type, channel, tag, tier", [
        f"type={some(shelf.types)}&channel=phone&tag={some(shelf.tags)}&tier=key_account"
        for _ in range(VARIANTS)
    ])  # fmt: skip


_CLOSED = {
    "status": ("open", "pending", "closed", "open,pending,on_hold"),
    "channel": ("email", "phone,chat"),
    "priority": ("low", "urgent"),
    "clock_state": ("running", "paused", "breached", "at_risk", "met"),
    "promised": ("false", "true"),
    "assignee": ("none",),
}


def _orders() -> Iterator[Asked]:
    for sort in (
        "opened_at", "-updated_at", "updated_at", "due_at", "-due_at", "number",
        "-number", "priority", "-priority",
    ):  # fmt: skip
        yield Asked(f"sort={sort}", [f"sort={sort}"])
    for sort in ("-updated_at", "due_at", "-priority"):
        queries = [f"sort={sort}&team=team-{n}&status=open" for n in range(VARIANTS)]
        yield Asked(f"sort={sort}, team, open", queries)


def _words(running: Running, shelf: Shelf) -> Iterator[Asked]:
    latin, chinese = _found(running)
    for band, least, most in BANDS:
        for script, counted in (("", latin), (", two signs", chinese)):
            words = [
                word
                for word, share in counted
                if least * shelf.tickets < share <= most * shelf.tickets
            ]
            some = shelf.dice.sample(words, min(VARIANTS, len(words)))
            yield Asked(f"q {band}{script}", [f"q={quote(w)}" for w in some])
            open_ = [f"q={quote(w)}&status=open" for w in some]
            yield Asked(f"q {band}{script}, open", open_)
    yield Asked("q two words", [
        f"q={quote(a[0])}+{quote(b[0])}"
        for a, b in zip(latin[2:60:3], chinese[3:60:3], strict=False)
    ])  # fmt: skip
    signs = [text[:5] for text, _ in shelf.sentences[: VARIANTS * 2 : 2]]
    yield Asked("q five signs", [f"q={quote(text)}" for text in signs])
    yield Asked("q one sign", [f"q={quote(text[0])}" for text in signs])
    yield Asked("q absent", ["q=xylophone", "q=%E9%BE%8D%E9%BE%9C"])
    yield Asked("q number", [f"q={n}" for n in range(1, shelf.tickets, 50_000)])
    yield Asked("q order number", [f"q=po{n:07d}" for n in range(1, 900_000, 50_000)])
    yield Asked("q common, customer", [
        f"q={quote(latin[0][0])}&customer=c-{n}" for n in range(VARIANTS)
    ])  # fmt: skip


def _found(running: Running) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Words with how many tickets have them, the most frequent first."""
    with psycopg.connect(running.owner) as link:
        rows = link.execute(_COUNTED).fetchall()
    counted = [(str(word), int(count) * 50) for word, count in rows]
    latin = [c for c in counted if c[0].isascii() and c[0].isalpha() and len(c[0]) > 2]
    return latin, [c for c in counted if not c[0].isascii() and len(c[0]) == 2]


def _hard(running: Running) -> Iterable[Asked]:
    """What is known to be slow: said in ADR 0018."""
    latin, _ = _found(running)
    middle = [w for w, n in latin if TICKETS * 0.005 < n < TICKETS * 0.02][:VARIANTS]
    yield Asked("hard: team of long ago", ["team=team-old"])
    yield Asked("hard: q middle, by change", [
        f"q={w}&sort=-updated_at" for w in middle
    ])  # fmt: skip
    yield Asked(
        "hard: q of three letters", [f"q={w[:3]}&status=on_hold" for w in middle]
    )


_COUNTED = """
SELECT lexeme, count(*) FROM (
    SELECT terms FROM ticket_search TABLESAMPLE SYSTEM (2) REPEATABLE (1)
) AS part, unnest(terms) GROUP BY lexeme HAVING count(*) > 1
ORDER BY count(*) DESC, lexeme
"""
