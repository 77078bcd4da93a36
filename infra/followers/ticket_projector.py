"""The read model of tickets and their clocks, used by lists, loads, the sweeper and
reports.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial

import msgspec
import psycopg
from psycopg.sql import SQL, Composed, Identifier
from typing_extensions import override

from domain.event import Json
from domain.lifecycle.facts import PRIORITIES
from domain.people.directory import Turn
from domain.personal import ERASED
from domain.sla.clock import Clock
from domain.ticket.enforce import plan
from domain.ticket.evolve_sla import snapshot_of
from domain.ticket.ticket import Ticket
from infra.eventstore.sealing import PersonKey
from infra.eventstore.store import Header, PostgresEventStore
from infra.eventstore.streams import PROJECTOR, erased_people, ticket_ids
from infra.followers.follower import Follower
from infra.followers.ticket_cache import TicketCache, each
from infra.postgres.database import Database, Row
from infra.postgres.wake_up import WakeUpListener
from infra.projections.facets import broken, facets, promised, shown_clocks
from infra.projections.texts import Texts, stored_subject
from infra.projections.used_words import Used, UsedWords, words_of

# The columns of `_row`, in whatever order: a release that knows more of them gives
# theirs a default.
_UPSERT = SQL("""
INSERT INTO tickets AS t ({columns})
SELECT {columns} FROM jsonb_populate_recordset(NULL::tickets, %s)
ON CONFLICT (id) DO UPDATE SET {changes} WHERE t.version < EXCLUDED.version
""")
_NEVER_CHANGED = ("id", "number", "channel", "customer", "opened_at")

# Only an excuse changes a clock that is not live: the others are skipped, to be fast.
_UPSERT_CLOCKS = """
INSERT INTO clocks AS c
SELECT new.* FROM jsonb_populate_recordset(NULL::clocks, %s) AS new
WHERE NOT EXISTS (
    SELECT FROM clocks AS old
    WHERE old.ticket_id = new.ticket_id AND old.metric = new.metric
    AND old.cycle = new.cycle AND NOT old.live AND old.excused = new.excused
)
ON CONFLICT (ticket_id, metric, cycle) DO UPDATE SET
    version = EXCLUDED.version, policy_name = EXCLUDED.policy_name,
    policy_version = EXCLUDED.policy_version, calendar_name = EXCLUDED.calendar_name,
    calendar_version = EXCLUDED.calendar_version, state = EXCLUDED.state,
    live = EXCLUDED.live, team = EXCLUDED.team, tier = EXCLUDED.tier,
    priority = EXCLUDED.priority, type = EXCLUDED.type, due_at = EXCLUDED.due_at,
    breached_at = EXCLUDED.breached_at, stopped_at = EXCLUDED.stopped_at,
    excused = EXCLUDED.excused, target_s = EXCLUDED.target_s,
    elapsed_s = EXCLUDED.elapsed_s
