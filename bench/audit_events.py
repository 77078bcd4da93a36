"""Pages of a million events by any filter, as the API asks for them, beside a look at
one row by its position.

The events are spread as in a real log: a few actors did most of it, most types are
frequent, an object has some dozen events, a request a few.
"""

import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import msgspec
import psycopg
from rich.console import Console
from rich.table import Table

from api.event_types.schemas import event_types
from bench.finding import Asked
from bench.load import Figures, get, load
from bench.stack import Running
from domain.event import Actor, Event, Fact, Meta
from infra.eventstore.codec import encode
from infra.eventstore.topics import FACTS
from infra.projections.audit_facets import facets_of

EVENTS = 1_000_000
REQUESTS = 200
VARIANTS = 20
GOAL_MS = 100
WEIGHTS = {
    "ticket.opened": 15,
    "sla.matched": 15,
    "sla.attached": 20,
    "ticket.message_added": 20,
    "ticket.assigned": 10,
    "sla.met": 10,
    "sla.breached": 4,
    "ticket.resolved": 4,
    "escalation.step_fired": 1.9,
    "policy.restated": 0.1,
}
PER_TICKET, PER_REQUEST = 25, 4
BASE = 1_000_001
"""The position of the first: those before it are of the installation itself."""
START = datetime(2026, 1, 1, tzinfo=UTC)
APART = timedelta(seconds=20)


async def audit_events(
    running: Running, console: Console, events: int = EVENTS
) -> None:
    began = time.perf_counter()
    _fill(running.owner, events)
    console.print(f"{events:,} events loaded in {time.perf_counter() - began:.0f} s")
    table = Table("page of 100 by", "p50 ms", "p99 ms", "max ms", "")
    table.add_row("(bare: one row by its position)", *_shown(_bare(running, events)))
    for asked in _questions(events):
        figures = await _ask(running, asked)
        table.add_row(asked.what, *_shown(figures), _verdict(figures))
    console.print(table)
    console.print(_sizes(running))


async def _ask(running: Running, asked: Asked) -> Figures:
    requests = [
        get(f"/v1/audit/events?{query}", running.key) for query in asked.queries
    ]
    await load(running.port, 1, len(requests), lambda n: requests[n])
    return await load(running.port, 1, REQUESTS, lambda n: requests[n % len(requests)])


