"""The witness over HTTP, without a socket: its answers to the byte, what it keeps."""

import asyncio
import json
import stat

import httpx
import pytest

from domain.audit.note import COSIGNATURE_V1, Note, VerifierKey, cosigned_at
from infra.audit.witness import MOST_BYTES, SIZE, witness_app
from infra.audit.witness_state import (
    EVIDENCE,
    KEY,
    LOGS,
    STATE,
    WitnessState,
    WitnessStateError,
    add_log,
    witness_signer,
)
from infra.audit.witnesses import Witnesses, parse_witnesses
from tests.domain.audit.test_witnessing import FORKED, LOG, OTHER, asked, head, proof
from tests.support.signing import verify

AT = 1_796_000_000


@pytest.fixture
def folder(tmp_path):
    witness_signer(tmp_path)
    add_log(tmp_path, LOG.verifier)
    return tmp_path


def client(folder):
    """Of a witness that has just been started on this folder."""
    app = witness_app(witness_signer(folder), WitnessState.read(folder), lambda: AT)
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://witness")


async def submit(folder, submission):
    async with client(folder) as http:
        content = submission if isinstance(submission, bytes) else submission.encoded
        return await http.post("/add-checkpoint", content=content)


async def test_a_cosignature_is_a_line_that_verifies_with_the_witness_key(folder):
    answer = await submit(folder, asked(0, head(5)))
    assert answer.status_code == 200
    note = Note.parse(head(5).text.encode() + b"\n" + answer.content)
    key = witness_signer(folder).key
    assert key.algorithm == COSIGNATURE_V1
    assert cosigned_at(note.verified_by([key], verify)[key]) == AT


async def test_it_says_who_it_is(folder):
    async with client(folder) as http:
        answer = await http.get("/")
    assert VerifierKey.parse(answer.text.strip()) == witness_signer(folder).key


async def test_what_it_saw_survives_a_restart(folder):
    await submit(folder, asked(0, head(5)))
    fork = await submit(folder, asked(5, head(9, FORKED), proof(5, 9)))
    assert fork.status_code == 422
    grown = await submit(folder, asked(5, head(9), proof(5, 9)))
    assert grown.status_code == 200


async def test_a_wrong_old_size_is_answered_with_the_right_one(folder):
    await submit(folder, asked(0, head(5)))
    answer = await submit(folder, asked(0, head(9)))
    assert (answer.status_code, answer.text) == (409, "5\n")
    assert answer.headers["Content-Type"] == SIZE


async def test_a_fork_is_kept_as_evidence(folder):
    await submit(folder, asked(0, head(5)))
    fork = asked(5, head(5, FORKED))
    answer = await submit(folder, fork)
    assert answer.status_code == 409
    assert answer.headers["Content-Type"] != SIZE
    assert fork.note.encoded in (folder / EVIDENCE).read_bytes()


async def test_what_strangers_send_is_no_evidence(folder):
    await submit(folder, asked(0, head(5)))
    assert (await submit(folder, asked(5, head(5), key=OTHER))).status_code == 403
    assert not (folder / EVIDENCE).exists()


async def test_a_log_is_witnessed_as_soon_as_it_is_named(folder):
    submission = asked(0, head(5, origin=OTHER.name), key=OTHER)
    async with client(folder) as http:
        for expected in (404, 200):
            answer = await http.post("/add-checkpoint", content=submission.encoded)
            assert answer.status_code == expected
            add_log(folder, OTHER.verifier)
    assert len((folder / LOGS).read_text().splitlines()) == 2


@pytest.mark.parametrize("body", [b"", b"old 1", b"x" * (MOST_BYTES + 1)])
async def test_what_is_no_request_is_400(folder, body):
    assert (await submit(folder, body)).status_code == 400


async def test_other_paths_and_methods_are_answered_as_usual(folder):
    async with client(folder) as http:
        assert (await http.get("/add-checkpoint")).status_code == 405
        assert (await http.get("/metrics")).status_code == 404


