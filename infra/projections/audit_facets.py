"""What an event can be found by in the audit log, as numbers.

A facet is hashed to 64 bits: short in the index, and no name of a person is in it. Two
facets with the same number are possible, so who reads looks at the event again.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from api.ports import AuditFilter
from domain.event import Meta


@dataclass(frozen=True)
class _Envelope:
    meta: Meta


_ENVELOPE = msgspec.json.Decoder(_Envelope)


def meta_of(state: bytes) -> Meta | None:
    """Of a stored event, also of one whose fact this release cannot read; None if
    nothing of it can be read.
    """
    try:
        return _ENVELOPE.decode(state).meta
    except msgspec.MsgspecError:
        return None


def actors(meta: Meta) -> Iterator[str]:
    """Who did it, in whose name, and by which key."""
    found = (meta.actor.id, meta.actor.on_behalf_of, meta.key_id)
    yield from dict.fromkeys(name for name in found if name)


def objects(stream_id: str, meta: Meta | None) -> Iterator[str]:
    """To what it happened, and whose personal data it holds."""
    yield stream_id
    if meta and meta.data_subject:
        yield f"subjects/{meta.data_subject}"


def facets_of(stream_id: str, topic: str, meta: Meta | None) -> set[int]:
    found = {facet("type", topic)}
    found |= {facet("object", name) for name in objects(stream_id, meta)}
    if meta is None:
        return found
    found.add(facet("correlation", meta.correlation_id))
    for actor in actors(meta):
        found |= {facet("actor", actor), facet("actor", actor, topic)}
    return found


def clauses_of(wanted: AuditFilter) -> list[list[int]]:
    """An event is wanted if it has one facet of each of these."""
    found = []
    if wanted.actor is not None and wanted.topics is not None:
        found.append([facet("actor", wanted.actor, t) for t in sorted(wanted.topics)])
    elif wanted.actor is not None:
        found.append([facet("actor", wanted.actor)])
    elif wanted.topics is not None:
        found.append([facet("type", topic) for topic in sorted(wanted.topics)])
    if wanted.object is not None:
        found.append([facet("object", wanted.object)])
    if wanted.correlation_id is not None:
        found.append([facet("correlation", wanted.correlation_id)])
    return found


def agrees(wanted: AuditFilter, stream_id: str, topic: str, meta: Meta | None) -> bool:
    """What the numbers say, said by the event itself."""
    return (
        (wanted.topics is None or topic in wanted.topics)
        and (wanted.actor is None or bool(meta and wanted.actor in actors(meta)))
        and (wanted.object is None or wanted.object in objects(stream_id, meta))
        and (
            wanted.correlation_id is None
            or bool(meta and meta.correlation_id == wanted.correlation_id)
        )
    )


def facet(*words: str) -> int:
    """Lengths first, so that no two lists of words read the same."""
    text = "".join(f"{len(word)}:{word}" for word in words).encode("utf-8", "replace")
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)
