"""Streams of the log: which are tickets, and who follows them under which name."""

from collections.abc import Iterator, Sequence

from infra.eventstore.store import Header

PROJECTOR = "projector"
SEARCH = "search"
AUDIT = "audit"


def ticket_ids(batch: Sequence[Header]) -> Iterator[str]:
    """Streams of configuration and the like have a `/` in their names."""
    return (h.stream_id for h in batch if "/" not in h.stream_id)
