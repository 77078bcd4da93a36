"""The one place that talks to Temporal: connecting, and the two signal-with-starts."""

import asyncio
import logging
from collections.abc import Awaitable
from datetime import timedelta

from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
)
from temporalio.client import Client
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.envconfig import ClientConfig
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError, RPCStatusCode

from activities.contracts import SimulationState, TicketPlan
from infra.patience import patiently
from infra.temporal.payloads import MESSAGES
from workflows.simulation import SimulationWorkflow, simulation_workflow_id
from workflows.subscription import SubscriptionWorkflow, subscription_workflow_id
from workflows.ticket import TicketWorkflow, ticket_workflow_id

TICKETS_QUEUE = "tickets"
WEBHOOKS_QUEUE = "webhooks"
SIMULATIONS_QUEUE = "simulations"
LOG = logging.getLogger(__name__)
RPC_TIMEOUT = timedelta(seconds=5)
RETENTION = timedelta(days=3)
"""Retention of workflows that ended; the source of truth is the log."""
_CLOSED = (
    RPCStatusCode.PERMISSION_DENIED,
    RPCStatusCode.UNAUTHENTICATED,
    RPCStatusCode.UNIMPLEMENTED,
)


class TemporalUnavailableError(Exception):
    """Temporal is unavailable, or does not answer in time; it will accept the call
    later.
    """


class TemporalRefusedError(Exception):
    """Temporal will never accept this call; it will accept others."""


def route_logs() -> None:
    """Temporal's core logs to the same place as everything else."""
    logger = logging.getLogger("temporalio.core")
    core = TelemetryFilter(core_level="WARN", other_level="ERROR")
    forwarding = LogForwardingConfig(logger=logger)
    telemetry = TelemetryConfig(
        logging=LoggingConfig(filter=core, forwarding=forwarding)
    )
    Runtime.set_default(Runtime(telemetry=telemetry), error_if_already_set=False)


def temporal_address() -> str:
    config = ClientConfig.load_client_connect_config()
    return str(config.get("target_host", "localhost:7233"))


async def connect(*, lazy: bool = False) -> Client:
    """By Temporal's own settings: TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE, profiles …
    `lazy`: connect at the first call, for processes that must start while Temporal is
    unavailable. Raises TemporalUnavailableError.
    """
    settings = ClientConfig.load_client_connect_config()
    try:
        return await Client.connect(**settings, data_converter=MESSAGES, lazy=lazy)
    except RuntimeError as error:
        why = "connection refused" if "refused" in str(error) else str(error)
        message = f"Temporal at {temporal_address()} cannot be reached: {why}"
        raise TemporalUnavailableError(message) from error


async def connect_patiently(*, lazy: bool = False) -> Client:
    """Wait for Temporal as long as it takes."""
    retrying = patiently("Temporal", TemporalUnavailableError)
    return await retrying(connect, lazy=lazy)


class TimerBackend:
    """Idempotent: the workflow ignores a plan whose version it has passed."""

    def __init__(
        self,
        client: Client,
        tickets: str = TICKETS_QUEUE,
        webhooks: str = WEBHOOKS_QUEUE,
        simulations: str = SIMULATIONS_QUEUE,
    ) -> None:
        self._client = client
        self._tickets, self._webhooks = tickets, webhooks
        self._simulations = simulations

    async def push(self, plan: TicketPlan) -> None:
        await self._send(
            self._client.start_workflow(
                TicketWorkflow.run,
                plan,
                id=ticket_workflow_id(plan.ticket_id),
                task_queue=self._tickets,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="desired",
                start_signal_args=[plan],
                rpc_timeout=RPC_TIMEOUT,
            )
        )

    async def wake_up(self, subscription_id: str, *, at_once: bool = False) -> None:
        """There are new events; `at_once`: a pause after a failure ends as well."""
        await self._send(
            self._client.start_workflow(
                SubscriptionWorkflow.run,
                args=[subscription_id, 0],
                id=subscription_workflow_id(subscription_id),
                task_queue=self._webhooks,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                start_signal="retry_now" if at_once else "poke",
                rpc_timeout=RPC_TIMEOUT,
            )
        )

    async def simulate(self, simulation_id: str) -> None:
        """From the first page, unless it is running."""
        await self._send(
            self._client.start_workflow(
                SimulationWorkflow.run,
                SimulationState(simulation_id),
                id=simulation_workflow_id(simulation_id),
                task_queue=self._simulations,
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                rpc_timeout=RPC_TIMEOUT,
            )
        )

    async def _send(self, call: Awaitable[object]) -> None:
        """Raises TemporalUnavailableError or TemporalRefusedError, nothing else."""
        try:
            # A lazy client connects within the first call, without a time limit.
            async with asyncio.timeout(2 * RPC_TIMEOUT.total_seconds()):
                await call
        except RPCError as error:
            if error.status is RPCStatusCode.INVALID_ARGUMENT:
                raise TemporalRefusedError(str(error)) from error
            raise TemporalUnavailableError(f"{error.status.name}: {error}") from error
        except (RuntimeError, TimeoutError, OSError) as error:
            raise TemporalUnavailableError(str(error) or "no answer") from error


async def look_for_namespace(client: Client) -> None:
    """Raises RPCError: NOT_FOUND where it does not exist."""
    await client.workflow_service.describe_namespace(
        DescribeNamespaceRequest(namespace=client.namespace), timeout=RPC_TIMEOUT
    )


async def provide_namespace(client: Client) -> None:
    """Wait until our namespace exists. It is created where that is allowed; otherwise
    the operator is asked to. If we may not check either, the worker will find out.
    """
    pause_s = 0.5
    while True:
        try:
            return await look_for_namespace(client)
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                await _make_namespace(client)
            elif error.status in _CLOSED:
                return None
            else:
                LOG.warning("waiting for Temporal: %s", error.status.name)
        await asyncio.sleep(pause_s)
        pause_s = min(pause_s * 2, 5.0)


async def _make_namespace(client: Client) -> None:
    request = RegisterNamespaceRequest(namespace=client.namespace)
    request.workflow_execution_retention_period.FromTimedelta(RETENTION)
    try:
        await client.workflow_service.register_namespace(request, timeout=RPC_TIMEOUT)
    except RPCError as error:
        if error.status is not RPCStatusCode.ALREADY_EXISTS:
            LOG.error(namespace_command(client.namespace))  # noqa: TRY400 - says it all
    else:
        LOG.info("made Temporal's namespace %s", client.namespace)


def namespace_command(namespace: str) -> str:
    make = f"temporal operator namespace create --namespace {namespace} --retention 72h"
    return f"the namespace {namespace!r} does not exist; make it by `{make}`"
