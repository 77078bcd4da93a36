"""A ticket's workflow is a clock: it fires on time, whatever it is told how often."""

import asyncio
from datetime import timedelta
from itertools import pairwise

import pytest
from temporalio import activity
from temporalio.client import WorkflowContinuedAsNewError, WorkflowExecutionStatus

from activities.contracts import EnforceInput, TicketPlan
from activities.enforcement import contract
from domain.escalation.commands import Acknowledge
from domain.sla.facts import SlaBreached
from domain.ticket.decide import Change, Resolve
from domain.ticket.enforce import EPOCH
from infra.processes import ticket_worker
from tests.support.dsl import NOTE, promising, world
from tests.workflows.conftest import replay_all
from tests.workflows.floor import SECONDS, Floor
from workflows.ticket import LONGEST_HISTORY

pytestmark = pytest.mark.asyncio(loop_scope="session")
BY_PRIORITY = {
    "match": [
        {"when": {"priority": "low"}, "targets": {"resolution": "24h"}},
        {"targets": {"resolution": "1h"}},
    ]
}
HOUR = promising({"resolution": "1h"})
TIMER = "timer_started_event_attributes"
CANCELED = "timer_canceled_event_attributes"
SCHEDULED = "activity_task_scheduled_event_attributes"


def plan(floor, version, due=None, *, done=False):
    due_ms = due and (floor.instant(due) - EPOCH) // timedelta(milliseconds=1)
    return TicketPlan(floor.queue, version, due_ms, done)


async def test_a_breach_is_recorded_at_its_instant(floor):
    await floor.open(HOUR)
    await floor.until("2h")
    assert floor.told("sla")[1:] == ["PT0S sla.attached", "PT1H sla.breached"]


async def test_after_a_breach_it_waits_for_what_is_next_and_asks_no_more(floor):
    await floor.open(HOUR)
    await floor.until("2h")
    await floor.environment.fast_forward(floor.handle, timedelta(hours=5))
    assert (await floor.history()).count(SCHEDULED) == 1


async def test_what_is_overdue_when_it_starts_is_done_at_once(floor):
    floor.opened_at -= timedelta(hours=2)
    await floor.open(HOUR)
    await floor.settled(lambda ticket: ticket.clocks[0].breached_at)
    assert floor.told("sla")[-1] == "PT1H sla.breached"


async def test_a_deadline_that_moves_later_keeps_its_timer(floor):
    await floor.open(world({"care": BY_PRIORITY}))
    await floor.until("10m")
    await floor.do("10m", Change(priority="low"))
    await floor.until("30m")
    history = await floor.history()
    assert (history.count(TIMER), history.count(CANCELED)) == (1, 0)


async def test_the_kept_timer_enforces_nothing_and_waits_on(floor):
    await floor.open(world({"care": BY_PRIORITY}))
    await floor.until("10m")
    await floor.do("10m", Change(priority="low"))
    await floor.until("23h")
    assert (await floor.history()).count(SCHEDULED) == 0
    await floor.until("25h")
    assert floor.told("sla")[-1] == "P1D sla.breached"


async def test_a_deadline_that_moves_earlier_fires_earlier(floor):
    await floor.open(world({"care": BY_PRIORITY}), priority="low")
    await floor.until("10m")
    await floor.do("10m", Change(priority="normal"))
    await floor.until("2h")
    assert floor.told("sla")[-1] == "PT1H sla.breached"


async def test_the_same_plan_again_changes_nothing(floor):
    await floor.open(HOUR)
    for _ in range(5):
        await floor.push(contract(floor.ticket))
    await floor.until("2h")
    assert len([t for t in floor.told("sla") if "breached" in t]) == 1


async def test_a_plan_that_arrives_after_a_newer_one_is_ignored(floor):
    await floor.open(HOUR)
    await floor.push(plan(floor, 9, "5h"))
    await floor.push(plan(floor, 8, "1m"))
    await floor.environment.fast_forward(floor.handle, timedelta(hours=3))
    assert (await floor.history()).count(SCHEDULED) == 0


async def test_it_ends_when_the_ticket_does(floor):
    await floor.open(HOUR)
    await floor.do("1m", Resolve())
    await floor.handle.result()
    assert floor.told("sla")[-1] == "PT1M sla.met"


