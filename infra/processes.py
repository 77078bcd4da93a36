"""The three processes of an installation, each to be run alone or by `pledge up`."""

import asyncio
import gc
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import (
    SandboxedWorkflowRunner,
    SandboxRestrictions,
)

from api.ports import Services
from infra import metrics
from infra.audit.exporter import Exporter
from infra.audit.log_key import log_key_file, log_signer, outside_path
from infra.audit.outside_file import OutsideFile
from infra.audit.sealer import Outside, Sealer
from infra.audit.witnesses import Witnesses, parse_witnesses
from infra.followers.absences import Absences
from infra.followers.assignment import AssignmentFollower
from infra.followers.audit_index import AuditIndex
from infra.followers.config_warnings import ConfigWarnings
from infra.followers.coverage import Coverage
from infra.followers.follower import Follower
from infra.followers.restatements import RestatementFollower
from infra.followers.retention import RetentionFollower
from infra.followers.search import Search
from infra.followers.simulations import SimulationStarter
from infra.followers.subscriptions import SubscriptionFollower
from infra.followers.sweeper import Sweeper
from infra.followers.ticket_cache import TicketCache
from infra.followers.ticket_projector import Projector
from infra.followers.timers import Timers
from infra.followers.unpromised import show_unpromised
from infra.notification.due_table import NotificationTable
from infra.notification.follower import Notifications
from infra.notification.sender import Sender
from infra.notification.setup import setup_notes
from infra.postgres.database import Database
from infra.postgres.wake_up import WakeUpListener
from infra.process.heartbeats import Heart
from infra.process.logs import started
from infra.process.stopping import Server, until_stopped
from infra.projections.simulations import CHANNEL as SIMULATIONS_CHANNEL
from infra.projections.simulations import SimulationTable
from infra.settings import Settings, masked
from infra.temporal.client import (
    SIMULATIONS_QUEUE,
    TICKETS_QUEUE,
    WEBHOOKS_QUEUE,
    TimerBackend,
    connect_patiently,
    provide_namespace,
    route_logs,
    temporal_address,
)
from infra.wiring import Core, core, now, services
from workflows.simulation import SimulationWorkflow
from workflows.subscription import SubscriptionWorkflow
from workflows.ticket import TicketWorkflow

LOG = logging.getLogger(__name__)
STICKY = timedelta(seconds=2)
"""A killed worker otherwise adds ten seconds to every timer it had cached."""
GRACEFUL = timedelta(seconds=5)
"""Work in progress may end within this time after a request to stop."""


def run_api(settings: Settings) -> None:
    """Serve HTTP until stopped."""
    # The other processes start in half the time without FastAPI and its schemas.
    from api.app import create_app  # noqa: PLC0415
    from infra.bootstrap import bootstrap  # noqa: PLC0415
    from infra.http.server import api_limits, server_config  # noqa: PLC0415

    @asynccontextmanager
    async def opened() -> AsyncIterator[Services]:
        async with core(settings) as made:
            await bootstrap(made)
        async with services(settings) as ready:
            yield ready

    _collect_seldom()
    route_logs()
    started(LOG, "api", **_addresses(settings), http=_listens(settings))
    config = server_config(
        create_app(opened, observe_command, api_limits(settings)),
        settings,
        timeout_graceful_shutdown=int(GRACEFUL.total_seconds()),
    )
    config.allow_files()
    with suppress(KeyboardInterrupt):  # uvicorn passes SIGINT on as this
        Server(config).run()
    LOG.info("api stopped")


