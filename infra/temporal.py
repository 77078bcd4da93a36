"""The one place that talks to Temporal: connecting, and the two signal-with-starts."""

import asyncio
from datetime import timedelta

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig

from activities.contracts import TicketPlan
from workflows.subscription import SubscriptionWorkflow, subscription_workflow_id
from workflows.ticket import TicketWorkflow, ticket_workflow_id

TICKETS_QUEUE = "tickets"
WEBHOOKS_QUEUE = "webhooks"
RPC_TIMEOUT = timedelta(seconds=5)


async def connect(*, lazy: bool = False) -> Client:
    """By Temporal's own settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, profiles …
    `lazy`: connect at the first call, for who must start while Temporal is away.
    """
    settings = ClientConfig.load_client_connect_config()
    return await Client.connect(**settings, lazy=lazy)


async def connect_patiently(*, lazy: bool = False) -> Client:
    """Wait for Temporal as long as it takes."""
    pause_s = 0.1
    while True:
        try:
            return await connect(lazy=lazy)
        except RuntimeError:
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, 2.0)


class TimerBackend:
    """Idempotent: the workflow ignores a plan whose version it has passed."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def push(self, plan: TicketPlan) -> None:
        await self._client.start_workflow(
            TicketWorkflow.run,
            plan,
            id=ticket_workflow_id(plan.ticket_id),
            task_queue=TICKETS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="desired",
            start_signal_args=[plan],
            rpc_timeout=RPC_TIMEOUT,
        )

    async def poke(self, subscription_id: str) -> None:
        await self._client.start_workflow(
            SubscriptionWorkflow.run,
            args=[subscription_id, 0],
            id=subscription_workflow_id(subscription_id),
            task_queue=WEBHOOKS_QUEUE,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal="poke",
            rpc_timeout=RPC_TIMEOUT,
        )


async def pollers(client: Client, queue: str, within: timedelta) -> int:
    """How many pollers of this queue Temporal has seen lately."""
    answer = await client.workflow_service.describe_task_queue(
        DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=queue),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        ),
        timeout=within,
    )
    return len(answer.pollers)