async def test_what_cannot_be_kept_is_not_cosigned(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("infra.audit.witness_state.os.fsync", full)
        assert (await submit(folder, asked(0, head(5)))).status_code == 503
    assert json.loads((folder / STATE).read_text()) == {}


def test_a_key_without_its_memory_is_refused(folder):
    (folder / STATE).unlink()
    with pytest.raises(WitnessStateError, match="is missing"):
        witness_signer(folder)


def test_a_state_that_cannot_be_read_is_refused(folder):
    (folder / STATE).write_text("[]")
    with pytest.raises(WitnessStateError):
        WitnessState.read(folder)


def test_the_key_is_made_once_for_its_owner_alone(folder):
    before = (folder / KEY).read_bytes()
    witness_signer(folder)
    assert (folder / KEY).read_bytes() == before
    assert stat.S_IMODE((folder / KEY).stat().st_mode) == 0o600


# --- asking it


def witnesses(folder):
    key = witness_signer(folder).key.encoded
    made = Witnesses(parse_witnesses(f"{key} http://witness"))
    for one in made.all:
        one._http = client(folder)
    return made


async def prove(size1, size2):
    return proof(size1, size2)


async def cosignatures(asking, checkpoint):
    await asking.ask(checkpoint, asked(0, checkpoint).note, prove)
    return [(one.size, one.witness.name) for one in asking.answers()]


async def test_each_checkpoint_is_cosigned_as_the_log_grows(folder):
    asking, name = witnesses(folder), witness_signer(folder).key.name
    for size in (5, 9, 40):
        assert await cosignatures(asking, head(size)) == [(size, name)]
    assert await cosignatures(asking, head(40)) == []


async def test_a_log_that_forgot_what_was_cosigned_is_told_by_the_witness(folder):
    await cosignatures(witnesses(folder), head(5))
    again, name = witnesses(folder), witness_signer(folder).key.name
    assert await cosignatures(again, head(9)) == [(9, name)]


async def test_a_witness_that_has_seen_more_than_there_is_says_so(folder):
    await cosignatures(witnesses(folder), head(9))
    asking = witnesses(folder)
    assert await cosignatures(asking, head(5)) == []
    assert asking.all[0].wrong == "has seen 9 events, and the log has 5"


async def test_a_witness_that_is_away_is_asked_again_later_and_not_waited_for(folder):
    asking = witnesses(folder)
    working, asking.all[0]._http = asking.all[0]._http, httpx.AsyncClient()
    asking.all[0].address = parse_witnesses(
        f"{asking.all[0].address.key.encoded} http://127.0.0.1:1"
    )[0]
    assert await cosignatures(asking, head(5)) == []
    assert asking.all[0].wrong
    asking.all[0]._http, asking.all[0].again_at = working, 0.0
    await cosignatures(asking, head(5))
    await asking.all[0].task if asking.all[0].task else None
    assert [one.size for one in asking.answers()] in ([5], [])
    assert asking.all[0].wrong is None


async def test_a_slow_witness_is_not_waited_for_and_its_late_answer_is_announced(
    folder,
):
    may_answer, came_late = asyncio.Event(), asyncio.Event()

    class Slow(httpx.ASGITransport):
        async def handle_async_request(self, request):
            await may_answer.wait()
            return await super().handle_async_request(request)

    app = witness_app(witness_signer(folder), WitnessState.read(folder), lambda: AT)
    asking = witnesses(folder)
    asking._came_late = came_late.set
    asking.all[0]._http = httpx.AsyncClient(transport=Slow(app))
    assert await cosignatures(asking, head(5)) == []
    may_answer.set()
    await came_late.wait()
    assert [one.size for one in asking.answers()] == [5]


async def test_the_answer_of_another_key_is_no_cosignature(folder, tmp_path_factory):
    impostor = tmp_path_factory.mktemp("impostor")
    witness_signer(impostor)
    add_log(impostor, LOG.verifier)
    asking = witnesses(folder)
    asking.all[0]._http = client(impostor)
    assert await cosignatures(asking, head(5)) == []
    assert "no cosignature" in asking.all[0].wrong


@pytest.mark.parametrize("text", ["x", "x http://w", f"{LOG.verifier.encoded} ftp://w"])
def test_what_names_no_witness_is_refused(text):
    with pytest.raises(ValueError, match=r"\w"):
        parse_witnesses(text)
