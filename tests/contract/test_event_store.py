"""What every event store promises, held to by the one in PostgreSQL and the one in
memory; then what only the real one can get wrong.
"""

import asyncio
import uuid
from dataclasses import replace

import psycopg
import pytest
from eventsourcing.persistence import OperationalError

from activities.ports import StoreUnavailableError
from domain.access import KeyCreated
from domain.errors import CommandReusedError, UnreadableError, VersionConflictError
from domain.lifecycle.facts import TicketDetails, TicketUpdated
from infra.eventstore.codec import decode, encode
from infra.eventstore.recorder import Log
from infra.eventstore.writer import GroupWriter, NotAppendedError
from tests.contract.stores import command, opened, reopened
from tests.support.facts import event
from tests.support.memory import InMemoryEventStore

pytestmark = pytest.mark.postgres


@pytest.fixture(params=["memory", "postgres"])
def address(request):
    """None: in memory."""
    is_real = request.param == "postgres"
    return request.getfixturevalue("database_url") if is_real else None


@pytest.fixture
async def store(address):
    if address is None:
        yield InMemoryEventStore()
        return
    async with opened(address) as made:
        yield made


@pytest.fixture
async def postgres(database_url):
    async with opened(database_url) as made:
        yield made


@pytest.fixture
def stream():
    """The id of a stream that nobody wrote to."""
    return f"s-{uuid.uuid4()}"


async def test_a_stream_is_read_as_it_was_appended(store, stream):
    first, second = reopened(stream, 1, 2), reopened(stream, 3)
    await store.append(first, command(stream, 2))
    await store.append(second, command(stream, 3))
    assert await store.load(stream) == first + second


async def test_a_stream_is_read_up_to_a_version(store, stream):
    await store.append(reopened(stream, 1, 2, 3), command(stream, 3))
    assert await store.load(stream, 2) == reopened(stream, 1, 2)


async def test_a_stream_that_is_not_there_is_empty(store, stream):
    assert await store.load(stream) == []
    assert await store.history(stream) == []
    assert await store.load_many([stream]) == {}


async def test_one_append_may_write_several_streams(store, stream):
    other = f"{stream}-other"
    both = [*reopened(stream, 1), *reopened(other, 1)]
    await store.append(both, command(stream, 1))
    found = await store.load_many([stream, other, "nobody"])
    assert found == {stream: both[:1], other: both[1:]}


async def test_a_version_is_written_once(store, stream):
    await store.append(reopened(stream, 1), command(stream, 1))
    late = command(stream, 1)
    with pytest.raises(VersionConflictError):
        await store.append(reopened(stream, 1, reason="late"), late)
    assert await store.load(stream) == reopened(stream, 1)
    assert await store.find(late.command_id) is None


async def test_a_conflict_in_one_stream_leaves_nothing_in_another(store, stream):
    other = f"{stream}-other"
    await store.append(reopened(stream, 1), command(stream, 1))
    both = [*reopened(other, 1), *reopened(stream, 1)]
    with pytest.raises(VersionConflictError):
        await store.append(both, command(other, 1))
    assert await store.load(other) == []


async def test_a_command_that_was_applied_is_answered_with_what_it_did(store, stream):
    row = command(stream, 1, "k")
    first = await store.append(
        reopened(stream, 1), command(stream, 1, row.command_id + stream)
    )
    await store.append(reopened(stream, 2), command(stream, 2))
    again = await store.append(
        reopened(stream, 3), command(stream, 3, row.command_id + stream)
    )
    assert (again.version, again.position) == (first.version, first.position)
    assert (first.replayed, again.replayed) == (False, True)
    assert len(await store.load(stream)) == 2


async def test_one_key_for_two_requests_is_refused(store, stream):
    await store.append(reopened(stream, 1), command(stream, 1, stream))
    other = command(stream, 2, stream, request_sha256="b")
    with pytest.raises(CommandReusedError):
        await store.append(reopened(stream, 2), other)


async def test_the_same_attempt_again_is_no_replay(store, stream):
    """As after a commit whose answer was lost."""
    row = command(stream, 1)
    first = await store.append(reopened(stream, 1), row)
    assert await store.append(reopened(stream, 1), row) == first


