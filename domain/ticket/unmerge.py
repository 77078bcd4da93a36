"""A merge is undone: each of the two tickets has its own promises again.

What was answered while they were one stays answered; what still runs goes on in the
ticket that promised it, as if there had been no merge.
"""

from domain.calendar.span import Span, ended
from domain.copies import replace
from domain.lifecycle.facts import TicketSeparated, TicketUnmerged
from domain.sla.clock import Clock
from domain.ticket.sla_judging import Judging
from domain.ticket.sla_matching import cancel
from domain.ticket.sla_situation import Situation
from domain.ticket.sla_starting import ClockStarter
from domain.ticket.ticket import Absorbed


def come_apart(situation: Situation) -> None:
    """On either side, if that is what happened."""
    before = situation.moment.before
    for fact in situation.moment.facts:
        match fact:
            case TicketUnmerged() if before is not None:
                _restore(situation, fact)
            case TicketSeparated() if before is not None:
                for gone in before.absorbed:
                    if gone.ticket_id == fact.separated:
                        _give_back(situation, gone)
            case _:
                pass


def _restore(situation: Situation, fact: TicketUnmerged) -> None:
    before = situation.moment.before
    assert before is not None, "what is undone was there"
    merged = before.merged
    for clock in situation.draft.ticket.clocks:
        by_merge = clock.cancelled_by == "merged" and not clock.live
        if merged and by_merge and clock.stopped_at == merged.at:
            ClockStarter(situation).restore(clock, fact.replies)


def _give_back(situation: Situation, gone: Absorbed) -> None:
    """Clocks of the other go; where this one's own took the other's terms, it has its
    own again.
    """
    for clock in situation.draft.ticket.clocks:
        if not clock.live or clock.taken_from != gone.ticket_id:
            continue
        by = situation.matching()
        if clock.own is None:
            cancel(by, clock, f"ticket {gone.ticket_id} is on its own again", "merged")
            continue
        own = replace(clock.own, pauses=_pauses(clock.own, clock, gone))
        by.take_terms(clock, own, None)
        Judging(situation).align(
            next(c for c in situation.draft.ticket.clocks if c.key == clock.key)
        )


def _pauses(own: Clock, clock: Clock, gone: Absorbed) -> tuple[Span, ...]:
    """Its own up to the merge, then those that it had with the other's terms."""
    since = tuple(
        Span(max(span.start, gone.at), span.end)
        for span in clock.pauses
        if span.end is None or span.end > gone.at
    )
    return (*ended(own.pauses, gone.at), *since)
