"""The kinds of documents, and where one names another."""

from typing import Literal, TypeAlias

Kind = Literal[
    "calendars",
    "sla-policies",
    "escalation-policies",
    "schedules",
    "authorities",
    "teams",
    "agents",
    "macros",
]
Reference: TypeAlias = tuple[str, Kind, str]
"""Pointer, kind, name."""
