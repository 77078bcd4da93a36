"""Signed notes as C2SP and Go's sumdb/note have them, and keys for them."""

import json
from base64 import b64decode, b64encode

import pytest
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint

from domain.audit.checkpoint import Checkpoint, opened
from domain.audit.note import (
    COSIGNATURE_V1,
    Note,
    NoteError,
    Signature,
    SignatureError,
    SigningKey,
    VerifierKey,
    cosigned,
    cosigned_at,
    signed,
)
from tests.support.files import VECTORS
from tests.support.signing import key_of, public_of, signer_of, verify

(PUBLISHED,) = json.loads((VECTORS / "merkle.json").read_text("utf-8"))["signed_notes"]
PUBLISHED_KEY = VerifierKey.parse(PUBLISHED["vkey"])

PETER_NEUMANN_SECRET = (
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
)
PETER_NEUMANN = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2p"
    "ZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)  # fmt: skip
"""The example of Go's package, whose signatures are deterministic."""

LOG, OTHER = key_of("pledge.local/1a2b3c4d"), key_of("other.example/log")
WITNESS = key_of("witness.example", COSIGNATURE_V1)
HEAD = Checkpoint("pledge.local/1a2b3c4d", 7, bytes(range(32)))
SEVEN = signed(HEAD.text, LOG.verifier, signer_of(LOG))


def refused(raw, *, by=(LOG.verifier,)):
    with pytest.raises(NoteError) as caught:
        Note.parse(raw if isinstance(raw, bytes) else raw.encode()).verified_by(
            by, verify
        )
    return str(caught.value)


def test_the_published_note_is_read_written_and_verified():
    note = Note.parse(PUBLISHED["note"].encode())
    assert note.encoded.decode() == PUBLISHED["note"]
    assert list(note.verified_by([PUBLISHED_KEY], verify)) == [PUBLISHED_KEY]
    assert PUBLISHED_KEY.encoded == PUBLISHED["vkey"]


def test_the_note_of_go_is_signed_to_the_byte():
    key = SigningKey.parse(PETER_NEUMANN_SECRET, public_of)
    assert key.verifier.encoded == PETER_NEUMANN
    assert key.encoded == PETER_NEUMANN_SECRET
    assert signed(TEXT, key.verifier, signer_of(key)).line == LINE


def test_another_implementation_reads_our_checkpoint_and_our_cosignature():
    mine = cosigned(HEAD.text, WITNESS.verifier, signer_of(WITNESS), 1679315147)
    theirs = TheirCheckpoint.from_text(Note(HEAD.text, (SEVEN, mine)).encoded.decode())
    theirs.verify(Vkey.from_string(LOG.verifier.encoded))
    theirs.verify(Vkey.from_string(WITNESS.verifier.encoded))
    assert (theirs.origin, theirs.size, theirs.root_hash) == (
        HEAD.origin,
        HEAD.size,
        HEAD.root,
    )


def test_a_cosignature_says_when_and_is_over_that_too():
    signature = cosigned(HEAD.text, WITNESS.verifier, signer_of(WITNESS), 1679315147)
    note = Note(HEAD.text, (signature,))
    assert note.verified_by([WITNESS.verifier], verify)
    assert cosigned_at(signature) == 1679315147
    later = (1679315148).to_bytes(8, "big") + signature.value[8:]
    moved = Signature(signature.name, signature.key_id, later)
    assert "wrong" in refused(Note(HEAD.text, (moved,)).encoded, by=[WITNESS.verifier])


def test_a_key_of_the_log_is_not_one_of_a_witness():
    as_witness = VerifierKey(LOG.name, LOG.public, COSIGNATURE_V1)
    assert as_witness.id != LOG.verifier.id
    assert "not signed by" in refused(
        Note(HEAD.text, (SEVEN,)).encoded, by=[as_witness]
    )


def test_signatures_of_unknown_keys_are_ignored():
    stranger = Signature("somebody.else", b"1234", b"anything")
    note = Note(HEAD.text, (stranger, SEVEN, stranger))
    assert note.verified_by([LOG.verifier], verify) == {LOG.verifier: SEVEN}


def test_a_wrong_signature_of_a_known_key_makes_the_note_worthless():
    wrong = Signature(LOG.name, LOG.verifier.id, bytes(64))
    also = signed(HEAD.text, OTHER.verifier, signer_of(OTHER))
    raw = Note(HEAD.text, (also, wrong)).encoded
    keys = [LOG.verifier, OTHER.verifier]
    assert "the signature of pledge.local/1a2b3c4d is wrong" in refused(raw, by=keys)


def test_only_the_first_signature_of_a_key_counts():
    wrong = Signature(LOG.name, LOG.verifier.id, bytes(64))
    note = Note(HEAD.text, (SEVEN, wrong))
    assert note.verified_by([LOG.verifier], verify) == {LOG.verifier: SEVEN}


def test_a_note_that_nobody_known_signed_is_refused():
    said = refused(Note(HEAD.text, (SEVEN,)).encoded, by=[OTHER.verifier])
    assert said == "not signed by other.example/log"
    assert (
        refused(Note(HEAD.text, (SEVEN,)).encoded, by=[])
        == "not signed by anybody known"
    )


