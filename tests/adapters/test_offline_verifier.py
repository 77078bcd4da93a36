"""`verify.py`, as an auditor runs it: a program of its own, given a bundle."""

import json
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from infra.audit.offline.verify import EXIT_CODES, Fault, verify
from tests.support.broken_bundles import bent, lines_of
from tests.support.bundles import (
    Bench,
    Signer,
    b64,
    event,
    sealed,
    unzipped,
    zipped,
)
from tests.support.files import ROOT

PROGRAM = ROOT / "infra" / "audit" / "offline" / "verify.py"


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def check(tmp_path):
    """The verdict on these files: the kind, and the line that says it."""

    def checked(files, **options):
        return said(zipped(files, tmp_path / "bundle.zip"), **options)

    return checked


def said(path, **options):
    try:
        report = verify(path, **options)
    except Fault as fault:
        return fault.kind, str(fault)
    return "intact", report


def run(*arguments, cwd=ROOT):
    done = subprocess.run(
        [sys.executable, "-I", str(PROGRAM), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
    )
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout


class TestWhatIsIntact:
    @pytest.mark.parametrize("personal", ["masked", "clear"])
    def test_a_bundle_of_tickets_is_intact(self, bench, check, personal):
        kind, report = check(replace(bench, personal=personal).files())
        assert kind == "intact", report
        assert (report.events, report.size) == (7, 11)

    def test_a_bundle_of_a_time_is_intact(self, bench, check):
        bench.scope = {
            "from": bench.log[3].recorded_at.isoformat(),
            "to": bench.log[7].recorded_at.isoformat(),
        }
        kind, report = check(bench.files())
        assert (kind, report.events) == ("intact", 4), report

    def test_a_folder_is_as_good_as_the_zip(self, bench, tmp_path):
        kind, _ = said(unzipped(bench.files(), tmp_path / "folder"))
        assert kind == "intact"

    @pytest.mark.parametrize("size", range(1, 12))
    def test_a_tree_of_any_size_is_recomputed(self, bench, check, size):
        bench.log = bench.log[:size]
        bench.scope = {"tickets": ["t1"]}
        assert check(bench.files())[0] == "intact"

    def test_checkpoints_that_were_kept_agree(self, bench, check, tmp_path):
        kept = tmp_path / "known.txt"
        kept.write_text("\n".join(bench.checkpoint(size) for size in (0, 3, 8, 11)))
        kind, found = check(bench.files(), known=kept)
        assert kind == "intact", found

    def test_it_says_that_no_witness_signed(self, bench, check):
        bench.witness = None
        kind, report = check(bench.files())
        assert kind == "intact"
        assert "no witness has signed this checkpoint" in report.notes

    def test_it_says_that_the_key_came_with_the_bundle(self, bench, check):
        _, report = check(bench.files())
        assert any("from the bundle itself" in note for note in report.notes)
        _, report = check(bench.files(), log_key=bench.signer.vkey)
        assert not any("from the bundle itself" in note for note in report.notes)

    def test_a_formula_in_the_table_is_made_harmless(self, bench, check):
        files = bench.files()
        assert b",'=1+1," in files["events.csv"]
        assert check(files)[0] == "intact"


class TestWhatIsAltered:
    def test_a_byte_of_a_state(self, bench, check):
        def change(events):
            state = events[2]["state"]
            events[2]["state"] = (
                state[:40] + ("A" if state[40] != "A" else "B") + state[41:]
            )

        kind, line = check(bent(bench.files(), bench, "events.jsonl", change))
        assert kind == "altered"
        assert line.startswith("altered: position 11, stream t1, version 3")

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("stream", "t2"),
            ("version", 9),
            ("version", True),
            ("topic", "ticket.closed"),
            ("recorded_at", "2026-11-02T08:01:00Z"),
        ],
    )
    def test_what_is_said_of_an_event(self, bench, check, name, value):
        files = bent(
            bench.files(),
            bench,
            "events.jsonl",
            lambda events: events[1].update({name: value}),
        )
        kind, line = check(files)
        assert (kind, "position 5, stream t1" in line) == ("altered", True), line

    @pytest.mark.parametrize(
        "change",
        [
            lambda e: e["actor"].update(id="bo"),
            lambda e: e.update(type="ticket.closed"),
            lambda e: e.update(occurred_at="2026-11-02T09:00:00Z"),
            lambda e: e.update(claimed_at="2026-11-02T09:00:00Z"),
            lambda e: e.update(policy=None),
            lambda e: e.update(approved_by="the boss"),
            lambda e: e["data"].update(approved_by="the boss"),
            lambda e: e["data"].update(subject="Another"),
            lambda e: e["data"].update(target="PT31M"),
            lambda e: e["data"].update(tags=["a", 1, 1]),
            lambda e: e["data"].update(tags=["a", 1]),
            lambda e: e["data"].pop("tags"),
        ],
    )
    def test_what_is_shown_of_an_event(self, bench, check, change):
        files = bent(
            bench.files(),
            bench,
            "events.jsonl",
            lambda events: change(events[0]["event"]),
        )
        kind, line = check(files)
        assert kind == "altered", line
        assert "position 3, stream t1, version 1" in line

    def test_the_table(self, bench, check):
        files = bench.files()
        files["events.csv"] = files["events.csv"].replace(b",ann,", b",bo,", 1)
        files["manifest.json"] = bench.manifest(files)
        kind, line = check(files)
        assert (kind, "position 3" in line) == ("altered", True), line

    def test_the_header_of_another_ticket(self, bench, check):
        """It is in no proof of this bundle, and still makes another root."""

        def change(headers):
            headers[3]["header"] = b64(replace(bench.log[3], topic="x").header(3))

        kind, line = check(bent(bench.files(), bench, "headers.jsonl", change))
        assert kind == "altered"
        assert "do not make the signed root" in line

    def test_the_header_of_a_ticket_in_scope(self, bench, check):
        forged = replace(bench.log[4], topic="ticket.closed")
        files = bent(
            bench.files(),
            bench,
            "headers.jsonl",
            lambda headers: headers[4].update(header=b64(forged.header(4))),
        )
        kind, line = check(files)
        assert (kind, "position 11" in line) == ("altered", True), line

    def test_an_event_with_its_header(self, bench, check):
        """All but the tree is consistent."""
        forger = replace(bench, log=[*bench.log])
        forger.log[4] = replace(
            bench.log[4], state=bench.log[4].state.replace(b'"ann"', b'"bob"')
        )
        files = forger.files() | {
            name: bench.files()[name] for name in ("checkpoint.txt", "proofs.jsonl")
        }
        files["manifest.json"] = bench.manifest(files)
        kind, line = check(files)
        assert (kind, "position 11" in line) == ("altered", True), line

    def test_a_header_with_bytes_behind_it(self, bench, check):
        def change(headers):
            headers[4]["header"] = b64(bench.log[4].header(4) + b"\x00")

        assert (
            check(bent(bench.files(), bench, "headers.jsonl", change))[0] == "altered"
        )

    def test_the_order(self, bench, check):
        def change(headers):
            headers[3], headers[4] = headers[4], headers[3]

        for name in ("headers.jsonl", "events.jsonl"):
            kind, line = check(bent(bench.files(), bench, name, change))
            assert (kind, "out of order" in line) == ("altered", True), line

    @pytest.mark.parametrize(
        "name", ["verify.py", "policies/sla-policies/standard-3.json"]
    )
    def test_a_file_that_is_not_the_one_of_the_manifest(self, bench, check, name):
        files = bench.files()
        files[name] += b" "
        kind, line = check(files)
        assert kind in ("altered", "missing"), line

    def test_the_scope_of_another_log(self, bench, check):
        files = bench.files()
        manifest = json.loads(files["manifest.json"])
        manifest["size"] = 10
        files["manifest.json"] = json.dumps(manifest).encode()
        assert check(files)[0] == "altered"