async def test_a_command_that_changes_nothing_is_remembered_too(store, stream):
    await store.append(reopened(stream, 1), command(stream, 1))
    await store.append([], command(stream, 1, stream))
    again = await store.append([], command(stream, 1, stream))
    assert again.replayed
    assert again.position == (await store.history(stream))[0].position


async def test_a_command_can_be_found(store, stream):
    row = command(stream, 1)
    appended = await store.append(reopened(stream, 1), row)
    assert await store.find(row.command_id) == (row, appended.receipt)
    assert await store.find("nobody's") is None


async def test_positions_rise_over_all_streams(store, stream):
    appended = [
        await store.append(reopened(f"{stream}-{n}", 1, 2), command(f"{stream}-{n}", 2))
        for n in range(3)
    ]
    history = [r for n in range(3) for r in await store.history(f"{stream}-{n}")]
    positions = [recorded.position for recorded in history]
    assert positions == sorted(set(positions))
    assert [a.position for a in appended] == positions[1::2]
    times = [recorded.recorded_at for recorded in history]
    assert times == sorted(times)


def updated(attributes):
    details = TicketDetails(
        subject="Cold", type="question", product_area=None, tags=(), attributes={}
    )
    new = replace(details, attributes=attributes)
    return TicketUpdated(changed=("attributes",), old=details, new=new)


HARD = [
    {"_type_": "x", "_data_": 1},
    {"_type_": "uuid_hex", "_data_": "00"},
    {"客户": "很不满意 😡", "\u202e": "e\u0301", "nul": "\0"},
    {"deep": [[[{"a": [None, True, -0.0, 1e308, 10**30, -(2**63)]}]]]},
    {},
]


@pytest.mark.parametrize("attributes", HARD)
async def test_what_users_send_comes_back_exactly(store, stream, attributes):
    fact = updated(attributes)
    await store.append([event(stream, 1, fact)], command(stream, 1))
    assert (await store.load(stream))[0].fact == fact


async def test_many_at_once_all_land(store, stream):
    ids = [f"{stream}-{n}" for n in range(50)]
    await asyncio.gather(*(store.append(reopened(i, 1), command(i, 1)) for i in ids))
    assert set(await store.load_many(ids)) == set(ids)


async def test_one_that_conflicts_does_not_harm_its_neighbours(store, stream):
    await store.append(reopened(stream, 1), command(stream, 1))
    ids = [f"{stream}-{n}" for n in range(20)]
    ids.insert(10, stream)
    answers = await asyncio.gather(
        *(store.append(reopened(i, 1), command(i, 1)) for i in ids),
        return_exceptions=True,
    )
    failed = [i for i, a in zip(ids, answers, strict=True) if isinstance(a, Exception)]
    assert failed == [stream]
    assert isinstance(answers[10], VersionConflictError)


async def test_one_that_cannot_be_encoded_does_not_harm_its_neighbours(store, stream):
    ids = [f"{stream}-{n}" for n in range(20)]
    bad = event(stream, 1, updated({"when": {object()}}))
    *answers, refused = await asyncio.gather(
        *(store.append(reopened(i, 1), command(i, 1)) for i in ids),
        store.append([bad], command(stream, 1)),
        return_exceptions=True,
    )
    assert isinstance(refused, TypeError)
    assert not any(isinstance(a, Exception) for a in answers)


async def test_what_waits_is_committed_together(database_url, stream):
    commits = []
    async with opened(database_url, lambda _, size: commits.append(size)) as made:
        ids = [f"{stream}-{n}" for n in range(50)]
        await asyncio.gather(*(made.append(reopened(i, 1), command(i, 1)) for i in ids))
    assert sum(commits) == 50
    assert len(commits) < 10


