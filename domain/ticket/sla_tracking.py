"""Promises follow the ticket: after everything that happens, each clock is asked what
its conditions make of it.
"""

from collections.abc import Iterable
from datetime import datetime

from domain.escalation.facts import EscalationReassigned
from domain.lifecycle.facts import (
    TicketAbsorbed,
    TicketOpened,
    TicketPriorityChanged,
    TicketTierChanged,
    TicketUpdated,
)
from domain.people.facts import TicketAssigned
from domain.sla.clock import Clock
from domain.ticket.draft import Draft, Mark
from domain.ticket.escalation_runs import Escalating
from domain.ticket.moment import Moment
from domain.ticket.sla_judging import Judging
from domain.ticket.sla_matching import Edited
from domain.ticket.sla_situation import Situation
from domain.ticket.sla_starting import ClockStarter
from domain.ticket.unmerge import come_apart
from domain.ticket.world import World

MATCHED_AGAIN = (
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
    situation = Situation(draft, moment, at, world)
    judging = Judging(situation)
    judging.settle()
    come_apart(situation)
    if moment.happened(*MATCHED_AGAIN):
        situation.matching().run()
        judging.realign()
    ClockStarter(situation).begin()
    Escalating(draft=draft, at=at, world=world).follow(moment)


def restate_edited(draft: Draft, at: datetime, world: World, edited: Edited) -> None:
    """Policies or calendars were edited, and this ticket shall follow them."""
    moment = Moment(before=draft.ticket, ticket=draft.ticket, facts=())
    situation = Situation(draft, moment, at, world)
    situation.matching(edited).run()
    Judging(situation).realign()
    ClockStarter(situation).begin()


def take_over(
    draft: Draft, since: Mark, clocks: Iterable[Clock], at: datetime, world: World
) -> None:
    """The running clocks of a ticket that was merged into this one."""
    facts = draft.since(since)
    moment = Moment(before=since.ticket, ticket=draft.ticket, facts=facts)
    starting = ClockStarter(Situation(draft, moment, at, world))
    came = next(f.absorbed for f in facts if isinstance(f, TicketAbsorbed))
    for clock in clocks:
        starting.take_over(clock, came)
