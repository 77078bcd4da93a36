"""One draft simulated on past tickets, page by page.

It holds only which page is next: the draft, the tickets and the results are in the
database. A page may be done twice; the second result replaces the first.
"""

from dataclasses import replace
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import (
        SimulatePageInput,
        SimulatePageResult,
        SimulationState,
    )

PAGE_TIMEOUT = timedelta(minutes=10)
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""A worker without a heartbeat for this long is dead, and the page begins again."""
FOR_EVER = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
)


def simulation_workflow_id(simulation_id: str) -> str:
    return f"simulation:{simulation_id}"


@workflow.defn(name="Simulation")
class SimulationWorkflow:
    @workflow.init
    def __init__(self, state: SimulationState) -> None:
        self.state = state

    @workflow.query
    def progress(self) -> SimulationState:
        return self.state

    @workflow.run
    async def run(self, state: SimulationState) -> None:  # noqa: ARG002 - by __init__
        for _ in range(self.state.pages_a_run):
            if self.state.next_page is None:
                return
            self.state = await self._page(self.state.next_page)
        if self.state.next_page is not None:
            workflow.continue_as_new(self.state)

    async def _page(self, page: int) -> SimulationState:
        result: SimulatePageResult = await workflow.execute_activity(
            "simulate_page",
            SimulatePageInput(self.state.simulation_id, page),
            result_type=SimulatePageResult,
            start_to_close_timeout=PAGE_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=FOR_EVER,
        )
        return replace(
            self.state,
            next_page=result.next_page,
            done=result.done,
            total=result.total,
        )
