"""One ticket's durable timer.

It holds a plan and no rules: wait until the next due instant, call `enforce`, take the
plan that is returned. A newer plan arrives by signal and replaces the old one.
Everything here can be lost and recreated from the log (`pledge rebuild`).
"""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import EnforceInput, TicketPlan

ENFORCE_TIMEOUT = timedelta(seconds=20)
FOR_EVER = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
)
LONGEST_HISTORY = 1_000
"""After this many events it continues as new: a longer history takes seconds to
replay."""
LONGEST_STALL_S = 300


def ticket_workflow_id(ticket_id: str) -> str:
    return f"ticket:{ticket_id}"


@workflow.defn(name="Ticket")
class TicketWorkflow:
    # A signal can be handled before `run` starts, so the state is made here.
    @workflow.init
    def __init__(self, plan: TicketPlan) -> None:
        self.plan = plan
        self.armed_ms: int | None = None
        self.stalls = 0

    @workflow.signal
    def desired(self, plan: TicketPlan) -> None:
        if plan.version > self.plan.version:
            self.plan = plan
            self.stalls = 0

    @workflow.run
    async def run(self, plan: TicketPlan) -> None:  # noqa: ARG002 - taken by __init__
        while not self.plan.done:
            if self._history_is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self.plan)
            due_ms = self.plan.next_due_ms
            if due_ms is not None and due_ms <= self._now_ms():
                await self._enforce(due_ms)
            else:
                await self._wait_until(due_ms)

    async def _enforce(self, due_ms: int) -> None:
        asked = self.plan
        answer: TicketPlan = await workflow.execute_activity(
            "enforce",
            EnforceInput(asked.ticket_id, max(self._now_ms(), due_ms)),
            result_type=TicketPlan,
            start_to_close_timeout=ENFORCE_TIMEOUT,
            retry_policy=FOR_EVER,
        )
        if answer.version >= self.plan.version:
            self.plan = answer
        if self.plan.next_due_ms == due_ms and not self.plan.done:
            await self._stall()
        else:
            self.stalls = 0

    async def _stall(self) -> None:
        """No progress: without a growing pause a bug would loop here."""
        self.stalls += 1
        seconds = min(2**self.stalls, LONGEST_STALL_S)
        version = self.plan.version
        await self._wait(
            lambda: self.plan.version > version or self._history_is_long(), seconds
        )

    async def _wait_until(self, due_ms: int | None) -> None:
        """A plan that is due later keeps the timer and checks again when it fires."""
        self.armed_ms = due_ms
        seconds = None if due_ms is None else (due_ms - self._now_ms()) / 1000
        await self._wait(self._must_wake, seconds)
        self.armed_ms = None

    def _must_wake(self) -> bool:
        if self.plan.done or self._history_is_long():
            return True
        if self.armed_ms is None:
            return self.plan.next_due_ms is not None
        return self.plan.next_due_ms is None or self.plan.next_due_ms < self.armed_ms

    async def _wait(self, condition: Callable[[], bool], seconds: float | None) -> None:
        try:
            await workflow.wait_condition(condition, timeout=seconds)
        except TimeoutError:
            return

    def _now_ms(self) -> int:
        return int(workflow.time() * 1000)

    def _history_is_long(self) -> bool:
        info = workflow.info()
        return (
            info.is_continue_as_new_suggested()
            or info.get_current_history_length() >= LONGEST_HISTORY
        )
