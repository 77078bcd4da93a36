"""Promises follow the ticket: after everything that happens, the conditions of each
clock are evaluated.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.lifecycle.facts import (
    TicketAbsorbed,
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
)
from domain.people.facts import TicketAssigned
from domain.sla.clock import Clock
from domain.sla.judging import judge, realign
from domain.sla.matching import cancel, match_again
from domain.sla.moment import Moment
from domain.sla.ports import SlaDraft, SlaWorld
from domain.sla.situation import Edited, Situation
from domain.sla.starting import start_clocks, take_over
from domain.sla.unmerging import unmerge_clocks

MATCHED_AGAIN = (
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
    TicketAssigned,
)


def follow(
    draft: SlaDraft,
    moment: Moment,
    at: datetime,
    world: SlaWorld,
    *,
    reassigned: bool,
) -> None:
    """Applies the SLA rules to the moment. `reassigned`: a rule assigned the ticket to
    somebody, perhaps in another team.
    """
    situation = Situation(draft, moment, at, world)
    judge(situation)
    unmerge_clocks(situation)
    if reassigned or moment.happened(*MATCHED_AGAIN):
        match_again(situation)
        realign(situation)
    start_clocks(situation)


def restate(draft: SlaDraft, at: datetime, world: SlaWorld, edited: Edited) -> None:
    """Policies or calendars were edited, and this ticket is to follow them."""
    moment = Moment(before=draft.ticket, ticket=draft.ticket, facts=())
    situation = Situation(draft, moment, at, world, edited)
    match_again(situation)
    realign(situation)
    start_clocks(situation)


def take_over_clocks(
    draft: SlaDraft,
    moment: Moment,
    clocks: Iterable[Clock],
    at: datetime,
    world: SlaWorld,
) -> None:
    """The running clocks of a ticket that was merged into this one at the moment."""
    situation = Situation(draft, moment, at, world)
    came = next(f for f in moment.facts if isinstance(f, TicketAbsorbed))
    for clock in clocks:
        take_over(situation, clock, came.absorbed)


def cancel_merged(
    draft: SlaDraft, moment: Moment, at: datetime, world: SlaWorld, reason: str
) -> None:
    """The ticket was merged into another at the moment: its promises end."""
    situation = Situation(draft, moment, at, world)
    for clock in draft.ticket.clocks:
        if clock.live:
            cancel(situation, clock, reason, "merged")
