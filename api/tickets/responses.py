"""Domain objects as JSON. Everything that depends on the time says as of when."""

from datetime import datetime, timedelta

from activities.cloudevents import as_json
from activities.ports import Recorded
from api.http.model_fields import aliases
from api.http.reader import as_seen, mask
from api.tickets.schemas import (
    ClockOut,
    EventActorOut,
    EventOut,
    OfferOut,
    PolicyOut,
    RunOut,
    TicketOut,
)
from domain.configuration.configuration import Configuration
from domain.duration import format_duration
from domain.escalation.run import Run
from domain.event import Json
from domain.sla.clock import Clock
from domain.sla.decision import Promise
from domain.sla.forecast import used
from domain.ticket.ticket import Ticket

_NO_CLOCK: Json = dict.fromkeys(aliases(ClockOut))


def ticket_json(
    ticket: Ticket,
    at: datetime,
    config: Configuration,
    form: type[TicketOut] = TicketOut,
    **made: object,
) -> Json:
    ticket = as_seen(ticket)
    offer = ticket.queue.offer if ticket.queue else None
    return form.of(
        ticket,
        offer=OfferOut.of(offer) if offer else None,
        clocks=clocks_json(ticket, at, config),
        escalation=_run_json(ticket.runs[-1]) if ticket.runs else None,
        **made,
    )


def clocks_json(ticket: Ticket, at: datetime, config: Configuration) -> list[Json]:
    """Those that ran, and after them those that wait for their start."""
    begun = {clock.metric for clock in ticket.clocks}
    waiting = () if ticket.finished else ticket.promises
    return [
        *(_clock_json(clock, at, config) for clock in ticket.clocks),
        *(_waiting_json(p) for p in waiting if p.metric not in begun),
    ]


def _waiting_json(promise: Promise) -> Json:
    calendar = promise.calendar
    return {
        **_NO_CLOCK,
        "metric": promise.metric,
        "cycle": 1,
        "policy": PolicyOut.of(promise.policy),
        "rule": promise.rule,
        "calendar": PolicyOut.of(calendar) if calendar else None,
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
    return ClockOut.of(
        clock,
        elapsed=format_duration(elapsed),
        remaining=format_duration(left),
        verdict=clock.state if clock.state in ("met", "missed") else None,
        lateness=format_duration(-left) if broken else None,
    )


def _run_json(run: Run) -> Json:
    going, waits = not run.over, run.state in ("running", "waiting")
    return RunOut.of(
        run,
        next_step=run.step if going else None,
        next_step_at=run.next_due_at if waits else None,
    )


def event_json(recorded: Recorded) -> Json:
    event, meta = recorded.event, recorded.event.meta
    return EventOut.of(
        meta,
        position=recorded.position,
        version=event.originator_version,
        type=event.fact.topic,
        actor=EventActorOut.of(meta.actor, key_id=meta.key_id),
        occurred_at=event.timestamp,
        claimed_at=meta.occurred_at,
        recorded_at=recorded.recorded_at,
        data=mask(type(event.fact), as_json(event.fact)),
    )
