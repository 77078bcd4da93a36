"""Bundles as an export makes them, of a small log made here; each part can be bent.

The tree is made by the definition of RFC 6962, from the top; the verifier under test
makes it from the leaves. Nothing of Pledge is used.
"""

import base64
import csv
import hashlib
import hmac
import io
import json
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

BEGAN = datetime(2026, 11, 2, 8, tzinfo=UTC)
COLUMNS = [  # as a reader sees them
    "index",
    "position",
    "recorded_at",
    "occurred_at",
    "stream",
    "version",
    "type",
    "actor",
    "actor_kind",
    "on_behalf_of",
    "key_id",
    "channel",
    "correlation_id",
    "causation_id",
    "command_id",
    "policy",
    "policy_version",
    "data",
]
Files = dict[str, bytes]


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def string(text: str) -> bytes:
    raw = text.encode()
    return len(raw).to_bytes(2, "big") + raw


@dataclass
class Signer:
    name: str
    kind: int = 1
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def public(self) -> bytes:
        return bytes([self.kind]) + self.key.public_key().public_bytes_raw()

    @property
    def id(self) -> bytes:
        return sha256(self.name.encode(), b"\n", self.public)[:4]

    @property
    def vkey(self) -> str:
        return f"{self.name}+{self.id.hex()}+{b64(self.public)}"

    def line(self, text: str, at: int = 1_793_606_400) -> str:
        if self.kind == 1:
            raw = self.key.sign(text.encode())
        else:
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            raw = at.to_bytes(8, "big") + self.key.sign(message)
        return f"— {self.name} {b64(self.id + raw)}\n"


def root_of(leaves: list[bytes]) -> bytes:
    if len(leaves) <= 1:
        return leaves[0] if leaves else sha256()
    middle = _split(len(leaves))
    return sha256(b"\x01", root_of(leaves[:middle]), root_of(leaves[middle:]))


def proof_of(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) <= 1:
        return []
    middle = _split(len(leaves))
    if index < middle:
        return [*proof_of(index, leaves[:middle]), root_of(leaves[middle:])]
    return [*proof_of(index - middle, leaves[middle:]), root_of(leaves[:middle])]


def _split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


PERSON_KEY = bytes(range(32))


def sealed(value: Any, stream: str, version: int, topic: str, path: str) -> Any:
    """A personal field as it is stored, and the key that opens it alone."""
    aad = b"".join(map(string, (stream, str(version), topic, path)))
    salt = sha256(aad)[:16]
    key = hmac.digest(PERSON_KEY, salt + aad, "sha256")
    derived = hashlib.sha512(b"pledge field" + key).digest()
    data = AESGCM(key).encrypt(derived[:12], json.dumps(value).encode(), aad)
    data = derived[32:] + data
    return {"personal": "person-1", "salt": b64(salt), "sealed": b64(data)}, key


@dataclass
class Stored:
    position: int
    stream: str
    version: int
    topic: str
    recorded_at: datetime
    state: bytes
    keys: dict[str, bytes] = field(default_factory=dict)

    def header(self, index: int) -> bytes:
        micros = (self.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
            microseconds=1
        )
        return b"".join(
            (
                string("pledge/1"),
                index.to_bytes(8, "big"),
                self.position.to_bytes(8, "big"),
                string(self.stream),
                self.version.to_bytes(8, "big"),
                string(self.topic),
                micros.to_bytes(8, "big", signed=True),
                sha256(self.state),
            )
        )

    def shown(self, clear: Callable[[Any, str], Any]) -> dict[str, Any]:
        stored = json.loads(self.state)
        meta = stored["meta"]
        return {
            "position": self.position,
            "version": self.version,
            "type": self.topic,
            "actor": meta["actor"] | {"key_id": meta["key_id"]},
            "occurred_at": stored["at"],
            "claimed_at": meta["occurred_at"],
            "recorded_at": self.recorded_at.isoformat(),
            **{
                name: meta[name]
                for name in (
                    "command_id", "correlation_id", "causation_id", "channel", "policy"
                )
            },
            "data": clear(stored["data"], ""),
        }  # fmt: skip


DOCUMENT = b'{"targets":{"first_response":"PT30M"}}'
POLICY = {"name": "standard", "version": 3, "sha256": sha256(DOCUMENT).hex()}


def event(number: int, stream: str, version: int, topic: str = "ticket.opened") -> Any:
    """`subject` is personal."""
    subject, key = sealed(f"Subject {number}", stream, version, topic, "/subject")
    at = BEGAN + timedelta(minutes=number)
    state = {
        "at": at.isoformat().replace("+00:00", "Z"),
        "meta": {
            "command_id": f"c{number}",
            "correlation_id": "=1+1",
            "causation_id": f"c{number}",
            "actor": {"id": "ann", "kind": "agent", "on_behalf_of": None},
            "channel": "api",
            "occurred_at": None,
            "policy": POLICY if number % 2 else None,
            "key_id": "k1",
            "data_subject": "p1",
        },
        "data": {"subject": subject, "target": "PT1800S", "tags": ["a", 1, True]},
    }
    return Stored(
        # Positions have gaps.
        position=number * 2 + 1,
        stream=stream,
        version=version,
        topic=topic,
        recorded_at=at,
        state=json.dumps(state, separators=(",", ":")).encode(),
        keys={"/subject": key},
    )


