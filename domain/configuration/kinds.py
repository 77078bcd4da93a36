"""The kinds of configuration."""

from domain.documents.kinds import Kind

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
