"""Whoever owns the database changes it, as its superuser: each change is found, and the
position is named. By `pledge verify --live`, which knows the checkpoints outside of the
database; and by verify.py, as far as a bundle can show it.
"""

import asyncio
import re
import subprocess
from dataclasses import replace

import pytest

from domain.audit.checkpoint import Checkpoint
from domain.audit.note import ED25519
from infra.audit.signing import FileSigner, new_key
from infra.cli.verify import notes_of
from infra.embedded.backup import backup
from infra.embedded.installation import postgres_programs
from infra.embedded.postgres import OWNER
from tests.support.api_client import eventually
from tests.support.installation import Installation
from tests.support.tampering import Copies, note_of, notes


@pytest.fixture(scope="module")
def sealed(tmp_path_factory):
    """Four tickets, sealed while they came; and the backup of half of it."""
    made = Installation(tmp_path_factory.mktemp("sealed") / "data")
    made.start("api", "followers")
    folder = made.data.path.parent / "yesterday"
    with made.client() as admin:
        admin.put("agents", "ann", {"name": "Ann"})
        for number in range(4):
            ticket = admin.open_ticket()
            admin.answer_customer(ticket)
            admin.act(ticket, "resolve", code="done")
            _await_seal(admin, ticket)
            if number == 1:
                backup(made.postgres.url(OWNER), made.data, folder)
    for process in ("api", "followers"):
        made.kill(process)
    yield made
    made.stop()


def _await_seal(admin, ticket):
    """Until everything that is known of the ticket is under a checkpoint."""
    position = admin.history(ticket)[-1]["position"]
    path = f"/v1/audit/proofs/inclusion?position={position}"
    eventually(lambda: admin.get(path).is_success)


@pytest.fixture(scope="module")
def copies(sealed, tmp_path_factory):
    return Copies(sealed, tmp_path_factory.mktemp("copies"))


@pytest.fixture
def case(copies):
    made = copies.one()
    yield made
    made.sql.close()


@pytest.fixture
def victim(case):
    """The answer to the third ticket: position, stream, version and the rest."""
    opened = [row for row in case.rows() if row[3] == "ticket.opened"]
    stream = opened[2][1]
    return next(r for r in case.rows() if r[1] == stream and r[2] == 2)


def named(row):
    return f"position {row[0]}, stream {row[1]}, version {row[2]}"


def test_what_nobody_touched_is_intact(case, victim):
    assert case.live() == "intact"
    assert case.offline(victim[1], case.outside) == "intact"
    assert case.witness() == "cosigned"


class TestOneEvent:
    """Its row is changed; both find it."""

    @pytest.mark.parametrize(
        "change",
        [
            "state = set_byte(state, 40, get_byte(state, 40) # 1)",
            "topic = 'ticket.acknowledged'",
            "recorded_at = recorded_at + interval '1 microsecond'",
            "originator_version = 77",
        ],
    )
    def test_changed(self, case, victim, change):
        case.sql.execute(
            f"UPDATE stored_events SET {change} WHERE notification_id = %s",
            (victim[0],),
        )
        assert case.live().startswith(f"altered: position {victim[0]}, stream")
        told = case.offline(victim[1])
        assert told.startswith(("altered: ", "missing: "))
        assert f"position {victim[0]}" in told

    def test_deleted(self, case, victim):
        case.sql.execute(
            "DELETE FROM stored_events WHERE notification_id = %s", (victim[0],)
        )
        assert case.live().startswith(f"missing: position {victim[0]}, ")
        assert case.offline(victim[1]).startswith(f"missing: position {victim[0]}, ")

    def test_given_to_another_ticket(self, case, victim):
        other = case.rows()[-1][1]
        case.sql.execute(
            "UPDATE stored_events SET originator_id = %s, originator_version = 99"
            " WHERE notification_id = %s",
            (other, victim[0]),
        )
        assert case.live().startswith(f"altered: position {victim[0]}, ")
        assert case.offline(other).startswith(("altered", "missing", "extra"))

    def test_swapped_with_another(self, case, victim):
        other = next(r for r in case.rows() if r[0] > victim[0])
        case.sql.execute(
            "UPDATE stored_events SET state = CASE notification_id WHEN %s THEN %s"
            " ELSE %s END WHERE notification_id IN (%s, %s)",
            (victim[0], other[5], victim[5], victim[0], other[0]),
        )
        assert case.live() == f"altered: {named(victim)}"
        assert case.offline(victim[1]).startswith(f"altered: {named(victim)}")

    def test_two_positions_swapped(self, case, victim):
        other = next(r for r in case.rows() if r[0] > victim[0])
        for old, new in ((victim[0], -1), (other[0], victim[0]), (-1, other[0])):
            case.sql.execute(
                "UPDATE stored_events SET notification_id = %s"
                " WHERE notification_id = %s",
                (new, old),
            )
        assert case.live().startswith(f"altered: position {victim[0]}, ")
        assert case.offline(victim[1]).startswith(("altered", "missing"))


