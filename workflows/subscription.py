"""One subscriber's durable courier: deliver what waits, back off when it fails.

Each endpoint has its own workflow, so a dead one holds up its own events and nobody
else's. It holds no event and no cursor; both are in the database.
"""

from collections.abc import Callable
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import DeliverInput, DeliverResult

DELIVER_TIMEOUT = timedelta(minutes=2)
FOR_EVER = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=5)
)
"""What fails is ours (a receiver's failure is a result): it is over soon after the
fault."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""A worker that says nothing for so long is dead, and the delivery begins anew."""
IDLE_S = 60
"""With nothing to deliver it ends after this; the next poke starts it again. (At once
would not do: Temporal wants a second between two runs of one id.)"""
LONGEST_HISTORY = 1_000


def subscription_workflow_id(subscription_id: str) -> str:
    return f"subscription:{subscription_id}"


@workflow.defn(name="Subscription")
class SubscriptionWorkflow:
    @workflow.init
    def __init__(
        self, subscription_id: str, attempt: int, not_before_ms: int = 0
    ) -> None:
        self.subscription_id = subscription_id
        self.attempt = attempt
        self.not_before_ms = not_before_ms
        self.poked = True
        self.hurried = False

    @workflow.signal
    def poke(self) -> None:
        self.poked = True

    @workflow.signal
    def retry_now(self) -> None:
        """The endpoint was mended, or somebody thinks so: no pause is waited out."""
        self.poked = True
        if workflow.patched("retry-now-ends-the-pause"):
            self.hurried = True

    @workflow.run
    async def run(
        self,
        subscription_id: str,  # noqa: ARG002 - all taken by __init__
        attempt: int,  # noqa: ARG002
        not_before_ms: int = 0,  # noqa: ARG002
    ) -> None:
        while self.poked:
            if self._history_is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    args=[self.subscription_id, self.attempt, self.not_before_ms]
                )
            if self._now_ms() < self.not_before_ms:
                await self._back_off()
                continue
            self.poked = self.hurried = False
            result = await self._deliver()
            if result.gone:
                if not self._resumed_meanwhile():
                    return
                self.attempt = 0
                continue
            await self._settle(result)

    async def _deliver(self) -> DeliverResult:
        result: DeliverResult = await workflow.execute_activity(
            "deliver",
            DeliverInput(self.subscription_id, self.attempt),
            result_type=DeliverResult,
            start_to_close_timeout=DELIVER_TIMEOUT,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=FOR_EVER,
        )
        return result

    async def _settle(self, result: DeliverResult) -> None:
        if result.retry_in_s is not None:
            # What was delivered before it ended the tries of another event.
            self.attempt = 1 if result.delivered else self.attempt + 1
            self.not_before_ms = self._now_ms() + int(result.retry_in_s * 1000)
            self.poked = True
            return
        self.attempt = 0
        if result.more:
            self.poked = True
            return
        await self._wait(lambda: self.poked, IDLE_S)

    def _resumed_meanwhile(self) -> bool:
        """It was gone, and somebody resumed it before we heard of that."""
        return self.hurried and workflow.patched("resumed-while-gone")

    async def _back_off(self) -> None:
        """A poke must not cut it short; but ten thousand would be too many for one
        run, so it goes on in the next.
        """
        seconds = (self.not_before_ms - self._now_ms()) / 1000
        await self._wait(lambda: self.hurried or self._history_is_long(), seconds)
        if self.hurried:
            self.not_before_ms = 0

    async def _wait(self, condition: Callable[[], bool], seconds: float) -> None:
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
