"""A merge is undone: each of the two tickets has its own promises again.

What was answered while they were one stays answered; what still runs continues in the
ticket that promised it, as if there had been no merge.
"""

from domain.calendar.span import Span, ended
from domain.copies import replace
from domain.lifecycle.facts import TicketSeparated, TicketUnmerged
from domain.sla.clock import Clock
from domain.sla.judging import align
from domain.sla.matching import cancel, take_terms
from domain.sla.ports import AbsorbedTicket
from domain.sla.situation import Situation
from domain.sla.starting import restore


def unmerge_clocks(situation: Situation) -> None:
    """In either ticket, if a merge was undone."""
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
            restore(situation, clock, fact.replies)


def _give_back(situation: Situation, gone: AbsorbedTicket) -> None:
    """Clocks of the other ticket are removed; where this one's own clock took the
    other's terms, it gets its own back.
    """
    for clock in situation.draft.ticket.clocks:
        if not clock.live or clock.taken_from != gone.ticket_id:
            continue
        if clock.own is None:
            reason = f"ticket {gone.ticket_id} was unmerged"
            cancel(situation, clock, reason, "merged")
            continue
        own = replace(clock.own, pauses=_pauses(clock.own, clock, gone))
        take_terms(situation, clock, own, None)
        now = next(c for c in situation.draft.ticket.clocks if c.key == clock.key)
        align(situation, now)


def _pauses(own: Clock, clock: Clock, gone: AbsorbedTicket) -> tuple[Span, ...]:
    """Its own up to the merge, then those that it had with the other's terms."""
    since = tuple(
        Span(max(span.start, gone.at), span.end)
        for span in clock.pauses
        if span.end is None or span.end > gone.at
    )
    return (*ended(own.pauses, gone.at), *since)
