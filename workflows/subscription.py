"""One subscriber's durable courier: deliver what waits, back off when it fails.

Each endpoint has its own workflow, so a dead one holds up its own events and nobody
else's. It holds no event and no cursor; both are in the database.
"""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy

with workflow.unsafe.imports_passed_through():
    from activities.contracts import DeliverInput, DeliverResult

DELIVER_TIMEOUT = timedelta(minutes=2)
FOR_EVER = RetryPolicy(
    initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
)
IDLE_S = 60
"""With nothing to deliver it ends after this; the next poke starts it again. (At once
would not do: Temporal wants a second between two runs of one id.)"""
LONGEST_HISTORY = 1_000


def subscription_workflow_id(subscription_id: str) -> str:
    return f"subscription:{subscription_id}"


@workflow.defn(name="Subscription")
class SubscriptionWorkflow:
    @workflow.init
    def __init__(self, subscription_id: str, attempt: int) -> None:
        self.subscription_id = subscription_id
        self.attempt = attempt
        self.poked = True

    @workflow.signal
    def poke(self) -> None:
        self.poked = True

    @workflow.run
    async def run(self, subscription_id: str, attempt: int) -> None:  # noqa: ARG002
        while self.poked:
            if workflow.info().get_current_history_length() >= LONGEST_HISTORY:
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(args=[self.subscription_id, self.attempt])
            self.poked = False
            result = await self._deliver()
            if result.gone:
                return
            await self._rest(result)

    async def _deliver(self) -> DeliverResult:
        result: DeliverResult = await workflow.execute_activity(
            "deliver",
            DeliverInput(self.subscription_id, self.attempt),
            result_type=DeliverResult,
            start_to_close_timeout=DELIVER_TIMEOUT,
            retry_policy=FOR_EVER,
        )
        return result

    async def _rest(self, result: DeliverResult) -> None:
        if result.retry_in_s is not None:
            self.attempt += 1
            # A poke must not cut the back-off short.
            await workflow.sleep(max(result.retry_in_s, 0.001))
            self.poked = True
            return
        self.attempt = 0
        if result.more:
            self.poked = True
            return
        try:
            await workflow.wait_condition(lambda: self.poked, timeout=IDLE_S)
        except TimeoutError:
            return
