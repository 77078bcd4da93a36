"""The kinds of documents of configuration, and where one names another."""

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

SINGULAR: dict[Kind, str] = {
    "calendars": "calendar",
    "sla-policies": "SLA policy",
    "escalation-policies": "escalation policy",
    "schedules": "schedule",
    "authorities": "authority",
    "teams": "team",
    "agents": "agent",
    "macros": "macro",
}


ORDER: tuple[Kind, ...] = (
    "calendars",
    "authorities",
    "agents",
    "schedules",
    "teams",
    "macros",
    "escalation-policies",
    "sla-policies",
)
"""In which each names only what came before."""