WHERE c.version < EXCLUDED.version
"""

_ERASE = "UPDATE tickets SET subject = %s WHERE customer = ANY(%s)"

_UPSERT_TURN = """
INSERT INTO agent_turns AS a (agent, taken_at) VALUES (%s, %s)
ON CONFLICT (agent) DO UPDATE SET taken_at = EXCLUDED.taken_at
WHERE a.taken_at < EXCLUDED.taken_at
"""

_UPSERT_PLACE = """
INSERT INTO turns AS t (place, person, taken_at) VALUES (%s, %s, %s)
ON CONFLICT (place) DO UPDATE
SET person = EXCLUDED.person, taken_at = EXCLUDED.taken_at
WHERE t.taken_at < EXCLUDED.taken_at
"""

_REFUSED = (psycopg.DataError, psycopg.IntegrityError)
_ENCODER = msgspec.json.Encoder()


@dataclass(frozen=True, kw_only=True)
class Rows:
    """For one ticket: its row and those of its clocks by the names of the columns, its
    agent and since when, and the turns of round robins.
    """

    ticket: Json
    clocks: list[Json]
    turn: tuple[str, datetime] | None
    places: Mapping[str, Turn]
    words: set[Used]


class Projector(Follower):
    name = PROJECTOR

    def __init__(
        self,
        database: Database,
        store: PostgresEventStore,
        listener: WakeUpListener,
        tickets: TicketCache,
        texts: Texts,
    ) -> None:
        super().__init__(database, store, listener)
        self._tickets, self._texts = tickets, texts
        self._used_words = UsedWords()

    @override
    async def consume(self, batch: Sequence[Header]) -> None:
        position = batch[-1].position
        await self._forget(erased_people(batch))
        ids = dict.fromkeys(ticket_ids(batch))
        tickets, failed = await self._tickets.fresh(ids)
        keys = await self._texts.keys_of(tickets.values())
        rows, refused = each(tickets, partial(_rows, keys))
        await self.park(failed | refused, position)
        try:
            # In one transaction: the rows and the position up to which they count.
            await self._write(rows, position)
        except _REFUSED:
            await self._write_one_by_one(rows, position)
            async with self.database.connection() as connection:
                await self.save(position, connection)

    async def _forget(self, people: Sequence[str]) -> None:
        """What is kept of people who were erased."""
        if people:
            self._tickets.forget(people)
            async with self.database.connection() as connection:
                await connection.execute(_ERASE, (ERASED, list(people)))

    async def _write(self, rows: Mapping[str, Rows], position: int | None) -> None:
        """Without a position it is one part of a batch."""
        if rows or position is not None:
            clocks = [clock for row in rows.values() for clock in row.clocks]
            async with self.database.transaction() as connection:
                if tickets := [row.ticket for row in rows.values()]:
                    text = _ENCODER.encode(tickets).decode()
                    upsert = _upsert(tuple(tickets[0]))
                    await connection.execute(upsert, (text,), prepare=True)
                if turns := _turns(rows.values()):
                    await connection.cursor().executemany(_UPSERT_TURN, turns)
                if places := _places(rows.values()):
                    await connection.cursor().executemany(_UPSERT_PLACE, places)
                if clocks:
                    text = _ENCODER.encode(clocks).decode()
                    await connection.execute(_UPSERT_CLOCKS, (text,), prepare=True)
                words = {word for row in rows.values() for word in row.words}
                new = await self._used_words.write(words, connection)
                if rows:
                    await self.unpark(list(rows), connection)
                if position is not None:
                    await self.save(position, connection)
            self._used_words.remember(new)

    async def _write_one_by_one(self, rows: Mapping[str, Rows], position: int) -> None:
        for ticket_id, row in rows.items():
            try:
                await self._write({ticket_id: row}, None)
            except _REFUSED as error:
                await self.park({ticket_id: error}, position)


@cache
def _upsert(columns: tuple[str, ...]) -> Composed:
    changing = [Identifier(name) for name in columns if name not in _NEVER_CHANGED]
    return _UPSERT.format(
        columns=SQL(", ").join(map(Identifier, columns)),
        changes=SQL(", ").join(
            SQL("{0} = EXCLUDED.{0}").format(column) for column in changing
        ),
    )


def _rows(keys: Mapping[str, PersonKey], ticket: Ticket) -> Rows:
    """`keys`: by customer."""
    key = keys.get(ticket.customer.external_id)
    subject = stored_subject(ticket.id, ticket.subject, key)
    return Rows(
        ticket={**_row(ticket), "subject": subject},
        clocks=[_clock_row(ticket, clock) for clock in ticket.clocks],
        turn=_turn(ticket),
        places=ticket.turns,
        words=words_of(ticket),
    )


def _turn(ticket: Ticket) -> tuple[str, datetime] | None:
    if ticket.assignee is None or ticket.assigned_at is None:
        return None
    return ticket.assignee, ticket.assigned_at


def _turns(rows: Iterable[Rows]) -> list[tuple[str, datetime]]:
    """The last of each agent, sorted, so that two writers cannot deadlock."""
    return sorted(dict(sorted(row.turn for row in rows if row.turn)).items())


def _places(rows: Iterable[Rows]) -> list[Row]:
    """The last of each place, sorted."""
    found = ((t.at, place, t.person) for row in rows for place, t in row.places.items())
    last = {place: (person, at) for at, place, person in sorted(found)}
    return [(place, *turn) for place, turn in sorted(last.items())]


def _clock_row(ticket: Ticket, clock: Clock) -> Json:
    """By the names of the columns."""
    calendar, standing = clock.calendar, clock.standing or snapshot_of(ticket, clock)
    elapsed = clock.elapsed
    return {
        "ticket_id": ticket.id,
        "metric": clock.metric,
        "cycle": clock.cycle,
        "version": ticket.version,
        "policy_name": clock.policy.name,
        "policy_version": clock.policy.version,
        "calendar_name": calendar.name if calendar else None,
        "calendar_version": calendar.version if calendar else None,
        "state": clock.state,
        "live": clock.live,
        "team": standing.team,
        "tier": standing.tier,
        "priority": standing.priority,
        "type": standing.type,
        "started_at": clock.started_at,
        "due_at": clock.due_at,
        "breached_at": clock.breached_at,
        "stopped_at": clock.stopped_at,
        "excused": clock.excuse is not None,
        "target_s": clock.target.total_seconds(),
        "elapsed_s": None if elapsed is None else elapsed.total_seconds(),
    }


def _row(ticket: Ticket) -> Json:
    """By the names of the columns."""
    due = [c.due_at for c in ticket.clocks if c.live and c.due_at is not None]
    risks = [c.at_risk_from for c in ticket.clocks if c.at_risk_from is not None]
    made, queue = plan(ticket), ticket.queue
    offer = queue.offer if queue else None
    return {
        "id": ticket.id,
        "number": ticket.number,
        "version": ticket.version,
        "status": ticket.status,
        "channel": ticket.channel,
        "type": ticket.type,
        "priority": ticket.priority,
        "tier": ticket.customer.tier,
        "customer": ticket.customer.external_id,
        "team": ticket.team,
        "assignee": ticket.assignee,
        "product_area": ticket.product_area,
        "tags": ticket.tags,
        "clock_states": sorted({c.state for c in ticket.clocks}),
        "due_at": min(due, default=None),
        "next_due_ms": made.next_due_ms,
        "done": made.done,
        "opened_at": ticket.opened_at,
        "updated_at": ticket.updated_at,
        "queued": queue is not None,
        "queued_at": ticket.queued_at,
        "offered_to": offer.agent if offer else None,
        "offer_expires_at": offer.expires_at if offer else None,
        "waiting": queue.waiting if queue else None,
        "approvers": _approvers(ticket),
        "held": _held(ticket),
        "facets": facets(ticket),
        "clocks": shown_clocks(ticket),
        "urgency": PRIORITIES.index(ticket.priority),
        "promised": promised(ticket),
        "breached": broken(ticket),
        "at_risk_from": min(risks, default=None),
    }


def _held(ticket: Ticket) -> bool:
    """Whether an escalation step or an approval waits for somebody to be available."""
    unresolved = ticket.status != "closed" and any(
        approval.state == "unresolved" for approval in ticket.approvals
    )
    return unresolved or any(run.state == "waiting" for run in ticket.runs)


def _approvers(ticket: Ticket) -> list[str]:
    """The approvers of open approvals."""
    if ticket.status == "closed":
        return []
    return sorted({a.approver for a in ticket.approvals if a.open and a.approver})