async def test_a_late_plan_of_a_finished_ticket_ends_at_once(floor):
    await floor.open(HOUR)
    await floor.do("1m", Resolve())
    await floor.handle.result()
    await floor.push(contract(floor.ticket))
    await floor.handle.result()
    assert (await floor.history()).count(SCHEDULED) == 0


async def test_a_stale_plan_of_a_finished_ticket_breaks_nothing(floor):
    await floor.open(HOUR)
    stale = plan(floor, 2, "PT0S")
    await floor.do("1m", Resolve())
    await floor.handle.result()
    await floor.push(stale)
    await floor.handle.result()
    assert floor.told("sla")[-1] == "PT1M sla.met"


async def test_a_storm_of_plans_continues_as_new_and_keeps_the_newest(floor):
    await floor.open(HOUR)
    first = (await floor.handle.describe()).run_id
    await floor.push(plan(floor, 500, "5h"))
    ignored = plan(floor, 400, "1m")
    for _ in range(LONGEST_HISTORY // 100 + 1):
        await asyncio.gather(*(floor.backend.push(ignored) for _ in range(100)))
    # Temporal takes a continue-as-new only when no signal came in between: the storm
    # has an end, however slow the worker is.
    run = floor.environment.client.get_workflow_handle(floor.handle.id, run_id=first)
    async with asyncio.timeout(SECONDS):
        with pytest.raises(WorkflowContinuedAsNewError):
            await run.result(follow_runs=False)
    await floor.environment.fast_forward(floor.handle, timedelta(hours=3))
    started = (await floor.handle.fetch_history()).events[0]
    given = started.workflow_execution_started_event_attributes.input.payloads[0]
    assert b'"version":500' in given.data.replace(b" ", b"")
    assert (await floor.history()).count(SCHEDULED) == 0


async def test_a_store_that_is_away_is_asked_again_until_it_is_back(floor):
    await floor.open(HOUR)
    floor.log.fail = 4
    await floor.until("2h")
    assert floor.log.fail == 0
    assert floor.told("sla")[-1] == "PT1H sla.breached"


async def test_what_somebody_else_enforced_is_not_done_again(floor):
    await floor.open(HOUR)
    await floor.enforcement.enforce_many([floor.queue], floor.instant("2h"))
    await floor.until("2h")
    assert (await floor.history()).count(SCHEDULED) == 1
    assert len([t for t in floor.told("sla") if "breached" in t]) == 1


async def test_commands_between_do_not_disturb_it(floor):
    await floor.open(HOUR)
    for at in ("10m", "20m", "30m"):
        await floor.do(at, NOTE, Acknowledge(by="bo"))
    await floor.until("2h")
    breaches = [
        e for e in floor.log.streams[floor.queue] if isinstance(e.fact, SlaBreached)
    ]
    assert [e.timestamp for e in breaches] == [floor.instant("1h")]


class Stuck:
    """An enforcement with a bug: whatever it does, the same is due next."""

    def __init__(self) -> None:
        self.asked: list[EnforceInput] = []

    @activity.defn(name="enforce")
    async def enforce(self, due: EnforceInput) -> TicketPlan:
        self.asked.append(due)
        return TicketPlan(due.ticket_id, 1, 1, done=False)


@pytest.fixture
def stuck():
    return Stuck()


async def test_when_nothing_comes_of_it_it_asks_ever_more_rarely(
    environment, queue, stuck
):
    floor = Floor(environment, queue)
    async with ticket_worker(environment.client, queue, stuck.enforce):
        await floor.push(TicketPlan(queue, 1, 1, done=False))
        await environment.fast_forward(floor.handle, timedelta(minutes=3))
        await floor.push(TicketPlan(queue, 2, None, done=True))
        await floor.handle.result()
    times = [given.as_of_ms // 1000 for given in stuck.asked]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    for gap, planned in zip(gaps, [2, 4, 8, 16, 32, 64], strict=False):
        assert planned <= gap <= planned + 2
    assert len(gaps) >= 6
    await replay_all(environment.client, floor.runs, "stuck")


async def test_a_newer_plan_ends_the_stall(environment, queue, stuck):
    floor = Floor(environment, queue)
    async with ticket_worker(environment.client, queue, stuck.enforce):
        await floor.push(TicketPlan(queue, 1, 1, done=False))
        await floor.push(TicketPlan(queue, 2, None, done=True))
        await floor.handle.result()
    status = (await floor.handle.describe()).status
    assert status is WorkflowExecutionStatus.COMPLETED