class TestWhatIsMissing:
    def test_an_event(self, bench, check):
        files = bench.files()
        for name in ("events.jsonl", "proofs.jsonl"):
            bent(files, bench, name, lambda lines: lines.pop(3))
        kind, line = check(files)
        assert kind == "missing"
        assert line == "missing: position 13, stream t3, version 1"

    def test_the_last_event(self, bench, check):
        files = bent(bench.files(), bench, "events.jsonl", lambda lines: lines.pop())
        assert check(files) == ("missing", "missing: position 21, stream t1, version 5")

    def test_the_header_of_an_event(self, bench, check):
        files = bent(bench.files(), bench, "headers.jsonl", lambda lines: lines.pop(3))
        kind, line = check(files)
        assert (kind, line) == ("missing", "missing: the header before position 11")

    def test_an_event_that_the_database_has_lost(self, bench, check):
        files = bent(
            bench.files(),
            bench,
            "headers.jsonl",
            lambda headers: headers[3].update(header=None),
        )
        assert check(files) == ("missing", "missing: position 9, index 3")

    def test_the_last_headers(self, bench, check):
        files = bent(bench.files(), bench, "headers.jsonl", lambda lines: lines.pop())
        assert check(files)[0] == "missing"

    def test_a_version_that_was_never_sealed(self, bench, check):
        """Deleted before the seal: the tree is sound, the ticket has a hole."""
        del bench.log[4]
        kind, line = check(bench.files())
        assert kind == "missing"
        assert line == "missing: stream t1, version 3, before position 17"

    def test_a_ticket_that_the_log_does_not_have(self, bench, check):
        bench.scope = {"tickets": ["t1", "t9"]}
        assert check(bench.files()) == (
            "missing",
            "missing: stream t9: it has no event",
        )

    def test_a_proof(self, bench, check):
        files = bent(bench.files(), bench, "proofs.jsonl", lambda lines: lines.pop())
        assert check(files)[0] == "missing"

    @pytest.mark.parametrize("name", sorted(Bench().files()))
    def test_a_file(self, bench, check, name):
        files = bench.files()
        del files[name]
        assert check(files)[0] == "missing"

    def test_the_document_of_a_policy(self, bench, check):
        files = bench.files()
        del files["policies/sla-policies/standard-3.json"]
        files["manifest.json"] = bench.manifest(files)
        kind, line = check(files)
        assert kind == "missing"
        assert "policy standard, version 3" in line


