"""What an auditor gets of the log: signed checkpoints, proofs, headers, receipts."""

import json
import time
from base64 import b64decode
from hashlib import sha256

import psycopg
import pytest

from domain.audit.checkpoint import opened
from domain.audit.leaf import Leaf
from domain.audit.merkle import (
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from domain.audit.note import VerifierKey
from infra.audit.signing import verify
from tests.support.api_client import eventually

AUDIT = "/v1/audit"
BEYOND = 10**9


def checkpoint(api):
    keys = api.ok("GET", f"{AUDIT}/keys")
    answer = api.get(f"{AUDIT}/checkpoint")
    assert answer.headers["Content-Type"].startswith("text/plain")
    found, _ = opened(answer.content, VerifierKey.parse(keys["log_key"]), verify)
    assert found.origin == keys["origin"]
    return found


def written(api):
    """The position and the receipt of something that was just written."""
    ticket = api.open_ticket()
    answer = api.post(
        f"/v1/tickets/{ticket['id']}/messages",
        json={"author": {"kind": "customer", "id": "c-1"}, "body": "Still cold."},
    )
    return ticket["id"], int(answer.headers["Pledge-Position"]), answer


def inclusion(api, position, **query):
    query = {"position": position, **query}
    return api.get(f"{AUDIT}/proofs/inclusion", params=query)


def sealed(api, position):
    def proven():
        answer = inclusion(api, position)
        return answer.json() if answer.is_success else None

    return eventually(proven, within_s=20)


def headers(api, **query):
    answer = api.get(f"{AUDIT}/headers", params=query)
    assert answer.headers["Content-Type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_an_event_is_proven_to_be_in_the_log_that_the_checkpoint_signs(api):
    ticket, position, _ = written(api)
    shown = sealed(api, position)
    head = checkpoint(api)
    shown = inclusion(api, position, size=head.size).json()
    header, proof = b64decode(shown["header"]), map(b64decode, shown["proof"])
    assert leaf_hash(header) == b64decode(shown["leaf_hash"])
    assert b64decode(shown["root"]) == head.root
    verify_inclusion(leaf_hash(header), shown["index"], head.size, [*proof], head.root)
    leaf = Leaf.parse(header)
    assert (leaf.position, leaf.stream) == (position, ticket)
    assert leaf.topic == "ticket.message_added"


def test_a_receipt_is_the_hash_in_which_the_proven_header_ends(api):
    _, position, answer = written(api)
    stated, _, state = answer.headers["Pledge-Receipt"].partition(":")
    assert int(stated) == position
    header = b64decode(sealed(api, position)["header"])
    assert header[-32:].hex() == state


def test_a_repeated_command_gets_the_same_receipt(api):
    path, body = "/v1/tickets", {
        "subject": "The heater is cold",
        "body": "Since this morning.",
        "channel": "email",
        "type": "question",
        "customer": {"external_id": "c-1"},
    }  # fmt: skip
    key = {"Idempotency-Key": f"receipt-{time.time_ns()}"}
    first, again = (api.post(path, json=body, headers=key) for _ in range(2))
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Pledge-Receipt"] == first.headers["Pledge-Receipt"]


def test_what_is_written_is_sealed_within_a_second(api):
    _, position, _ = written(api)
    began = time.monotonic()
    sealed(api, position)
    assert time.monotonic() - began < 3  # one, on a machine with nothing else to do


def test_all_headers_together_have_the_root_of_the_checkpoint(api):
    _, position, _ = written(api)
    sealed(api, position)
    head = checkpoint(api)
    found = headers(api, limit=head.size)
    assert [line["index"] for line in found] == list(range(head.size))
    assert root_of(leaf_hash(b64decode(line["header"])) for line in found) == head.root
    positions = [line["position"] for line in found]
    assert positions == sorted(set(positions))


def test_headers_are_read_from_any_leaf(api):
    _, position, _ = written(api)
    sealed(api, position)
    head = checkpoint(api)
    whole = headers(api, limit=head.size)
    assert headers(api, **{"from": 3, "limit": 4}) == whole[3:7]
    assert headers(api, **{"from": head.size - 1})[0] == whole[-1]


def test_the_log_of_yesterday_is_shown_to_be_the_beginning_of_today_s(api):
    _, position, _ = written(api)
    sealed(api, position)
    before = checkpoint(api)
    _, position, _ = written(api)
    sealed(api, position)
    after = checkpoint(api)
    path = f"{AUDIT}/proofs/consistency?from={before.size}&to={after.size}"
    shown = api.ok("GET", path)
    proof = [b64decode(one) for one in shown["proof"]]
    assert (shown["from"], shown["to"]) == (before.size, after.size)
    assert b64decode(shown["from_root"]) == before.root
    assert b64decode(shown["to_root"]) == after.root
    verify_consistency(before.size, after.size, proof, before.root, after.root)


def test_a_position_that_is_not_there_yet_may_be_asked_for_again_soon(api):
    answer = inclusion(api, BEYOND)
    assert (answer.status_code, answer.headers["Retry-After"]) == (404, "1")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?position"]


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("proofs/inclusion", "?position"),
        ("proofs/inclusion?position=0", "?position"),
        ("proofs/inclusion?position=one", "?position"),
        (f"proofs/inclusion?position=1&size={BEYOND}", "?size"),
        ("proofs/inclusion?position=1&size=0", "?size"),
        ("proofs/inclusion?position=5&size=1", "?size"),
        ("proofs/consistency", "?from"),
        ("proofs/consistency?from=0", "?from"),
        ("proofs/consistency?from=3&to=2", "?from"),
        (f"proofs/consistency?from=1&to={BEYOND}", "?to"),
        (f"headers?from={BEYOND}", "?from"),
        ("headers?limit=0", "?limit"),
        ("headers?to=3", "?to"),
    ],
)
def test_what_cannot_be_proven_is_refused_by_the_name_of_the_parameter(
    api, path, pointer
):
    sealed(api, written(api)[1])
    answer = api.get(f"{AUDIT}/{path}")
    assert answer.status_code == 422, answer.text
    assert [e["pointer"] for e in answer.json()["errors"]] == [pointer]


