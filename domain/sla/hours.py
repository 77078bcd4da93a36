"""The hours and the lead times by which a ticket's clock is forecast."""

from domain.sla.clock import Clock
from domain.sla.forecast import Hours
from domain.sla.policy import SlaPolicy
from domain.sla.ports import SlaTicket, SlaWorld


def hours_of(
    ticket: SlaTicket, clock: Clock, policy: SlaPolicy, world: SlaWorld
) -> Hours:
    """For a clock that continues as it was promised."""
    return Hours(
        calendar=world.calendar(clock.calendar),
        quiet=policy.quiet,
        early=ticket.lead_times(policy.escalation_policy) or (),
    )


def promised_hours(
    ticket: SlaTicket, clock: Clock, policy: SlaPolicy, world: SlaWorld
) -> Hours:
    """For a clock that is promised now: an escalation policy that the ticket does not
    keep yet is pinned with it.
    """
    name = policy.escalation_policy
    pinned = ticket.lead_times(name)
    return Hours(
        calendar=world.calendar(clock.calendar),
        quiet=policy.quiet,
        early=world.lead_times(name) if pinned is None else pinned,
    )