def test_another_text_is_not_what_was_signed():
    with pytest.raises(SignatureError):
        Note(HEAD.text.replace("7", "8"), (SEVEN,)).verified_by([LOG.verifier], verify)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        HEAD.text.encode() + SEVEN.line.encode(),
        HEAD.text.encode() + b"\n" + SEVEN.line.encode().rstrip(b"\n"),
        HEAD.text.encode() + b"\n" + SEVEN.line.encode() + b"\n",
        HEAD.text.encode() + b"\n" + SEVEN.line.encode().replace(b"\n", b"\r\n"),
        HEAD.text.encode() + b"\n- " + SEVEN.line.encode()[4:],
        HEAD.text.encode() + b"\n" + SEVEN.line.encode() + b"comment\n",
        b"\xff" + HEAD.text.encode() + b"\n" + SEVEN.line.encode(),
        b"\x00" + HEAD.text.encode() + b"\n" + SEVEN.line.encode(),
        b"tab\there\n\n" + SEVEN.line.encode(),
    ],
)  # fmt: skip
def test_what_is_no_note_is_refused(raw):
    refused(raw)


@pytest.mark.parametrize(
    "line",
    [
        "\u2014 name\n",
        "\u2014 name \n",
        "\u2014 name MTIzNA==\n",
        "\u2014 name !!!!\n",
        "\u2014 name MTIzNDU\n",
        "\u2014 name MTIzNDV=\n",
        "\u2014 na+me MTIzNDU2\n",
        "\u2014  MTIzNDU2\n",
        "\u2014 na\u00a0me MTIzNDU2\n",
        "\u2014 name MTIzNDU2 more\n",
        "\u2014name MTIzNDU2\n",
    ],
)
def test_one_malformed_line_among_good_ones_makes_the_note_malformed(line):
    refused(f"{HEAD.text}\n{SEVEN.line}{line}")
    refused(f"{HEAD.text}\n{line}{SEVEN.line}")


def test_a_note_with_too_many_signatures_is_refused():
    assert Note.parse(Note(HEAD.text, (SEVEN,) * 100).encoded)
    assert "at most 100" in refused(Note(HEAD.text, (SEVEN,) * 101).encoded)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "PeterNeumann",
        "PeterNeumann+c74f20a3",
        PETER_NEUMANN.replace("c74f20a3", "c74f20a4"),
        PETER_NEUMANN.replace("c74f20a3", "c74f20a"),
        PETER_NEUMANN.replace("Peter", "Peter "),
        PETER_NEUMANN.replace("PeterNeumann", ""),
        PETER_NEUMANN + "\n",
        PETER_NEUMANN[:-4],
        "PeterNeumann+c74f20a3+" + b64encode(b"\x02" + bytes(32)).decode(),
    ],
)
def test_what_is_no_verifier_key_is_refused(text):
    with pytest.raises(NoteError):
        VerifierKey.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        PETER_NEUMANN,
        PETER_NEUMANN_SECRET.replace("c74f20a3", "c74f20a4"),
        PETER_NEUMANN_SECRET[:-4],
    ],
)
def test_what_is_no_signing_key_is_refused_without_being_repeated(text):
    with pytest.raises(NoteError) as caught:
        SigningKey.parse(text, public_of)
    assert text.rpartition("+")[2] not in str(caught.value)


def test_a_signing_key_does_not_show_its_secret():
    assert "seed" not in repr(LOG)


def test_what_no_note_can_say_is_not_signed():
    for text in ("no newline", "tab\t\n"):
        with pytest.raises(NoteError):
            signed(text, LOG.verifier, signer_of(LOG))


def test_a_checkpoint_is_three_lines_and_its_extensions_are_skipped():
    assert Checkpoint.parse(HEAD.text) == HEAD
    assert Checkpoint.parse(HEAD.text + "extension\n") == HEAD
    root = b64decode(HEAD.text.splitlines()[2])
    assert root == HEAD.root


@pytest.mark.parametrize(
    ("size", "root"),
    [
        ("07", None),
        ("", None),
        ("-1", None),
        ("+7", None),
        ("7 ", None),
        ("\u0667", None),
        (str(2**63), None),
        ("7", "AA=="),
        ("7", ""),
        ("7", "not base64"),
        ("7", b64encode(bytes(32)).decode().rstrip("=")),
    ],
)
def test_what_is_no_checkpoint_is_refused(size, root):
    encoded = b64encode(HEAD.root).decode() if root is None else root
    with pytest.raises(NoteError):
        Checkpoint.parse(f"{HEAD.origin}\n{size}\n{encoded}\n")


@pytest.mark.parametrize("text", ["", "\n", f"\n7\n{b64encode(bytes(32)).decode()}\n"])
def test_a_checkpoint_without_its_lines_is_refused(text):
    with pytest.raises(NoteError):
        Checkpoint.parse(text)


def test_a_checkpoint_is_opened_with_the_key_of_its_log():
    raw = Note(HEAD.text, (SEVEN,)).encoded
    checkpoint, note = opened(raw, LOG.verifier, verify)
    assert checkpoint == HEAD
    assert note.encoded == raw


def test_a_checkpoint_of_another_log_is_refused_though_the_key_is_known():
    signature = signed(HEAD.text, OTHER.verifier, signer_of(OTHER))
    with pytest.raises(NoteError, match="a checkpoint of"):
        opened(Note(HEAD.text, (signature,)).encoded, OTHER.verifier, verify)