class TestInserted:
    INSERT = "INSERT INTO stored_events VALUES (%s, %s, %s, %s, %s, %s)"

    def test_in_the_middle(self, case, victim):
        for factor in (-2, -1):  # no two may have the same meanwhile
            case.sql.execute(
                f"UPDATE stored_events SET notification_id = notification_id * {factor}"
            )
        case.sql.execute(
            "UPDATE audit_tiles SET first_position = first_position * 2,"
            " positions = (SELECT array_agg(p * 2 ORDER BY p) FROM unnest(positions) p)"
        )
        at = victim[0] * 2 + 1
        row = (victim[1], 99, victim[3], victim[5], at, victim[4])
        case.sql.execute(self.INSERT, row)
        assert case.live().split(":")[0] in ("altered", "extra")

    def test_in_a_gap_of_the_positions(self, case, victim):
        """A rolled-back append leaves one; nothing else has to be moved."""
        last = case.rows()[-1]
        case.sql.execute(
            "UPDATE stored_events SET notification_id = %s WHERE notification_id = %s",
            (last[0] + 1, last[0]),
        )
        case.reseal()
        case.outside.write_text(notes_of_database(case))
        assert case.live() == "intact"
        row = (victim[1], 99, victim[3], victim[5], last[0], victim[4])
        case.sql.execute(self.INSERT, row)
        expected = f"extra: position {last[0]}, stream {victim[1]}, version 99"
        assert case.live().startswith(expected)
        told = case.offline(victim[1])
        assert told.startswith(f"extra: position {last[0]}, stream {victim[1]}")

    def test_at_the_end_as_part_of_a_sealed_log(self, case, victim):
        """Resealed with the log's own key, under a size that is known otherwise."""
        last = case.rows()[-1]
        row = (victim[1], 99, victim[3], victim[5], last[0] + 1, victim[4])
        case.sql.execute(self.INSERT, row)
        case.sql.execute(
            "DELETE FROM stored_events WHERE notification_id = %s", (last[0],)
        )
        case.reseal()
        assert case.live().startswith("fork: after position ")
        assert case.offline(victim[1], case.outside).startswith(("fork", "missing"))


def notes_of_database(case):
    rows = case.sql.execute("SELECT note FROM audit_checkpoints ORDER BY size")
    return "\n".join(note for [note] in rows)


class TestWithTheLogsOwnKey:
    """Everything is made anew, so that the database agrees with itself; only who kept a
    checkpoint finds it.
    """

    def test_a_ticket_rewritten(self, case, victim):
        state = victim[5].replace(b'"version":1', b'"version":2')
        assert state != victim[5]
        case.sql.execute(
            "UPDATE stored_events SET state = %s WHERE notification_id = %s",
            (state, victim[0]),
        )
        case.reseal()
        told = case.live()
        assert told.startswith("fork: after position ")
        first, last = map(int, re.findall(r"\d+", told)[:2])
        assert first < victim[0] <= last
        assert case.witness().startswith("409: another root was cosigned")
        assert case.offline(victim[1]) == "intact", "a bundle alone cannot show it"
        assert case.offline(victim[1], case.outside).startswith("fork: after index ")

    def test_the_tail_cut(self, case, victim):
        rows = case.rows()
        kept = rows[-4][0]
        case.sql.execute(
            "DELETE FROM stored_events WHERE notification_id > %s", (kept,)
        )
        told = case.live()
        assert told.startswith(f"missing: position {rows[-3][0]}, ")
        case.reseal()
        told = case.live()
        assert told.startswith("fork: older than what is known")
        assert told.endswith(f"the log ends at position {kept}")
        assert case.witness().startswith("400: ")
        told = case.offline(victim[1], case.outside)
        assert told.startswith("fork: older than what is known")

    def test_the_log_forked(self, case, victim):
        """Cut, and gone on with other events, beyond where it was."""
        rows = case.rows()
        case.sql.execute(
            "DELETE FROM stored_events WHERE notification_id > %s", (rows[-4][0],)
        )
        for number in range(6):
            row = (f"other-{number}", 1, "ticket.opened", rows[0][5])
            at = (rows[-1][0] + 1 + number, rows[-1][4])
            case.sql.execute(TestInserted.INSERT, (*row, *at))
        case.reseal()
        assert case.live().startswith("fork: after position ")
        assert case.witness().startswith("422: ")
        assert case.offline(victim[1], case.outside).startswith("fork: after index ")