def small_log() -> list[Stored]:
    """Three tickets and a configuration stream, eleven events in all."""
    order = ["t1", "t1", "policies/x", "t2", "t1", "t3", "t2", "t1", "t3", "t1", "t2"]
    seen: dict[str, int] = {}
    made = []
    for number, stream in enumerate(order, start=1):
        seen[stream] = seen.get(stream, 0) + 1
        made.append(event(number, stream, seen[stream]))
    return made


@dataclass
class Bench:
    """What makes a bundle; change it, then `files`."""

    log: list[Stored] = field(default_factory=small_log)
    scope: dict[str, Any] = field(default_factory=lambda: {"tickets": ["t1", "t3"]})
    personal: str = "masked"
    signer: Signer = field(default_factory=lambda: Signer("pledge.local/0badcafe"))
    witness: Signer | None = field(default_factory=lambda: Signer("witness.local", 4))

    def leaves(self) -> list[bytes]:
        return [sha256(b"\x00", e.header(i)) for i, e in enumerate(self.log)]

    def checkpoint(self, size: int | None = None) -> str:
        leaves = self.leaves()[:size]
        text = f"{self.signer.name}\n{len(leaves)}\n{b64(root_of(leaves))}\n"
        signatures = self.signer.line(text)
        if self.witness:
            signatures += self.witness.line(text)
        return f"{text}\n{signatures}"

    def covers(self, one: Stored) -> bool:
        if "tickets" in self.scope:
            return one.stream in self.scope["tickets"]
        return bool(
            self.scope["from"] <= one.recorded_at.isoformat() < self.scope["to"]
        )

    def files(self) -> Files:
        events = [self.line(i, e) for i, e in enumerate(self.log) if self.covers(e)]
        leaves = self.leaves()
        made = {
            "headers.jsonl": jsonl(
                {"index": i, "position": e.position, "header": b64(e.header(i))}
                for i, e in enumerate(self.log)
            ),
            "events.jsonl": jsonl(events),
            "events.csv": self.table(events),
            "proofs.jsonl": jsonl(
                {
                    "position": e["position"],
                    "index": e["index"],
                    "size": len(leaves),
                    "leaf_hash": b64(leaves[e["index"]]),
                    "proof": [b64(h) for h in proof_of(e["index"], leaves)],
                }
                for e in events
            ),
            "checkpoint.txt": self.checkpoint().encode(),
            "keys.json": json.dumps(
                {
                    "origin": self.signer.name,
                    "log_key": self.signer.vkey,
                    "witness_key": self.witness.vkey if self.witness else None,
                }
            ).encode(),
            "policies/sla-policies/standard-3.json": DOCUMENT,
            "verify.py": b"# the verifier\n",
        }
        return made | {"manifest.json": self.manifest(made)}

    def manifest(self, files: Files) -> bytes:
        """With the hashes of the files as they are now."""
        others = {n: sha256(c).hex() for n, c in files.items() if n != "manifest.json"}
        return json.dumps(
            {
                "format": "pledge-bundle/1",
                "origin": self.signer.name,
                "size": len(self.log),
                "created_at": "2026-11-30T09:00:00Z",
                "scope": self.scope,
                "personal": self.personal,
                "files": others,
            }
        ).encode()

    def line(self, index: int, one: Stored) -> dict[str, Any]:
        def clear(data: Any, _: str) -> Any:
            subject = data["subject"]
            if self.personal == "clear":
                number = (one.position - 1) // 2
                return data | {"subject": f"Subject {number}", "target": "PT30M"}
            assert subject.keys() == {"personal", "salt", "sealed"}
            return data | {"subject": "[masked]", "target": "PT30M"}

        made = {
            "index": index,
            "position": one.position,
            "stream": one.stream,
            "version": one.version,
            "topic": one.topic,
            "recorded_at": one.recorded_at.isoformat(),
            "state": b64(one.state),
            "event": one.shown(clear),
        }
        if self.personal == "clear":
            made["disclosures"] = [
                {"path": path, "key": b64(key)} for path, key in one.keys.items()
            ]
        return made

    def table(self, events: Iterable[dict[str, Any]]) -> bytes:
        out = io.StringIO()
        out.write("\ufeff")
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        for e in events:
            event = e["event"]
            actor, policy = event["actor"], event["policy"] or {}
            cells = [
                e["index"], e["position"], event["recorded_at"], event["occurred_at"],
                e["stream"], e["version"], event["type"], actor["id"], actor["kind"],
                actor["on_behalf_of"], actor["key_id"], event["channel"],
                event["correlation_id"], event["causation_id"], event["command_id"],
                policy.get("name"), policy.get("version"),
            ]  # fmt: skip
            told = ["" if cell is None else str(cell) for cell in cells]
            guarded = [f"'{cell}" if cell.startswith("=") else cell for cell in told]
            writer.writerow([*guarded, json.dumps(event["data"])])
        return out.getvalue().encode()


def jsonl(lines: Iterable[Any]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def zipped(files: Files, path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    return path


def unzipped(files: Files, folder: Path) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder
