"""Every fact that may be stored, by the topic under which it is stored.

An allow-list: a row with any other topic is refused, never imported. A topic is for
ever; a fact that is no longer written stays in its family so that old histories load.
"""

from typing import get_args

from domain.access import AccessFact
from domain.assignment.facts import AssignmentFact
from domain.audit.facts import AuditFact
from domain.authority.facts import ApprovalFact, DelegationFact
from domain.configuration.facts import ConfigurationFact
from domain.escalation.facts import EscalationFact
from domain.event import Fact
from domain.lifecycle.facts import LifecycleFact
from domain.notification.facts import NotificationFact
from domain.notification.test_message import AgentNotificationTested
from domain.oncall.calendar_url import CalendarUrlFact
from domain.oncall.facts import OnCallFact
from domain.privacy.facts import PrivacyFact
from domain.sla.facts import SlaFact
from domain.subscription.subscription import SubscriptionFact
from domain.ticket.restatement import RestatementOrdered

FAMILIES = (
    LifecycleFact,
    SlaFact,
    EscalationFact,
    AssignmentFact,
    ApprovalFact,
    DelegationFact,
    ConfigurationFact,
    OnCallFact,
    CalendarUrlFact,
    AccessFact,
    SubscriptionFact,
    NotificationFact,
    AuditFact,
    PrivacyFact,
)
ALONE = (RestatementOrdered, AgentNotificationTested)
FACTS: dict[str, type[Fact]] = {
    fact.topic: fact
    for fact in (*(f for family in FAMILIES for f in get_args(family)), *ALONE)
}