def test_yesterdays_backup_restored(sealed, copies):
    case = copies.one(template="template0")
    dump = sealed.data.path.parent / "yesterday" / "pledge.dump"
    restored(case, dump)
    told = case.live()
    assert told.startswith("fork: older than what is known: ")
    ticket = next(row[1] for row in case.rows() if row[3] == "ticket.opened")
    assert case.witness().startswith("400: ")
    assert case.offline(ticket) == "intact", "it was, yesterday"
    assert case.offline(ticket, case.outside).startswith("fork: older")
    case.sql.close()


def restored(case, dump):
    program = asyncio.run(postgres_programs(None)) / "pg_restore"
    subprocess.run(
        [program, "--no-owner", f"--dbname={case.url}", dump],
        check=True,
        capture_output=True,
    )


class TestCheckpoints:
    @pytest.fixture
    def forger(self, case):
        """Another key of the same name."""
        return FileSigner(new_key(case.signer.key.name, ED25519))

    def test_published_by_another_key(self, case, forger):
        [size] = case.sql.execute("SELECT max(size) FROM audit_checkpoints").fetchone()
        case.sql.execute("DELETE FROM audit_checkpoints WHERE size = %s", (size,))
        case.publish(Checkpoint(forger.key.name, size, bytes(32)), forger)
        assert case.live().startswith(f"signature: the checkpoint of {size}: ")
        assert case.witness().startswith("403: ")

    def test_put_into_the_file_by_another_key(self, case, forger):
        forged = Checkpoint(forger.key.name, 10_000, bytes(32))
        with case.outside.open("a") as file:
            file.write(f"{note_of(forged, forger)}\n")
        assert case.live().startswith("signature: checkpoint ")

    def test_a_tree_under_another_key(self, case, victim, forger):
        case.sql.execute("UPDATE audit_trees SET log_key = %s", (forger.key.encoded,))
        replace(case, signer=forger).reseal()
        assert case.live().startswith("signature: ")
        told = case.offline(victim[1], case.outside)
        assert told.startswith("signature: --known is not signed")

    def test_an_old_one_replayed(self, case, victim):
        old, newest = notes(case.outside)[0], notes(case.outside)[-1]
        with case.outside.open("a") as file:
            file.write(f"{old}\n")
        assert case.live().startswith("fork: an old checkpoint stands after newer ones")
        known = case.folder / "known.txt"
        known.write_text(newest)
        case.reseal(size=int(old.splitlines()[1]))
        case.outside.write_text(newest)
        assert case.witness().startswith("400: ")
        assert case.live().startswith("fork: older than what is known")
        assert case.offline(victim[1], known).startswith("fork: older")

    def test_a_file_with_something_else_in_it(self, case):
        text = case.outside.read_text()
        case.outside.write_text("hello\n\n" + text)
        assert case.live().startswith("altered: ")


def test_the_stored_tree_itself(case):
    """A leaf's hash, and nothing else."""
    case.sql.execute(
        "UPDATE audit_tiles SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)"
        " WHERE level = 0"
    )
    assert case.live().startswith("altered: position ")


def test_a_version_that_was_never_sealed(case, victim):
    """Deleted before the sealer came: the tree is sound, the ticket has a hole."""
    case.sql.execute(
        "DELETE FROM stored_events WHERE notification_id = %s", (victim[0],)
    )
    case.reseal()
    case.outside.write_text(notes_of_database(case))
    assert case.live().startswith(f"missing: stream {victim[1]}")
    told = case.offline(victim[1])
    assert told.startswith(f"missing: stream {victim[1]}, version 2")


def test_nothing_is_read_from_a_file_that_is_not_there(case):
    assert notes_of(case.folder / "nothing") == []
