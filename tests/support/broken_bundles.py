"""Bundles that somebody bent, by what was done to them. The forger is no fool: the
manifest agrees with the files, unless that is the point.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.support.bundles import Bench, Files, Signer, b64, event

Lines = list[Any]
Change = Callable[[Lines], Any]


def lines_of(files: Files, name: str) -> Lines:
    return [json.loads(line) for line in files[name].splitlines()]


def bent(
    files: Files, bench: Bench, name: str, change: Callable[[Lines], Any]
) -> Files:
    """With other lines in a list, and a manifest that agrees."""
    lines = lines_of(files, name)
    change(lines)
    files[name] = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
    return agreeing(files, bench)


def agreeing(files: Files, bench: Bench) -> Files:
    files["manifest.json"] = bench.manifest(files)
    return files


def _list(name: str, change: Callable[[Lines], Any]) -> Callable[[Bench], Files]:
    return lambda bench: bent(bench.files(), bench, name, change)


def _event(change: Callable[[Any], Any], number: int = 1) -> Callable[[Bench], Files]:
    return _list("events.jsonl", lambda events: change(events[number]))


def _flip(text: str) -> str:
    return text[:40] + ("A" if text[40] != "A" else "B") + text[41:]


def _without(name: str) -> Callable[[Bench], Files]:
    def removed(bench: Bench) -> Files:
        files = bench.files()
        del files[name]
        return files

    return removed


def _file(name: str, content: bytes) -> Callable[[Bench], Files]:
    return lambda bench: agreeing(bench.files() | {name: content}, bench)


def _other_log(change: Callable[[list[Any]], Any]) -> Callable[[Bench], Files]:
    """Another log, sealed as if it had always been so."""

    def made(bench: Bench) -> Files:
        change(bench.log)
        return bench.files()

    return made


def _forged_checkpoint(bench: Bench) -> Files:
    files = replace(bench, signer=Signer(bench.signer.name)).files()
    files["keys.json"] = bench.files()["keys.json"]
    return agreeing(files, bench)


def _forged_header(bench: Bench, index: int) -> Callable[[Lines], Any]:
    header = replace(bench.log[index], topic="ticket.closed").header(index)
    return lambda headers: headers[index].update(header=b64(header))


def _other_events(bench: Bench) -> Files:
    files = bench.files()
    wider = replace(bench, scope={"tickets": ["t1", "t2", "t3"]}).files()
    lists = ("events.jsonl", "events.csv", "proofs.jsonl")
    return agreeing(files | {name: wider[name] for name in lists}, bench)


def _other_table(bench: Bench) -> Files:
    files = bench.files()
    files["events.csv"] = files["events.csv"].replace(b",ann,", b",bo,", 1)
    return agreeing(files, bench)


def _line(name: str, line: bytes) -> Callable[[Bench], Files]:
    return lambda b: agreeing(b.files() | {name: line + b.files()[name]}, b)


BROKEN: dict[str, Callable[[Bench], Files]] = {
    "a byte of a state": _event(lambda e: e.update(state=_flip(e["state"]))),
    "a stream": _event(lambda e: e.update(stream="t2")),
    "a version": _event(lambda e: e.update(version=9)),
    "a topic": _event(lambda e: e.update(topic="ticket.closed")),
    "a time": _event(lambda e: e.update(recorded_at="2026-11-02T08:01:00Z")),
    "an actor": _event(lambda e: e["event"]["actor"].update(id="bo")),
    "an invented field": _event(lambda e: e["event"]["data"].update(approved="yes")),
    "a lost field": _event(lambda e: e["event"]["data"].pop("tags")),
    "another text": _event(lambda e: e["event"]["data"].update(subject="Other")),
    "another duration": _event(lambda e: e["event"]["data"].update(target="PT31M")),
    "another number": _event(lambda e: e["event"]["data"].update(tags=["a", 2, True])),
    "a truth for a number": _event(
        lambda e: e["event"]["data"].update(tags=["a", 1, 1])
    ),
    "the table": _other_table,
    "a header in scope": lambda b: bent(
        b.files(), b, "headers.jsonl", _forged_header(b, 4)
    ),
    "a header out of scope": lambda b: bent(
        b.files(), b, "headers.jsonl", _forged_header(b, 3)
    ),
    "a header with more behind it": lambda b: bent(
        b.files(),
        b,
        "headers.jsonl",
        lambda h: h[4].update(header=b64(b.log[4].header(4) + b"\0")),
    ),
    "two events swapped": _list("events.jsonl", lambda e: e.insert(3, e.pop(4))),
    "two headers swapped": _list("headers.jsonl", lambda h: h.insert(3, h.pop(4))),
    "a proof of another": _list("proofs.jsonl", lambda p: p.insert(0, p.pop())),
    "a proof too short": _list("proofs.jsonl", lambda p: p[2]["proof"].pop()),
    "a proof too long": _list(
        "proofs.jsonl", lambda p: p[2]["proof"].append(p[2]["proof"][0])
    ),
    "an event gone": _list("events.jsonl", lambda e: e.pop(3)),
    "the last event gone": _list("events.jsonl", lambda e: e.pop()),
    "a header gone": _list("headers.jsonl", lambda h: h.pop(3)),
    "a header lost by the database": _list(
        "headers.jsonl", lambda h: h[3].update(header=None)
    ),
    "the last header gone": _list("headers.jsonl", lambda h: h.pop()),
    "a proof gone": _list("proofs.jsonl", lambda p: p.pop()),
    "a version never sealed": _other_log(lambda log: log.pop(4)),
    "a ticket that is not there": lambda b: replace(
        b, scope={"tickets": ["t1", "t9"]}
    ).files(),
    "a list gone": _without("events.jsonl"),
    "the checkpoint gone": _without("checkpoint.txt"),
    "a policy gone": lambda b: agreeing(
        _without("policies/sla-policies/standard-3.json")(b), b
    ),
    "a policy changed": _file("policies/sla-policies/standard-3.json", b"{}"),
    "an event in no header": lambda b: bent(
        b.files(),
        b,
        "events.jsonl",
        lambda e: e.append(b.line(11, event(11, "t1", 6)) | {"index": None}),
    ),
    "an event twice": _list("events.jsonl", lambda e: e.insert(1, e[0])),
    "an event of another ticket": _other_events,
    "a header behind the end": lambda b: bent(
        b.files(),
        b,
        "headers.jsonl",
        lambda h: h.append(
            {"index": 11, "position": 23, "header": b64(event(11, "t1", 6).header(11))}
        ),
    ),
    "a file more": lambda b: b.files() | {"notes.txt": b""},
    "a file that the manifest does not know": lambda b: b.files() | {"verify.py": b"1"},
    "a forged checkpoint": _forged_checkpoint,
    "no checkpoint": _file("checkpoint.txt", b"hello\n"),
    "keys that are none": _file(
        "keys.json", b'{"origin":1,"log_key":2,"witness_key":3}'
    ),
    "a key twice": _line("events.jsonl", b'{"index":0,"index":0}\n'),
    "no number": _line("headers.jsonl", b'{"index":NaN,"position":3,"header":""}\n'),
    "a huge number": _line(
        "headers.jsonl", b'{"index":0,"position":%s,"header":""}\n' % (b"9" * 99)
    ),
    "no text": _line("headers.jsonl", b"\xff\n"),
    "deep nesting": _line("events.jsonl", b"[" * 401 + b"]" * 401 + b"\n"),
    "half a line": lambda b: agreeing(
        b.files() | {"events.jsonl": b.files()["events.jsonl"][:-1]}, b
    ),
    "a manifest of nothing": lambda b: b.files() | {"manifest.json": b"{}"},
    "an ugly name": lambda b: replace(
        b, scope={"tickets": ["t1", "\x1b[2J\nintact \u202e\u00a0\U0001f600"]}
    ).files(),
}