def test_only_who_audits_may_ask(api, installation, word):
    made = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    with installation.client(made["key"]) as agent:
        for path in ("checkpoint", "keys", "headers", "proofs/consistency?from=1"):
            assert agent.get(f"{AUDIT}/{path}").status_code == 403


def test_the_state_that_was_hashed_is_what_the_database_holds(api, installation):
    _, position, _ = written(api)
    header = b64decode(sealed(api, position)["header"])
    with psycopg.connect(installation.postgres.url()) as connection:
        row = connection.execute(
            "SELECT state FROM stored_events WHERE notification_id = %s", (position,)
        ).fetchone()
    assert sha256(row[0]).digest() == header[-32:]


def test_operators_see_that_the_log_is_signed_and_how_far_it_is_behind(api):
    sealed(api, written(api)[1])
    lines = api.get("/metrics").text.splitlines()
    assert "pledge_sealer_refuses 0.0" in lines
    lag = next(line for line in lines if line.startswith("pledge_sealing_lag_seconds "))
    assert float(lag.partition(" ")[2]) < 60


def test_a_repeated_merge_of_two_tickets_gets_the_receipt_of_its_last_event(api):
    one, other = api.open_ticket(), api.open_ticket()
    path, body = f"/v1/tickets/{one['id']}/merge", {"into": other["id"]}
    key = {"Idempotency-Key": f"merge-{one['id']}"}
    first, again = (api.post(path, json=body, headers=key) for _ in range(2))
    for name in ("Pledge-Position", "Pledge-Receipt"):
        assert again.headers[name] == first.headers[name]
    position, _, state = again.headers["Pledge-Receipt"].partition(":")
    header = b64decode(sealed(api, int(position))["header"])
    assert header[-32:].hex() == state
    assert Leaf.parse(header).stream in (one["id"], other["id"])