def _events(events: int) -> Iterator[Event]:
    dice, versions, facts = random.Random(4711), dict[str, int](), _facts()
    topics = dice.choices([*WEIGHTS], [*WEIGHTS.values()], k=events)
    for number, topic in enumerate(topics):
        stream = f"sla-policies/p-{dice.randrange(50)}"
        if topic != "policy.restated":
            near = max(number // PER_TICKET - dice.randrange(200), 0)
            stream = _ticket(near)
        versions[stream] = version = versions.get(stream, 0) + 1
        # Half of it the rules did, most of the rest one integration.
        actor = dice.choices(("pledge", "helpdesk", "rare"), (50, 40, 10))[0]
        if actor == "rare":
            actor = f"agent-{min(int(dice.paretovariate(0.7)), 5000)}"
        meta = Meta(
            command_id=f"c-{number}",
            correlation_id=f"r-{number // PER_REQUEST}",
            causation_id=f"c-{number}",
            actor=Actor(id=actor, kind="user"),
            key_id=None if actor == "pledge" else f"key-of-{actor}",
        )
        yield Event(stream, version, _at(number), meta, facts[topic])


def _facts() -> dict[str, Fact]:
    """The published example of each type."""
    return {
        found.type: msgspec.convert(found.example["data"], FACTS[found.type])
        for found in event_types(FACTS)
        if found.type in WEIGHTS
    }


def _ticket(number: int) -> str:
    return f"{number:08x}-0000-7000-8000-000000000000"


def _at(number: int) -> datetime:
    return START + number * APART


def _fill(owner: str, events: int) -> None:
    """As the log and the follower would have written it; the other followers are made
    believe that they have seen it.
    """
    with psycopg.connect(owner) as log, psycopg.connect(owner) as index:
        with (
            log.cursor().copy(_COPY_EVENTS) as rows,
            index.cursor().copy("COPY audit_postings FROM STDIN") as postings,
        ):
            for number, event in enumerate(_events(events)):
                stream, topic = event.originator_id, event.fact.topic
                position, version = BASE + number, event.originator_version
                state = encode(event)
                rows.write_row((stream, version, topic, state, position, _at(number)))
                for facet in facets_of(stream, topic, event.meta):
                    postings.write_row((facet, position))
        index.execute(
            "UPDATE follower_positions SET position = %s", (BASE + events - 1,)
        )
        log.execute(
            "SELECT setval('stored_events_notification_id_seq', %s)", (BASE + events,)
        )
    with psycopg.connect(owner, autocommit=True) as link:
        link.execute("VACUUM ANALYZE stored_events, audit_postings")


_COPY_EVENTS = (
    "COPY stored_events (originator_id, originator_version, topic, state,"
    " notification_id, recorded_at) FROM STDIN"
)


def _bare(running: Running, events: int) -> Figures:
    latencies, dice = [], random.Random(1)
    with psycopg.connect(running.postgres, autocommit=True) as link:
        for _ in range(1000):
            position = BASE + dice.randrange(events)
            began = time.perf_counter()
            link.execute(
                "SELECT * FROM stored_events WHERE notification_id = %s", (position,)
            ).fetchall()
            latencies.append((time.perf_counter() - began) * 1000)
    return Figures(latencies_ms=sorted(latencies), wall_s=sum(latencies), failed=0)


def _questions(events: int) -> Iterator[Asked]:  # noqa: PLR0915 - a list
    dice = random.Random(2)
    topics = [dice.choice([*WEIGHTS]) for _ in range(VARIANTS)]
    frequent, rare = ("pledge", "helpdesk"), [f"agent-{n}" for n in range(1, VARIANTS)]
    objects = [_ticket(dice.randrange(events // PER_TICKET)) for _ in topics]
    policies = [f"sla-policies/p-{n}" for n in range(VARIANTS)]
    requests = [f"r-{dice.randrange(events // PER_REQUEST)}" for _ in topics]
    deep = [f"cursor={BASE + dice.randrange(events)}" for _ in topics]
    half = f"from={_url(events // 4)}&to={_url(events * 3 // 4)}"
    days = [(n * events // 25, (n + 1) * events // 25) for n in range(VARIANTS)]
    yield Asked("nothing", [""])
    yield Asked("nothing, deep", deep)
    yield Asked("type", [f"type={t}" for t in topics])
    yield Asked("several types", [f"type={a},{b}" for a, b in pairwise(topics)])
    yield Asked("families", ["type=sla.*", "type=ticket.*,sla.*,escalation.*"])
    yield Asked("frequent actor", [f"actor={a}" for a in frequent])
    yield Asked("rare actor", [f"actor={a}" for a in rare])
    yield Asked("key", [f"actor=key-of-{a}" for a in (*frequent, *rare)])
    yield Asked("object", [f"object={o}" for o in (*objects, *policies)])
    yield Asked("request", [f"correlation_id={r}" for r in requests])
    yield Asked("a window of days", [f"from={_url(a)}&to={_url(b)}" for a, b in days])
    yield Asked("frequent actor, type", [
        f"actor={a}&type={t}" for a in frequent for t in topics
    ])  # fmt: skip
    yield Asked("frequent actor, all types", [
        f"actor={a}&type=ticket.*,sla.*,escalation.*,assignment.*" for a in frequent
    ])  # fmt: skip
    yield Asked("frequent actor, type, half the time, deep", [
        f"actor=pledge&type={t}&{half}&{at}" for t, at in zip(topics, deep, strict=True)
    ])  # fmt: skip
    yield Asked("frequent actor, object", [
        f"actor={a}&object={o}" for a in frequent for o in (*objects, *policies)
    ])  # fmt: skip
    yield Asked("rare actor, object, type", [
        f"actor={a}&object={o}&type={t}"
        for a, o, t in zip(rare, policies, topics, strict=False)
    ])  # fmt: skip
    yield Asked(
        "request, actor", [f"correlation_id={r}&actor=pledge" for r in requests]
    )
    yield Asked("everything", [
        f"actor=helpdesk&object={o}&type=sla.*&correlation_id={r}&{half}"
        for o, r in zip(objects, requests, strict=True)
    ])  # fmt: skip
    yield Asked("nobody", ["actor=nobody", "object=keys/none&type=sla.*"])
    yield Asked("oldest first, frequent actor, deep", [
        f"actor=pledge&order=oldest&{at}" for at in deep
    ])  # fmt: skip
    yield Asked("frequent actor, type, 500", [
        f"actor=pledge&type={t}&limit=500" for t in topics
    ])  # fmt: skip


def _url(number: int) -> str:
    return _at(number).strftime("%Y-%m-%dT%H:%M:%SZ")


def _shown(figures: Figures) -> list[str]:
    last = figures.latencies_ms[-1]
    return [f"{figures.quantile(q):.1f}" for q in (0.5, 0.99)] + [f"{last:.1f}"]


def _verdict(figures: Figures) -> str:
    if figures.failed:
        return f"{figures.failed} refused"
    return "" if figures.quantile(0.99) < GOAL_MS else "over"


def _sizes(running: Running) -> str:
    with psycopg.connect(running.postgres) as link:
        row = link.execute(
            "SELECT pg_size_pretty(pg_total_relation_size('stored_events')),"
            " pg_size_pretty(pg_total_relation_size('audit_postings'))"
        ).fetchone()
    assert row is not None
    return f"the log {row[0]}, the index {row[1]}"
