"""One subscriber's durable webhook sender: deliver what waits, back off when it fails.

Each endpoint has its own workflow, so a dead one delays only its own events. It holds
no event and no cursor; both are in the database.
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
"""An activity fails only by a fault of ours (a receiver's failure is a result), so
retries succeed soon after the fault is repaired."""
HEARTBEAT_TIMEOUT = timedelta(seconds=10)
"""A worker without a heartbeat for this long is dead, and the delivery begins again."""
IDLE_S = 60
"""With nothing to deliver it ends after this; the next wake-up starts it again. (It
does not end at once, because Temporal needs a second between two runs of one id.)"""
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
        self.woken = True
        self.hurried = False

    @workflow.signal
    def poke(self) -> None:
        self.woken = True

    @workflow.signal
    def retry_now(self) -> None:
        """The endpoint was repaired, or somebody thinks so: the pause is cut short."""
        self.woken = True
        if workflow.patched("retry-now-ends-the-pause"):
            self.hurried = True

    @workflow.run
    async def run(
        self,
        subscription_id: str,  # noqa: ARG002 - all taken by __init__
        attempt: int,  # noqa: ARG002
        not_before_ms: int = 0,  # noqa: ARG002
    ) -> None:
        while self.woken:
            if self._history_is_long():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(
                    args=[self.subscription_id, self.attempt, self.not_before_ms]
                )
            if self._now_ms() < self.not_before_ms:
                await self._back_off()
                continue
            self.woken = self.hurried = False
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
            # After a delivery the failures are counted from 1 again.
            self.attempt = 1 if result.delivered else self.attempt + 1
            self.not_before_ms = self._now_ms() + int(result.retry_in_s * 1000)
            self.woken = True
            return
        self.attempt = 0
        if result.more:
            self.woken = True
            return
        await self._wait(lambda: self.woken, IDLE_S)

    def _resumed_meanwhile(self) -> bool:
        """It was gone, and was resumed before this workflow learned of that."""
        return self.hurried and workflow.patched("resumed-while-gone")

    async def _back_off(self) -> None:
        """A wake-up must not cut the pause short; but ten thousand would be too many
        for one run, so it continues as new.
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