async def test_a_refusal_that_comes_late_leaves_the_connection_as_good_as_before(
    database_url, stream
):
    """Late: after the whole batch was sent, because another process had the row."""
    row = command(stream, 1, stream)
    async with (
        opened(database_url) as store,
        await psycopg.AsyncConnection.connect(database_url) as other,
    ):
        for n in range(5):  # after five, psycopg prepares the statement
            often = f"{stream}-{n}"
            await store.append(reopened(often, 1), command(often, 1))
        await other.execute(
            "INSERT INTO command_log VALUES (%s, %s, 'theirs', %s, 1)",
            (row.command_id, row.request_sha256, stream),
        )
        waiting = asyncio.create_task(store.append(reopened(stream, 1), row))
        while not await _somebody_waits(other):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0.01)
        await other.commit()
        assert (await waiting).replayed
        await store.append(reopened(stream, 1), command(stream, 1))
        assert await store.load(stream) == reopened(stream, 1)


async def _somebody_waits(connection):
    cursor = await connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database()"
    )
    return (await cursor.fetchone())[0] > 0


async def test_connections_that_died_unnoticed_cost_nobody_an_answer(
    database_url, stream
):
    async with opened(database_url) as store:
        ids = [f"{stream}-{n}" for n in range(20)]
        await asyncio.gather(*(store.load(i) for i in ids))
        async with await psycopg.AsyncConnection.connect(database_url) as other:
            await other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        await store.append(reopened(stream, 1), command(stream, 1))
        assert await store.load(stream) == reopened(stream, 1)


class CommitsThenLosesTheAnswer(Log):
    """The connection dies after COMMIT was sent, before the answer is there."""

    name = "stored"
    lost = 0

    def save(self, *objs, **kwargs):
        saved = super().save(*objs, **kwargs)
        if not self.lost:
            self.lost += 1
            raise OperationalError("server closed the connection unexpectedly")
        return saved


async def test_a_commit_whose_answer_was_lost_is_recognised(database_url, stream):
    ids = [f"{stream}-{n}" for n in range(3)]
    async with opened(database_url, log=CommitsThenLosesTheAnswer) as made:
        answers = await asyncio.gather(
            *(made.append(reopened(i, 1), command(i, 1)) for i in ids)
        )
        histories = [await made.history(i) for i in ids]
    assert [a.position for a in answers] == [h[0].position for h in histories]
    assert [len(h) for h in histories] == [1, 1, 1]
    assert not any(a.replayed for a in answers)


def failing(error):
    """A writer that commits and then reports this."""

    class Writer(GroupWriter):
        async def append(self, batch):
            await super().append(batch)
            raise error

    return Writer


@pytest.mark.parametrize("error", [StoreUnavailableError("gone"), NotAppendedError()])
async def test_whatever_the_writer_says_the_log_decides(database_url, stream, error):
    async with opened(database_url, writer=failing(error)) as made:
        appended = await made.append(reopened(stream, 1), command(stream, 1))
        history = await made.history(stream)
    assert (appended.replayed, appended.position) == (False, history[0].position)


async def test_the_same_commands_from_two_processes_are_applied_once(
    database_url, stream
):
    keys = [f"{stream}-{n}" for n in range(400)]
    async with opened(database_url) as one, opened(database_url) as other:
        there = (one.append(reopened(k, 1), command(k, 1, k)) for k in keys)
        back = (other.append(reopened(k, 1), command(k, 1, k)) for k in keys[::-1])
        answers = await asyncio.gather(*there, *back)
        assert [len(await one.load(k)) for k in keys] == [1] * 400
    assert sum(a.replayed for a in answers) == 400


def test_an_event_that_cannot_be_read_is_named(stream):
    with pytest.raises(UnreadableError, match=f"{stream}/7"):
        decode(stream, 7, "ticket.closed", b"{}")
    with pytest.raises(UnreadableError, match="no event type"):
        decode(stream, 1, "os:system", encode(reopened(stream, 1)[0]))


async def test_the_log_is_read_by_position_in_pages(postgres, stream):
    start = await postgres.head()
    key = KeyCreated(key_id="k", name="n", role="agent", sha256="0")
    await postgres.append(
        [*reopened(stream, 1, 2), event(stream, 3, key), *reopened(stream, 4)],
        command(stream, 4),
    )
    pages, after = [], start
    while page := await postgres.read(after, 1):
        pages += page
        after = page[-1].position
    assert [r.event.originator_version for r in pages] == [1, 2, 3, 4]
    only = await postgres.read(start, 10, ["ticket.reopened"])
    assert [r.event.originator_version for r in only] == [1, 2, 4]