class TestWhatIsExtra:
    def test_an_event_that_is_in_no_header(self, bench, check):
        stray = bench.line(11, event(11, "t1", 6)) | {"index": None}
        files = bent(
            bench.files(), bench, "events.jsonl", lambda lines: lines.append(stray)
        )
        kind, line = check(files)
        assert (kind, "position 23, stream t1" in line) == ("extra", True), line

    def test_an_event_twice(self, bench, check):
        files = bent(
            bench.files(),
            bench,
            "events.jsonl",
            lambda lines: lines.insert(1, lines[0]),
        )
        kind, line = check(files)
        assert (kind, "position 3" in line) == ("extra", True), line

    def test_an_event_of_another_ticket(self, bench, check):
        files = bench.files()
        other = replace(bench, scope={"tickets": ["t1", "t2", "t3"]}).files()
        for name in ("events.jsonl", "events.csv", "proofs.jsonl"):
            files[name] = other[name]
        files["manifest.json"] = bench.manifest(files)
        kind, line = check(files)
        assert (kind, "position 9, stream t2" in line) == ("extra", True), line

    def test_a_header_behind_the_end(self, bench, check):
        one = event(11, "t1", 6)
        more = {"index": 11, "position": 23, "header": b64(one.header(11))}
        files = bent(
            bench.files(), bench, "headers.jsonl", lambda lines: lines.append(more)
        )
        assert check(files)[0] == "extra"

    def test_a_file(self, bench, check):
        assert check(bench.files() | {"notes.txt": b""})[0] == "extra"


