"""A simulation's workflow: page by page, on from where it stood, and over when the job
is.
"""

import asyncio

import pytest
from temporalio import activity

from activities.contracts import SimulatePageInput, SimulatePageResult, SimulationState
from infra.processes import simulation_worker
from infra.temporal.client import TimerBackend
from tests.workflows.conftest import chains, replay_all
from workflows.simulation import SimulationWorkflow, simulation_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Pages:
    """Answers for page after page, as told; and waits where told."""

    def __init__(self, total):
        self.total, self.asked = total, []
        self.wait_at, self.let_go = None, asyncio.Event()
        self.waiting = asyncio.Event()

    @activity.defn(name="simulate_page")
    async def simulate_page(self, wanted: SimulatePageInput) -> SimulatePageResult:
        self.asked.append(wanted.page)
        if wanted.page == self.wait_at:
            self.waiting.set()
            await self.let_go.wait()
        following = wanted.page + 1 if wanted.page + 1 < self.total else None
        return SimulatePageResult(following, wanted.page + 1, self.total)


async def started(environment, queue):
    backend = TimerBackend(environment.client, simulations=queue)
    await backend.simulate(queue)
    return environment.client.get_workflow_handle(simulation_workflow_id(queue))


async def finished(environment, queue, pages, handle, during=None):
    """The first run."""
    run_id = (await handle.describe()).run_id
    async with simulation_worker(environment.client, queue, pages.simulate_page):
        if during is not None:
            await during(handle)
        await handle.result()
    return handle.id, run_id


async def test_page_after_page_until_none_is_left(environment, queue):
    pages = Pages(3)
    handle = await started(environment, queue)
    await finished(environment, queue, pages, handle)
    assert pages.asked == [0, 1, 2]


async def test_a_long_simulation_goes_on_in_the_next_run(environment, queue, request):
    pages, state = Pages(5), SimulationState(queue, pages_a_run=2)
    handle = await environment.client.start_workflow(
        SimulationWorkflow.run, state, id=queue, task_queue=queue
    )
    first = await finished(environment, queue, pages, handle)
    assert pages.asked == [0, 1, 2, 3, 4]
    assert len(await chains(environment.client, {first})) == 3
    await replay_all(environment.client, {first}, request.node.name)


async def test_how_far_it_is_can_be_asked_for(environment, queue):
    pages = Pages(2)
    pages.wait_at = 1

    async def during(handle):
        await pages.waiting.wait()
        state = await handle.query(SimulationWorkflow.progress)
        assert (state.next_page, state.done, state.total) == (1, 1, 2)
        pages.let_go.set()

    handle = await started(environment, queue)
    await finished(environment, queue, pages, handle, during)


async def test_to_ask_for_it_again_does_not_begin_it_again(environment, queue):
    pages = Pages(2)
    pages.wait_at = 0

    async def during(_):
        await pages.waiting.wait()
        await started(environment, queue)
        pages.let_go.set()

    handle = await started(environment, queue)
    await finished(environment, queue, pages, handle, during)
    assert pages.asked == [0, 1]
