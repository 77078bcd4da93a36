"""The output of `pledge status`."""

from collections.abc import Iterator
from typing import Any


def status_lines(answer: dict[str, Any]) -> Iterator[str]:
    """For people: one line per part, then what is not set up."""
    for name, part in answer["parts"].items():
        yield f"{name:10} {part['detail'] or 'ok'}{_figures(part)}".rstrip()
    for note in answer["notes"]:
        yield f"note: {note}"


def _figures(part: dict[str, Any]) -> str:
    said = []
    if part["heartbeat_s"] is not None and part["state"] == "ok":
        said.append(f"last heartbeat {part['heartbeat_s']:g} s ago")
    if (part["instances"] or 1) > 1:
        said.append(f"{part['instances']} processes")
    if part["free_bytes"] is not None and part["state"] == "ok":
        said.append(f"{part['free_bytes'] / 2**30:.1f} GiB free")
    return f"  ({', '.join(said)})" if said else ""
