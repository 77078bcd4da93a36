"""Domain objects as JSON. Everything that depends on the time says as of when."""

from datetime import datetime, timedelta

from activities.cloudevents import actor_json, plain
from activities.ports import Recorded
from api.tickets.schemas import ClockOut
from domain.configuration.configuration import Configuration
from domain.duration import format_duration
from domain.escalation.run import Run
from domain.event import Json
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.forecast import used
from domain.ticket.ticket import Absorbed, Ticket


def ticket_json(ticket: Ticket, at: datetime, config: Configuration) -> Json:
    return {
        "id": ticket.id,
        "number": ticket.number,
        "version": ticket.version,
        "status": ticket.status,
        "subject": ticket.subject,
        "channel": ticket.channel,
        "type": ticket.type,
        "priority": ticket.priority,
        "customer": plain(ticket.customer),
        "team": ticket.team,
        "assignee": ticket.assignee,
        "offer": plain(ticket.queue.offer) if ticket.queue else None,
        "queued_at": ticket.queued_at,
        "tags": list(ticket.tags),
        "product_area": ticket.product_area,
        "attributes": ticket.attributes,
        "pause": plain(ticket.pause),
        "acknowledged_by": ticket.acknowledged_by,
        "watchers": list(ticket.watchers),
        "clocks": clocks_json(ticket, at, config),
        "decision": plain(ticket.decision),
        "escalation": _run_json(ticket.runs[-1]) if ticket.runs else None,
        "approvals": plain(ticket.approvals),
        "merged_into": ticket.merged_into,
        "absorbed": [_absorbed_json(absorbed) for absorbed in ticket.absorbed],
        "message_count": ticket.message_count,
        "feedback_count": ticket.feedback_count,
        "reopen_count": ticket.reopen_count,
        "created_at": ticket.opened_at,
        "updated_at": ticket.updated_at,
        "resolved_at": ticket.resolved_at,
        "closed_at": ticket.closed_at,
    }


def clocks_json(ticket: Ticket, at: datetime, config: Configuration) -> list[Json]:
    """Those that ran, and after them those that wait for their start."""
    begun = {clock.metric for clock in ticket.clocks}
    waiting = () if ticket.finished else ticket.promises
    return [
        *(_clock_json(clock, at, config) for clock in ticket.clocks),
        *(_waiting_json(p) for p in waiting if p.metric not in begun),
    ]


def _waiting_json(promise: Promise) -> Json:
    return {
        **dict.fromkeys(ClockOut.model_fields),
        "metric": promise.metric,
        "cycle": 1,
        "policy": plain(promise.policy),
        "rule": promise.rule,
        "calendar": plain(promise.calendar),
        "state": "waiting",
        "target": format_duration(promise.target),
        "elapsed": "PT0S",
        "remaining": format_duration(promise.target),
        "pauses": [],
        "warnings": [],
    }


def _clock_json(clock: Clock, at: datetime, config: Configuration) -> Json:
    ref = clock.calendar
    calendar = config.calendar(ref.name, ref.version) if ref else None
    elapsed = used(clock, max(at, clock.started_at), calendar)
    left = clock.target - elapsed
    broken = left < timedelta(0)
    return {
        "metric": clock.metric,
        "cycle": clock.cycle,
        "policy": plain(clock.policy),
        "rule": clock.rule,
        "calendar": plain(ref),
        "team": clock.team,
        "state": clock.state,
        "target": format_duration(clock.target),
        "elapsed": format_duration(elapsed),
        "remaining": format_duration(left),
        "started_at": clock.started_at,
        "pauses": plain(clock.pauses),
        "pause_ends_at": clock.resumes_at,
        "warnings": plain(clock.warnings_left),
        "due_at": clock.due_at,
        "breach_at": clock.breach_at,
        "breached_at": clock.breached_at,
        "stopped_at": clock.stopped_at,
        "verdict": clock.state if clock.state in ("met", "missed") else None,
        "lateness": format_duration(-left) if broken else None,
        "excused": plain(clock.excuse),
    }


def _run_json(run: Run) -> Json:
    going, waits = not run.over, run.state in ("running", "waiting")
    return {
        "clock": run.clock,
        "policy": plain(run.policy),
        "state": run.state,
        "steps_fired": run.fired,
        "next_step": run.step if going else None,
        "next_step_at": run.next_due_at if waits else None,
        "acknowledged_by": run.acknowledged_by,
        "until": run.until,
        "reason": run.reason,
    }


def _absorbed_json(absorbed: Absorbed) -> Json:
    return {
        "ticket_id": absorbed.ticket_id,
        "number": absorbed.number,
        "at": absorbed.at,
        "messages": absorbed.messages,
    }


def event_json(recorded: Recorded) -> Json:
    event, meta = recorded.event, recorded.event.meta
    return {
        "position": recorded.position,
        "version": event.originator_version,
        "type": event.fact.topic,
        "actor": actor_json(meta),
        "occurred_at": event.timestamp,
        "claimed_at": meta.occurred_at,
        "recorded_at": recorded.recorded_at,
        "command_id": meta.command_id,
        "correlation_id": meta.correlation_id,
        "causation_id": meta.causation_id,
        "channel": meta.channel,
        "policy": plain(meta.policy),
        "data": plain(event.fact),
    }