class TestSignatures:
    @pytest.mark.parametrize("place", ["origin", "size", "root", "signature"])
    def test_a_checkpoint_that_was_changed(self, bench, check, place):
        files = bench.files()
        text = files["checkpoint.txt"].decode()
        old = {
            "origin": "0badcafe\n11",
            "size": "\n11\n",
            "root": text.splitlines()[2][5:9],
            "signature": text.splitlines()[4][-20:-16],
        }[place]
        new = {"origin": "0badcaff\n11", "size": "\n12\n"}.get(place, "AAAA")
        files["checkpoint.txt"] = text.replace(old, new).encode()
        files["manifest.json"] = bench.manifest(files)
        assert check(files)[0] == "signature"

    def test_a_checkpoint_by_another_key_of_the_same_name(self, bench, check):
        """Whoever pins the key finds it."""
        forger = replace(bench, signer=Signer(bench.signer.name))
        files = forger.files()
        assert check(files)[0] == "intact"
        assert check(files, log_key=bench.signer.vkey)[0] == "signature"

    def test_the_forgers_key_is_left_out_of_the_bundle(self, bench, check):
        forger = replace(bench, signer=Signer(bench.signer.name))
        files = forger.files() | {"keys.json": bench.files()["keys.json"]}
        files["manifest.json"] = forger.manifest(files)
        assert check(files)[0] == "signature"

    def test_a_witness_who_signed_something_else(self, bench, check):
        files = bench.files()
        earlier = bench.checkpoint(8).splitlines(keepends=True)
        note = files["checkpoint.txt"].decode().splitlines(keepends=True)
        files["checkpoint.txt"] = "".join([*note[:-1], earlier[-1]]).encode()
        files["manifest.json"] = bench.manifest(files)
        assert check(files)[0] == "signature"

    def test_who_pins_a_witness_wants_its_signature(self, bench, check):
        witness = bench.witness.vkey
        bench.witness = None
        kind, line = check(bench.files(), witness_key=witness)
        assert (kind, "witness" in line) == ("signature", True), line

    def test_a_forged_checkpoint_that_somebody_kept(self, bench, check, tmp_path):
        kept = tmp_path / "known.txt"
        kept.write_text(replace(bench, signer=Signer(bench.signer.name)).checkpoint())
        assert check(bench.files(), known=kept)[0] == "signature"


class TestForks:
    def test_a_ticket_rewritten_with_all_hashes(self, bench, check, tmp_path):
        kept = tmp_path / "known.txt"
        kept.write_text("\n".join(bench.checkpoint(size) for size in (3, 7, 9)))
        state = bench.log[4].state.replace(b'"ann"', b'"bob"')
        bench.log[4] = replace(bench.log[4], state=state)
        assert check(bench.files())[0] == "intact"
        kind, line = check(bench.files(), known=kept)
        assert (kind, "after index 3, before index 7" in line) == ("fork", True), line

    def test_a_log_that_was_cut(self, bench, check, tmp_path):
        kept = tmp_path / "known.txt"
        kept.write_text(bench.checkpoint())
        bench.log = bench.log[:9]
        kind, line = check(bench.files(), known=kept)
        assert (kind, "older" in line) == ("fork", True), line

    def test_two_known_ones_of_one_size(self, bench, check, tmp_path):
        other = replace(bench, log=[*bench.log])
        other.log[0] = replace(other.log[0], topic="x")
        kept = tmp_path / "known.txt"
        kept.write_text(bench.checkpoint(5) + "\n" + other.checkpoint(5))
        assert check(bench.files(), known=kept)[0] == "fork"


