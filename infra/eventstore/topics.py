"""Every fact that may be stored, by the topic under which it is stored.

An allow-list: a row with any other topic is refused, never imported. A topic is for
ever; a fact that is no longer written stays here so that old histories load.
"""

from domain.access import KeyCreated, KeyRevoked
from domain.config import PolicyPublished, PolicyRetired
from domain.escalation.facts import (
    EscalationEnded,
    EscalationExhausted,
    EscalationNotified,
    EscalationNotReassigned,
    EscalationPinned,
    EscalationReassigned,
    EscalationStarted,
    EscalationStepFired,
    EscalationStepSkipped,
)
from domain.event import Fact
from domain.sla.facts import (
    SlaAttached,
    SlaBreached,
    SlaCancelled,
    SlaMet,
    SlaMissed,
    SlaNotMatched,
    SlaRestated,
    SlaWarned,
)
from domain.subscription import SubscriptionCreated, SubscriptionDeleted
from domain.ticket.facts import (
    FeedbackCaptured,
    TicketAcknowledged,
    TicketAssigned,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
)

FACTS: dict[str, type[Fact]] = {
    fact.topic: fact
    for fact in (
        TicketOpened,
        TicketMessageAdded,
        TicketAssigned,
        TicketAcknowledged,
        TicketPaused,
        TicketResumed,
        TicketPriorityChanged,
        TicketTierChanged,
        TicketUpdated,
        TicketResolved,
        TicketClosed,
        TicketReopened,
        FeedbackCaptured,
        SlaAttached,
        SlaNotMatched,
        SlaWarned,
        SlaBreached,
        SlaMet,
        SlaMissed,
        SlaRestated,
        SlaCancelled,
        EscalationPinned,
        EscalationStarted,
        EscalationStepFired,
        EscalationStepSkipped,
        EscalationNotified,
        EscalationReassigned,
        EscalationNotReassigned,
        EscalationExhausted,
        EscalationEnded,
        PolicyPublished,
        PolicyRetired,
        KeyCreated,
        KeyRevoked,
        SubscriptionCreated,
        SubscriptionDeleted,
    )
}
