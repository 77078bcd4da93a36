"""Streams of the log: which are tickets, and who follows them under which name."""

from collections.abc import Iterator, Sequence

from domain.privacy.facts import SUBJECTS, SubjectErased
from infra.eventstore.store import Header

PROJECTOR = "projector"
SEARCH = "search"
AUDIT = "audit"


def erased_people(batch: Sequence[Header]) -> list[str]:
    """By `external_id`: those who were erased."""
    return [
        h.stream_id.removeprefix(SUBJECTS)
        for h in batch
        if h.topic == SubjectErased.topic
    ]


def ticket_ids(batch: Sequence[Header]) -> Iterator[str]:
    """Streams of configuration and the like have a `/` in their names."""
    return (h.stream_id for h in batch if "/" not in h.stream_id)