class TestPersonalFields:
    @pytest.fixture
    def clear(self, bench):
        bench.personal = "clear"
        return bench

    def test_are_opened_and_agree(self, clear, check):
        _, report = check(clear.files())
        assert "7 personal fields opened and in agreement" in report.notes

    def test_shown_otherwise_than_sealed(self, clear, check):
        files = bent(
            clear.files(),
            clear,
            "events.jsonl",
            lambda events: events[0]["event"]["data"].update(subject="Another"),
        )
        kind, line = check(files)
        assert (kind, "/data/subject" in line) == ("altered", True), line

    def test_a_key_that_does_not_fit(self, clear, check):
        def change(events):
            events[0]["disclosures"][0]["key"] = b64(bytes(32))

        assert check(bent(clear.files(), clear, "events.jsonl", change))[0] == "altered"

    def test_a_key_of_another_event(self, clear, check):
        def change(events):
            events[0]["disclosures"] = events[1]["disclosures"]

        assert check(bent(clear.files(), clear, "events.jsonl", change))[0] == "altered"

    def test_a_key_for_nothing(self, clear, check):
        def change(events):
            events[0]["disclosures"].append({"path": "/tags", "key": b64(bytes(32))})

        assert check(bent(clear.files(), clear, "events.jsonl", change))[0] == "altered"

    def test_of_an_erased_person_are_neither_shown_nor_a_fault(self, clear, check):
        def change(events):
            del events[0]["disclosures"]
            events[0]["event"]["data"]["subject"] = "[erased]"

        files = bent(clear.files(), clear, "events.jsonl", change)
        files["events.csv"] = clear.table(lines_of(files, "events.jsonl"))
        files["manifest.json"] = clear.manifest(files)
        assert check(files)[0] == "intact"

    def test_a_masked_bundle_opens_none(self, bench, check):
        _, key = sealed("x", "t1", 1, "ticket.opened", "/subject")
        files = bent(
            bench.files(),
            bench,
            "events.jsonl",
            lambda events: events[0].update(
                disclosures=[{"path": "/subject", "key": b64(key)}]
            ),
        )
        assert check(files)[0] == "altered"


