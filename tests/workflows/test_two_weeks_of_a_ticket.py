"""Two weeks of one ticket in seconds: pauses, a change, two breaches, a climb, a new
holder, an end, and an end that was none; each event at its exact instant.
"""

import pytest

from domain.escalation.facts import EscalationReassigned
from domain.ticket.decide import Assign, Change, PauseTicket, Reopen, Resolve
from tests.support.dsl import ANSWER, world

pytestmark = pytest.mark.asyncio(loop_scope="session")
POLICY = {
    "match": [
        {
            "when": {"priority": "high"},
            "targets": {"first_response": "4h", "resolution": "P5D"},
        },
        {"targets": {"first_response": "4h", "resolution": "P10D"}},
    ],
    "warn_at": ["80%"],
    "escalation_policy": "climb",
}
LADDER = {
    "steps": [
        {"after": "0s", "targets": [{"assignee": True}]},
        {"after": "2h", "reassign": {"team": "second"}},
    ]
}


async def test_two_weeks_of_a_ticket(floor):
    await floor.open(world({"care": POLICY}, {"climb": LADDER}))
    await floor.do("0s", Assign(agent="ann"))
    await floor.until("7h")
    await floor.do("8h", ANSWER)
    await floor.do("1d", PauseTicket(reason="r", until=floor.instant("3d")))
    await floor.until("4d")
    await floor.do("4d", Change(priority="high"))
    await floor.until("P7DT3H")
    await floor.do("8d", Resolve())
    await floor.handle.result()
    await floor.do("9d", Reopen(reason="r"))
    await floor.until("P13DT1H")
    await floor.do("P13DT2H", Resolve())
    await floor.handle.result()

    assert floor.told("sla", "escalation", "ticket") == [
        "PT0S ticket.opened",
        "PT0S sla.matched",
        "PT0S escalation.pinned",
        "PT0S sla.attached",
        "PT0S sla.attached",
        "PT0S ticket.assigned",
        "PT3H12M sla.warned",
        "PT4H sla.breached",
        "PT4H escalation.started",
        "PT4H escalation.step_fired",
        "PT6H escalation.step_fired",
        "PT6H escalation.reassigned",
        "PT6H escalation.exhausted",
        "PT8H ticket.message_added",
        "PT8H sla.missed",
        "PT8H escalation.ended",
        "P1D ticket.paused",
        "P1D sla.paused",
        "P3D ticket.resumed",
        "P3D sla.resumed",
        "P4D ticket.priority_changed",
        "P4D sla.matched",
        "P4D sla.restated",
        "P6D sla.warned",
        "P7D sla.breached",
        "P7D escalation.started",
        "P7D escalation.step_fired",
        "P7DT2H escalation.step_fired",
        "P7DT2H escalation.reassigned",
        "P7DT2H escalation.exhausted",
        "P8D ticket.resolved",
        "P8D sla.missed",
        "P8D escalation.ended",
        "P9D ticket.reopened",
        "P9D sla.attached",
        "P13D sla.warned",
        "P13DT2H ticket.resolved",
        "P13DT2H sla.met",
    ]
    moved = [
        (e.fact.from_agent, e.fact.to_agent)
        for e in floor.log.streams[floor.queue]
        if isinstance(e.fact, EscalationReassigned)
    ]
    assert moved == [("ann", "bo"), ("bo", "chen")]
