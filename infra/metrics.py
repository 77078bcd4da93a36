"""Every metric, in one place; docs/metrics.md says the same for people.

With PROMETHEUS_MULTIPROC_DIR set (as `pledge up` does) all processes of one
installation share their figures, and the API's /metrics shows them together.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from domain.escalation.facts import EscalationStepFired
from domain.event import Event
from domain.sla.facts import SlaBreached, SlaWarned

FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
LATE = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300)

COMMAND = Histogram(
    "pledge_command_duration_seconds",
    "From request to answer, writes only",
    ["operation", "status"],
    buckets=FAST,
)
APPEND = Histogram(
    "pledge_append_duration_seconds", "One commit of a batch of events", buckets=FAST
)
APPENDED = Counter("pledge_events_appended", "Events written to the log")
LAG = Gauge(
    "pledge_follower_lag_seconds",
    "Age of the oldest event not yet consumed",
    ["follower"],
    multiprocess_mode="livemostrecent",
)
DELAY = Histogram(
    "pledge_enforcement_delay_seconds",
    "From the due instant to its enforcement",
    ["kind"],
    buckets=LATE,
)
SWEPT = Counter("pledge_sweeper_enforced", "Tickets enforced by the sweeper")
REFUSED = Counter("pledge_sweeper_refused", "Tickets that could not be decided")
GAP = Gauge(
    "pledge_schedule_gap_seconds",
    "Time in the next 7 days in which nobody is on call",
    ["schedule"],
    multiprocess_mode="livemostrecent",
)
CONFIG_WARNINGS = Gauge(
    "pledge_config_warnings",
    "Warnings about published configuration",
    ["kind"],
    multiprocess_mode="livemostrecent",
)
UNPROMISED = Gauge(
    "pledge_unpromised_tickets",
    "Open tickets to which no SLA policy applies",
    multiprocess_mode="livemostrecent",
)
DELIVERED = Counter("pledge_deliveries", "Webhook attempts", ["state"])
NOTIFIED = Counter(
    "pledge_notifications", "Attempts to notify people", ["channel", "state"]
)
NOT_NOTIFIED = Counter(
    "pledge_notification_failures",
    "Failed attempts to notify people",
    ["channel", "reason"],
)
CIRCUITS = Gauge(
    "pledge_notification_circuits_open",
    "Destinations not used because of failures",
    ["channel"],
    multiprocess_mode="livemostrecent",
)
SEALING_LAG = Gauge(
    "pledge_sealing_lag_seconds",
    "Age of the oldest event that no published checkpoint covers",
    multiprocess_mode="livemostrecent",
)
SEALER_REFUSES = Gauge(
    "pledge_sealer_refuses",
    "1 while the sealer refuses to sign",
    multiprocess_mode="livemostrecent",
)
WITNESS_AWAY = Gauge(
    "pledge_witness_away",
    "1 while a witness does not cosign",
    ["witness"],
    multiprocess_mode="livemostrecent",
)

HEARTBEAT = Gauge(
    "pledge_heartbeat_age_seconds",
    "Time since the last heartbeat of a part",
    ["part"],
    multiprocess_mode="livemostrecent",
)
DISK_FREE = Gauge(
    "pledge_disk_free_bytes",
    "Free space on the disk of the data directory",
    multiprocess_mode="livemostrecent",
)


def observe_append(seconds: float, events: int) -> None:
    APPEND.observe(seconds)
    APPENDED.inc(events)


def observe_enforced(events: Sequence[Event]) -> None:
    now = datetime.now(UTC)
    for event in events:
        kind = {
            SlaBreached: "breach",
            SlaWarned: "warning",
            EscalationStepFired: "step",
        }.get(type(event.fact))
        if kind is not None:
            delay = (now - event.timestamp).total_seconds()
            DELAY.labels(kind).observe(max(delay, 0.0))


def exposition() -> bytes:
    """The text format, of all processes where they share a directory."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
