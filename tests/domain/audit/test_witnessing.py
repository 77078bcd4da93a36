"""What a witness cosigns, and the exact status of each refusal."""

from base64 import b64encode

import pytest

from domain.audit.checkpoint import Checkpoint
from domain.audit.merkle import (
    EMPTY_ROOT,
    consistency_proof,
    leaf_hash,
    root_of,
)
from domain.audit.note import Note, Signature, signed
from domain.audit.witnessing import Submission, WitnessRefusal, judge
from tests.support.signing import key_of, signer_of, verify

LOG, OTHER = key_of("log.example/a"), key_of("log.example/b")
LEAVES = [leaf_hash(bytes([number])) for number in range(40)]
FORKED = [*LEAVES[:3], leaf_hash(b"forged"), *LEAVES[4:]]


def head(size, leaves=LEAVES, origin=LOG.name):
    return Checkpoint(origin, size, root_of(leaves[:size]))


def proof(size1, size2, leaves=LEAVES):
    def hash_of(node):
        level, index = node
        return root_of(leaves[index << level : (index + 1) << level])

    return consistency_proof(size1, size2, hash_of)


def asked(old, checkpoint, hashes=(), key=LOG):
    signature = signed(checkpoint.text, key.verifier, signer_of(key))
    return Submission(old, tuple(hashes), Note(checkpoint.text, (signature,)))


def judged(submission, latest=None, logs=(LOG.verifier,)):
    return judge(Submission.parse(submission.encoded), logs, latest, verify)


def status(submission, latest=None, logs=(LOG.verifier,)):
    with pytest.raises(WitnessRefusal) as caught:
        judged(submission, latest, logs)
    return caught.value.status


def test_the_first_checkpoint_of_a_known_log_is_cosigned():
    assert judged(asked(0, head(5))) == head(5)
    assert judged(asked(0, head(0))) == head(0)


def test_a_log_that_grew_is_cosigned():
    assert judged(asked(5, head(9), proof(5, 9)), head(5)) == head(9)


def test_the_same_checkpoint_is_cosigned_again():
    assert judged(asked(5, head(5)), head(5)) == head(5)


def test_from_the_empty_log_there_is_nothing_to_prove():
    assert judged(asked(0, head(9)), head(0)) == head(9)


def test_a_log_that_nobody_named_here_is_404():
    assert status(asked(0, head(5), key=OTHER), logs=[OTHER.verifier]) == 404
    assert status(asked(0, head(5)), logs=[]) == 404


def test_a_checkpoint_that_the_log_has_not_signed_is_403():
    assert status(asked(0, head(5), key=OTHER)) == 403
    forged = Signature(LOG.name, LOG.verifier.id, bytes(64))
    assert status(Submission(0, (), Note(head(5).text, (forged,)))) == 403


def test_an_old_size_above_the_new_one_is_400():
    assert status(asked(6, head(5)), head(6)) == 400


@pytest.mark.parametrize("old", [0, 4, 8])
def test_an_old_size_that_is_not_the_last_one_is_409_with_the_last_one(old):
    with pytest.raises(WitnessRefusal) as caught:
        judged(asked(old, head(9)), head(5))
    assert (caught.value.status, caught.value.latest) == (409, 5)
    assert not caught.value.is_evidence


def test_an_old_checkpoint_that_is_played_again_is_409():
    with pytest.raises(WitnessRefusal) as caught:
        judged(asked(3, head(3)), head(5))
    assert (caught.value.status, caught.value.latest) == (409, 5)


def test_another_root_for_the_same_size_is_409_and_evidence():
    with pytest.raises(WitnessRefusal) as caught:
        judged(asked(5, head(5, FORKED)), head(5))
    assert (caught.value.status, caught.value.latest) == (409, None)
    assert caught.value.is_evidence


@pytest.mark.parametrize(
    "hashes", [(), proof(5, 9), proof(5, 9, FORKED), proof(4, 9), LEAVES[:3]]
)
def test_a_fork_is_422_whatever_is_sent_as_its_proof(hashes):
    assert status(asked(5, head(9, FORKED), hashes), head(5)) == 422


def test_a_log_that_grew_without_a_valid_proof_is_422():
    for hashes in ((), proof(4, 9), [*proof(5, 9), LEAVES[0]], proof(5, 9)[1:]):
        assert status(asked(5, head(9), hashes), head(5)) == 422


def test_a_proof_where_nothing_is_to_be_proven_is_422():
    assert status(asked(0, head(5), LEAVES[:1])) == 422
    assert status(asked(5, head(5), LEAVES[:1]), head(5)) == 422


def test_the_empty_log_has_one_root():
    assert status(asked(0, Checkpoint(LOG.name, 0, bytes(32)))) == 422
    assert head(0).root == EMPTY_ROOT


NOTE = asked(0, head(5)).note.encoded


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 0\n\n",
        NOTE,
        b"old 00\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"old  0\n\n" + NOTE,
        b"Old 0\n\n" + NOTE,
        b"old 9999999999999999999\n\n" + NOTE,
        b"old 0\r\n\r\n" + NOTE,
        b"old 0\nAAAA\n\n" + NOTE,
        b"old 0\nnot base64\n\n" + NOTE,
        b"old 0\n" + (b64encode(bytes(32)) + b"\n") * 64 + b"\n" + NOTE,
        b"old 0\n\n" + NOTE[:-1],
        b"old 0\n\n" + NOTE.replace(b"\n5\n", b"\nfive\n"),
    ],
)
def test_what_is_no_request_is_400(body):
    with pytest.raises(WitnessRefusal) as caught:
        judge(Submission.parse(body), [LOG.verifier], None, verify)
    assert caught.value.status == 400