def _collect_seldom() -> None:
    """What is loaded now stays, and new objects mostly live long (tickets in caches) or
    are freed by their count: the garbage collector need not scan them with every batch.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def observe_command(operation: str, status: int, seconds: float) -> None:
    metrics.COMMAND.labels(operation, str(status)).observe(seconds)


async def run_worker(settings: Settings) -> None:
    """Run the workflows until stopped."""
    route_logs()
    started(LOG, "worker", **_addresses(settings))
    client = await connect_patiently()
    await provide_namespace(client)
    async with core(settings) as made:
        enforce, deliver = made.enforcement().enforce, made.delivery().deliver
        tickets = ticket_worker(client, TICKETS_QUEUE, enforce, settings.workflow_cache)
        webhooks = webhook_worker(client, WEBHOOKS_QUEUE, deliver)
        page = made.simulated_pages().simulate_page
        simulations = simulation_worker(client, SIMULATIONS_QUEUE, page)
        workers = (tickets, webhooks, simulations)
        heart = Heart(made.database, worker=lambda: all(w.is_running for w in workers))
        await until_stopped(
            *(one.run() for one in workers),
            heart.run(),
            ask_again_s=GRACEFUL.total_seconds() + 1,
        )
    LOG.info("worker stopped")


def sandbox() -> SandboxedWorkflowRunner:
    """Our messages are passed through: loading them again for each workflow is slow."""
    return SandboxedWorkflowRunner(
        restrictions=SandboxRestrictions.default.with_passthrough_modules(
            "activities.contracts"
        )
    )


def ticket_worker(
    client: Client,
    queue: str,
    enforce: Callable[..., Any],
    cached: int = Settings.workflow_cache,
) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[TicketWorkflow],
        activities=[enforce],
        workflow_runner=sandbox(),
        max_cached_workflows=cached,
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACEFUL,
    )


def webhook_worker(client: Client, queue: str, deliver: Callable[..., Any]) -> Worker:
    return Worker(
        client,
        task_queue=queue,
        workflows=[SubscriptionWorkflow],
        activities=[deliver],
        workflow_runner=sandbox(),
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACEFUL,
    )


def simulation_worker(client: Client, queue: str, page: Callable[..., Any]) -> Worker:
    """One page at a time: background work must not take the processor from promises."""
    return Worker(
        client,
        task_queue=queue,
        workflows=[SimulationWorkflow],
        activities=[page],
        workflow_runner=sandbox(),
        max_concurrent_activities=1,
        sticky_queue_schedule_to_start_timeout=STICKY,
        graceful_shutdown_timeout=GRACEFUL,
    )


async def run_followers(settings: Settings) -> None:
    """Follow the log and sweep until stopped."""
    route_logs()
    started(LOG, "followers", **_addresses(settings))
    for note in setup_notes(settings):
        LOG.warning(note)
    _collect_seldom()
    client = await connect_patiently(lazy=True)
    async with core(settings) as made:
        listener = WakeUpListener(made.database)
        cache = TicketCache(made.store, settings.ticket_cache)
        backend = TimerBackend(client)
        shared = (made.database, made.store, listener)
        quiet = asyncio.Event()
        quiet.set()
        timers = Timers(*shared, cache, backend, quiet)
        followers: list[Follower] = [
            Projector(*shared, cache, made.texts),
            Search(*shared, made.texts),
            AuditIndex(*shared),
            timers,
            SubscriptionFollower(*shared, made.registry, backend),
            RestatementFollower(
                *shared,
                made.registry,
                made.restating(made.ticket_service()),
                made.ticket_list.wait_for,
            ),
            AssignmentFollower(
                *shared,
                cache,
                made.assigning(cache),
                made.ticket_list.wait_for,
            ),
            Notifications(*shared, made.notifying()),
            RetentionFollower(*shared, made.retention_runner()),
            Exporter(*shared, made.exporting(), made.shelf(), made.bundle_sources()),
        ]
        sealer = _sealer(made, listener)
        table = NotificationTable(made.database)
        sender = Sender(made.database, table, made.sending(table), listener)
        heart = Heart(made.database, followers=lambda: True)
        sweeper = Sweeper(
            made.database,
            made.enforcement(),
            timers,
            quiet,
            partial(heart.beat, "sweeper"),
        )
        await until_stopped(
            listener.run(),
            heart.run(),
            sweeper.run(),
            sender.run(),
            sealer.run(),
            sealer.measure(),
            _report_lag(followers),
            _simulations(made.database, backend).run(),
            Coverage(made.registry, now).run(),
            ConfigWarnings(made.registry, now).run(),
            show_unpromised(made.ticket_list.unpromised),
            Absences(made.registry, made.assigning(cache), now).run(),
            *(follower.run() for follower in followers),
        )
    LOG.info("followers stopped")


def _addresses(settings: Settings) -> dict[str, object]:
    """The address of a server, without secrets."""
    return {
        "database": masked(settings.database_url),
        "temporal": temporal_address(),
        "data_dir": settings.data_dir,
    }


def _listens(settings: Settings) -> str:
    host = settings.http_host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.http_port}"


def _simulations(database: Database, backend: TimerBackend) -> SimulationStarter:
    listener = WakeUpListener(database, SIMULATIONS_CHANNEL)
    return SimulationStarter(SimulationTable(database), backend, listener)


def _sealer(made: Core, listener: WakeUpListener) -> Sealer:
    data_dir, origin = made.settings.data_dir, made.settings.log_origin
    outside = Outside(
        signer=partial(log_signer, data_dir, origin),
        key_file=log_key_file(data_dir),
        checkpoints=OutsideFile(outside_path(data_dir)),
    )
    addresses = parse_witnesses(made.settings.witnesses)
    witnesses = Witnesses(addresses, came_late=listener.wake)
    return Sealer(made.database, made.store, listener, outside, witnesses)


async def _report_lag(followers: list[Follower]) -> None:
    while True:
        for follower in followers:
            metrics.LAG.labels(follower.name).set(follower.behind)
        await asyncio.sleep(1)
