"""Finding events over all streams: the index says what the log says."""

import random
import uuid

import pytest

from api.ports import AuditFilter, BehindError
from domain.event import Actor, Event, Meta
from domain.lifecycle.facts import TicketReopened, TicketResumed
from infra.followers.audit_index import AuditIndex
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.projections import audit_events
from infra.projections.audit_events import AuditEvents
from tests.contract.stores import command, opened
from tests.support.facts import INSTANT

pytestmark = pytest.mark.postgres
FACTS = (TicketReopened(reason="r"), TicketResumed(reason="r"))


def written(stream, version, rng):
    meta = Meta(
        command_id="c",
        correlation_id=f"r-{rng.randrange(3)}",
        causation_id="c",
        actor=Actor(
            id=f"a-{rng.randrange(3)}",
            kind="user",
            on_behalf_of=rng.choice([None, "a-0"]),
        ),
        key_id=rng.choice([None, "k-1"]),
        data_subject=rng.choice([None, "c-1"]),
    )
    return Event(stream, version, INSTANT, meta, rng.choice(FACTS))


@pytest.fixture
async def found(database_url):
    """A log of 120 events in six streams, of which the index knows the first 80."""
    rng = random.Random(4711)
    database = Database(database_url)
    await database.open()
    async with opened(database_url) as store:
        streams = [str(uuid.uuid4()) for _ in range(5)] + [f"keys/{uuid.uuid4()}"]
        versions = dict.fromkeys(streams, 0)
        start, log = await store.head(), []
        index = AuditIndex(database, store, WakeUpListener(database))
        while batch := await store.headers(index.position, 500):
            await index.consume(batch)
            index.position = batch[-1].position
        for number in range(120):
            stream = rng.choice(streams)
            versions[stream] += 1
            event = written(stream, versions[stream], rng)
            done = await store.append([event], command(stream, versions[stream]))
            log.append((done.position, event))
            if number == 79:
                await index.consume(await store.headers(start, 500))
        yield AuditEvents(database, store), log, streams
    await database.close()


def wanted_of(log, query):
    def fits(event):
        meta, actor = event.meta, event.meta.actor
        subject = f"subjects/{meta.data_subject}"
        who = (actor.id, actor.on_behalf_of, meta.key_id)
        return (
            (query.topics is None or event.fact.topic in query.topics)
            and (query.actor is None or query.actor in who)
            and (query.object is None or query.object in (event.originator_id, subject))
            and query.correlation_id in (None, meta.correlation_id)
        )

    return [position for position, event in log if fits(event)]


async def paged(pages, query, limit, log):
    """Of this test's own events."""
    first, cursor, seen = log[0][0], None, []
    while True:
        entries, cursor = await pages.page(query, limit, cursor)
        assert len(entries) <= limit
        seen += [entry.position for entry in entries if entry.position >= first]
        if cursor is None or (query.newest_first and cursor < first):
            return seen


TOPICS = (None, {"ticket.reopened"}, {"ticket.reopened", "ticket.resumed"})


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("looked_at", [7, 10_000])
async def test_any_filters_find_what_a_look_at_all_events_finds(
    found, newest_first, looked_at, monkeypatch
):
    monkeypatch.setattr(audit_events, "LOOKED_AT", looked_at)
    pages, log, streams = found
    for topics in TOPICS:
        for actor in (None, "a-0", "k-1", "nobody"):
            for thing in (None, streams[0], streams[-1], "subjects/c-1"):
                for correlation in (None, "r-1"):
                    query = AuditFilter(
                        topics=topics and frozenset(topics),
                        actor=actor,
                        object=thing,
                        correlation_id=correlation,
                        newest_first=newest_first,
                    )
                    expected = wanted_of(log, query)
                    seen = await paged(pages, query, 10, log)
                    assert (seen[::-1] if newest_first else seen) == expected, query


async def test_a_period_is_when_it_was_recorded(found):
    pages, *_ = found
    whole, _ = await pages.page(AuditFilter(), 100, None)
    since, until = whole[60].recorded_at, whole[20].recorded_at
    expected = [e.position for e in whole[21:61]]
    for query in (
        AuditFilter(since=since, until=until),
        AuditFilter(since=since, until=until, topics=frozenset(f.topic for f in FACTS)),
    ):
        for begin in (None, whole[0].position):
            entries, cursor = await pages.page(query, 100, begin)
            assert ([e.position for e in entries], cursor) == (expected, None)


async def test_while_the_index_is_far_behind_nothing_is_answered(found, monkeypatch):
    pages, *_ = found
    monkeypatch.setattr(audit_events, "MOST_UNSEEN", 30)
    with pytest.raises(BehindError):
        await pages.page(AuditFilter(actor="a-0"), 10, None)


async def test_an_event_that_cannot_be_read_is_there_and_says_so(found, database_url):
    pages, _, streams = found
    async with opened(database_url) as store:
        version = await store.version(streams[0]) + 1
    database = Database(database_url)
    await database.open()
    async with database.connection() as connection:
        await connection.execute(
            "INSERT INTO stored_events"
            " (originator_id, originator_version, topic, state)"
            " VALUES (%s, %s, 'ticket.never_heard_of', '{}')",
            (streams[0], version),
        )
    await database.close()
    [entry, *_], _ = await pages.page(AuditFilter(object=streams[0]), 10, None)
    assert (entry.topic, entry.recorded) == ("ticket.never_heard_of", None)
    assert "cannot read the event" in entry.unreadable
