"""Promises follow the ticket: after everything that happens, each clock is asked what
its conditions make of it.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.escalation.facts import EscalationReassigned
from domain.lifecycle.facts import (
    TicketAbsorbed,
    TicketAssigned,
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
)
from domain.sla.clock import Clock
from domain.ticket.draft import Draft, Mark
from domain.ticket.escalation_runs import Escalating
from domain.ticket.moment import Moment
from domain.ticket.sla_judging import Settling
from domain.ticket.sla_matching import Edited
from domain.ticket.sla_situation import Occasion
from domain.ticket.sla_starting import Beginning
from domain.ticket.unmerge import come_apart
from domain.ticket.world import World

MATCHED_ANEW = (
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
    TicketAssigned,
    EscalationReassigned,
)


def follow(draft: Draft, since: Mark, at: datetime, world: World) -> None:
    """What the SLA rules make of what happened since the mark."""
    facts = draft.since(since)
    if not facts:
        return
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    occasion = Occasion(draft, moment, at, world)
    settling = Settling(occasion)
    settling.settle()
    come_apart(occasion)
    if moment.happened(*MATCHED_ANEW):
        occasion.rematching().run()
        settling.realign()
    Beginning(occasion).begin()
    Escalating(draft=draft, at=at, world=world).follow(moment)


def restate_edited(draft: Draft, at: datetime, world: World, edited: Edited) -> None:
    """Policies or calendars were edited, and this ticket shall follow them."""
    moment = Moment(before=draft.ticket, ticket=draft.ticket, facts=())
    occasion = Occasion(draft, moment, at, world)
    occasion.rematching(edited).run()
    Settling(occasion).realign()
    Beginning(occasion).begin()


def take_over(
    draft: Draft, since: Mark, clocks: Iterable[Clock], at: datetime, world: World
) -> None:
    """The running clocks of a ticket that was merged into this one."""
    facts = draft.since(since)
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    beginning = Beginning(Occasion(draft, moment, at, world))
    came = next(f.absorbed for f in facts if isinstance(f, TicketAbsorbed))
    for clock in clocks:
        beginning.take_over(clock, came)