class TestTraps:
    """Whatever it is given, it ends with a verdict and one line."""

    @pytest.mark.parametrize(
        "line",
        [
            b"\xff\xfe\n",
            b"[]\n",
            b"\n",
            b"{}\n",
            b"null\n",
            b'{"index": NaN, "position": 3, "header": ""}\n',
            b'{"index": 1e999, "position": 3, "header": ""}\n',
            b'{"index": ' + b"9" * 5000 + b', "position": 3, "header": ""}\n',
            b'{"index": 0, "index": 0, "position": 3, "header": ""}\n',
            b'{"index": -1, "position": 3, "header": ""}\n',
            b'{"index": 0, "position": 3, "header": "\xc3\xa4"}\n',
            b'{"index": 0, "position": 3, "header": 7}\n',
            b'{"index": 0, "position": 3, "header": "AAAA"}\n',
            b'{"index": 0, "position": "\\ud800", "header": "AAAA"}\n',
            b"[" * 100_000 + b"\n",
            b'{"index": 0' * 500 + b"\n",
        ],
    )
    @pytest.mark.parametrize("name", ["headers.jsonl", "events.jsonl", "proofs.jsonl"])
    def test_a_strange_line(self, bench, check, name, line):
        files = bench.files()
        files[name] = line + files[name]
        files["manifest.json"] = bench.manifest(files)
        kind, told = check(files)
        assert kind in ("altered", "extra", "missing"), told
        assert "\n" not in told

    @pytest.mark.parametrize("name", ["manifest.json", "keys.json", "checkpoint.txt"])
    @pytest.mark.parametrize("content", [b"", b"\xff", b"[]", b"{}", b"[" * 10_000])
    def test_a_strange_file(self, bench, check, name, content):
        files = bench.files()
        files[name] = content
        if name != "manifest.json":
            files["manifest.json"] = bench.manifest(files)
        assert check(files)[0] in ("altered", "signature")

    def test_names_that_lead_out_of_the_bundle(self, bench, check, tmp_path):
        files = bench.files() | {"../evil.txt": b"", "/etc/evil": b""}
        assert check(files)[0] == "extra"
        assert not (tmp_path.parent / "evil.txt").exists()

    def test_a_file_twice(self, bench, tmp_path):
        path = zipped(bench.files(), tmp_path / "b.zip")
        with (
            zipfile.ZipFile(path, "a") as out,
            pytest.warns(UserWarning, match="Duplicate name"),
        ):
            out.writestr("events.jsonl", b"")
        assert said(path)[0] == "extra"

    def test_a_bomb(self, bench, tmp_path):
        files = bench.files()
        manifest = json.loads(files["manifest.json"])
        manifest["files"]["policies/bomb.json"] = "0" * 64
        files["manifest.json"] = json.dumps(manifest).encode()
        path = zipped(files, tmp_path / "c.zip")
        with (
            zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as out,
            out.open("policies/bomb.json", "w", force_zip64=True) as file,
        ):
            for _ in range(80):
                file.write(bytes(1 << 20))
        kind, line = said(path)
        assert (kind, "too large" in line) == ("altered", True), line

    def test_a_kind_of_packing_that_asks_for_memory(self, bench, tmp_path):
        path = tmp_path / "b.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as out:
            for name, content in bench.files().items():
                out.writestr(name, content)
        assert said(path) == ("altered", "altered: the bundle cannot be read")

    def test_a_link_in_a_folder(self, bench, tmp_path):
        folder = unzipped(bench.files(), tmp_path / "folder")
        (folder / "policies" / "link.json").symlink_to("/dev/zero")
        assert said(folder)[0] == "altered"

    def test_every_cut_of_the_zip(self, bench, tmp_path):
        whole = zipped(bench.files(), tmp_path / "b.zip").read_bytes()
        cut = tmp_path / "cut.zip"
        for end in range(2, len(whole), 97):
            cut.write_bytes(whole[:end])
            assert said(cut)[0] in ("altered", "missing"), end

    @pytest.mark.parametrize("name", sorted(Bench().files()))
    def test_any_bit_of_a_file(self, bench, tmp_path, name):
        files = bench.files()
        folder = unzipped(files, tmp_path / "folder")
        for place in range(0, len(files[name]), 1 + len(files[name]) // 40):
            content = bytearray(files[name])
            content[place] ^= 1
            (folder / name).write_bytes(content)
            kind, told = said(folder)
            # created_at is nowhere else: it proves nothing.
            assert kind != "intact" or name == "manifest.json", (place, told)

    def test_any_bit_of_the_zip(self, bench, tmp_path):
        """Each is found, or is one that means nothing (a time, a comment)."""
        path = zipped(bench.files(), tmp_path / "b.zip")
        whole = bytearray(path.read_bytes())
        for place in range(4, len(whole), 53):
            whole[place] ^= 1
            path.write_bytes(whole)
            kind, told = said(path)
            assert kind in EXIT_CODES, told
            whole[place] ^= 1

    def test_a_name_that_would_move_the_cursor(self, bench, check):
        bench.scope = {"tickets": ["t1", "\x1b[2J\nintact: all is well"]}
        _, told = check(bench.files())
        assert "\x1b" not in told
        assert "\n" not in told


class TestTheProgram:
    def test_intact_is_0(self, bench, tmp_path):
        path = zipped(bench.files(), tmp_path / "bundle.zip")
        code, out = run(path, "--log-key", bench.signer.vkey)
        assert code == 0
        assert out.splitlines()[0] == "intact: 7 events, none missing, in a log of 11"

    @pytest.mark.parametrize(
        "arguments",
        [
            (),
            ("--what",),
            ("nowhere.zip",),
            (PROGRAM,),
            ("a", "b"),
            ("x", "--known", "y"),
        ],
    )
    def test_wrong_usage_is_1(self, arguments, tmp_path):
        code, out = run(*arguments, cwd=tmp_path)
        assert code == 1
        assert out.startswith("usage: ")
        assert out.count("\n") == 1

    def test_each_kind_has_its_code(self, bench, tmp_path):
        known = tmp_path / "known.txt"
        known.write_text(bench.checkpoint())
        broken = {
            2: bent(
                bench.files(),
                bench,
                "events.jsonl",
                lambda lines: lines[0].update(topic="x"),
            ),
            3: bent(bench.files(), bench, "events.jsonl", lambda lines: lines.pop()),
            4: bench.files() | {"checkpoint.txt": b"x"},
            5: replace(bench, log=bench.log[:9]).files(),
        }
        for expected, files in broken.items():
            path = zipped(files, tmp_path / f"{expected}.zip")
            code, out = run(path, "--known", known)
            assert code == expected, out
            assert out.count("\n") == 1

    def test_it_needs_nothing_of_ours(self):
        """And with `-I`, as above, it would not find it."""
        text = PROGRAM.read_text("utf-8")
        for room in ("domain", "activities", "workflows", "api", "infra"):
            assert f"import {room}" not in text
            assert f"from {room}" not in text
        assert Path(PROGRAM).name == "verify.py"
