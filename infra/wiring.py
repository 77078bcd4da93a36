"""The composition root: everything is built here, from settings, and nowhere else."""

import asyncio
import contextlib
import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import psycopg
import uuid_utils
from cryptography.fernet import Fernet
from eventsourcing.persistence import PersistenceError

from activities.assignment import Assigning
from activities.delivery import Delivery
from activities.denials import Denials
from activities.enforcement import Enforcement
from activities.exports import Exporting
from activities.notification.answer import Answering
from activities.notification.plan import Notifying, report_step
from activities.notification.send import Sending
from activities.notification.test_message import NotificationTest
from activities.ports import StoreUnavailableError
from activities.privacy import PrivacyService
from activities.replay_check import ReplayCheck
from activities.restatement import Restating
from activities.retention import Retention
from activities.retention_run import RetentionRunner
from activities.simulation import Simulating
from activities.simulation_pages import SimulatedPages
from activities.subscriptions import disable
from activities.tickets import TicketService
from api.http.limits import seconds_of
from api.ports import Part, Services
from domain.audit.note import VerifierKey
from domain.configuration.configuration import Configuration
from domain.documents.kinds import Kind
from domain.event import Json
from domain.notification.links import LASTS, Action, Link, sign_link
from domain.notification.payload import Payload
from domain.notification.signing import personal_secret
from domain.oncall.calendar_url import calendar_secret
from domain.privacy.retention import Periods, parse_period
from domain.subscription.webhook import Secret
from infra import metrics
from infra.audit.bundle import Sources
from infra.audit.bundle_shelf import BundleShelf
from infra.audit.health import audit_parts
from infra.audit.sealed_leaves import SealedLeaves
from infra.audit.tree_table import TreeTable
from infra.audit.witnesses import parse_witnesses
from infra.calendars.sources import InstalledSources
from infra.eventstore.keyring import Keyring
from infra.eventstore.master_key import MasterKey, MasterKeyError, new_master_key
from infra.eventstore.recorder import Log
from infra.eventstore.store import PostgresEventStore
from infra.eventstore.topics import FACTS
from infra.eventstore.writer import GroupWriter
from infra.followers.loops import for_ever
from infra.followers.retention import CaughtUp
from infra.followers.ticket_cache import TicketCache
from infra.http.outbound import OutboundClient, OutboundError, parse_networks
from infra.http.webhook_sender import WebhookSender
from infra.identity.identity import CALLBACK, Identity, provided
from infra.identity.sessions import SessionTable
from infra.identity.setup import setup_of
from infra.notification.channels import channels
from infra.notification.chat_targets import target_names
from infra.notification.due_table import NotificationTable
from infra.notification.listing import NotificationList
from infra.notification.setup import setup_notes
from infra.patience import patiently
from infra.postgres.database import Database
from infra.postgres.publishing_lock import PublishingTurns
from infra.postgres.ticket_numbers import TicketNumbers
from infra.postgres.wake_up import WakeUpListener
from infra.process.failures import Failure
from infra.process.heartbeats import Heart
from infra.process.secret_files import kept_secret
from infra.projections.attainment import AttainmentReadModel
from infra.projections.audit_events import AuditEvents
from infra.projections.event_feed import LogFeed
from infra.projections.key_uses import KeyUses
from infra.projections.old_records import OldRecordTables
from infra.projections.outbox import PostgresOutbox
from infra.projections.past_worlds import PastWorlds
from infra.projections.people import PeopleTable
from infra.projections.queues import QueueTable
from infra.projections.registry import LiveRegistry
from infra.projections.retention import RetentionTable, StandingTable
from infra.projections.running_clocks import LiveClockTable
from infra.projections.simulations import SimulationTable
from infra.projections.texts import Texts
from infra.projections.ticket_list import TicketReadModel
from infra.projections.used_words import read_used_words
from infra.projections.workload import LiveWorkload
from infra.readiness import Readiness
from infra.settings import Settings

LOG = logging.getLogger(__name__)


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A UUID of version 7: sorted by time, so that indexes grow at one end."""
    return str(uuid_utils.uuid7())


def new_key() -> str:
    """240 random bits behind a prefix that secret scanners can find."""
    return f"plk_{secrets.token_urlsafe(30)}"


def new_secret() -> str:
    return Secret.new(os.urandom(32)).reveal()


@dataclass(frozen=True, kw_only=True)
class Core:
    """What every process needs: the store and what depends on it."""

    settings: Settings
    database: Database
    store: PostgresEventStore
    keyring: Keyring
    texts: Texts
    ticket_list: TicketReadModel
    registry: LiveRegistry
    workload: LiveWorkload
    publishing: PublishingTurns

    def enforcement(self) -> Enforcement:
        return Enforcement(
            self.store, self.registry, self.workload, new_id, metrics.observe_enforced
        )

    def ticket_service(self) -> TicketService:
        return TicketService(
            self.store, self.registry, self.workload, now, metrics.observe_enforced
        )

    def restating(self, service: TicketService) -> Restating:
        clocks = LiveClockTable(self.database)
        return Restating(self.store, self.registry, clocks, service, now)

    def assigning(self, tickets: TicketCache) -> Assigning:
        queues = QueueTable(self.database, self.texts)
        return Assigning(
            self.registry, self.workload, queues, self.ticket_service(), tickets
        )

    def simulating(self) -> Simulating:
        jobs, tickets = SimulationTable(self.database), self.ticket_list
        sources = InstalledSources()
        return Simulating(jobs, self.registry, tickets, sources, now, new_id)

    def simulated_pages(self) -> SimulatedPages:
        pages = SimulationTable(self.database)
        return SimulatedPages(pages, self.store, self.registry, InstalledSources())

    def shelf(self) -> BundleShelf:
        folder = Path(self.settings.data_dir).resolve() / "exports"
        kept_for = timedelta(days=self.settings.export_days)
        return BundleShelf(self.database, folder, kept_for)

    def exporting(self) -> Exporting:
        return Exporting(self.store, self.store, self.shelf(), now, new_id)

    def retention(self) -> Retention:
        presets = Periods(
            transactions=parse_period(self.settings.retention_transactions),
            logs=parse_period(self.settings.retention_logs),
        )
        return Retention(
            store=self.store,
            standings=StandingTable(self.database),
            records=self.old_records(),
            runs=RetentionTable(self.database),
            presets=presets,
            now=now,
            new_id=new_id,
        )

    def retention_runner(self) -> RetentionRunner:
        people = PeopleTable(self.database)
        return RetentionRunner(
            store=self.store,
            standings=StandingTable(self.database),
            records=self.old_records(),
            runs=RetentionTable(self.database),
            privacy=PrivacyService(
                store=self.store, people=people, registry=self.registry, now=now
            ),
            caught_up=CaughtUp(self.store, self.ticket_list),
        )

    def old_records(self) -> OldRecordTables:
        return OldRecordTables(self.database, self.shelf())

    def bundle_sources(self) -> Sources:
        return Sources(
            database=self.database,
            sealed=SealedLeaves(self.database),
            config=self.registry.config,
            person_keys=self.keyring.opening,
            now=now,
        )

    def outbox(self) -> PostgresOutbox:
        return PostgresOutbox(self.database, self.store, seal_key(self.settings))

    def outbound(self) -> OutboundClient:
        return OutboundClient(parse_networks(self.settings.webhook_allow))

    def notifying(self) -> Notifying:
        table, service = NotificationTable(self.database), self.ticket_service()
        report = partial(report_step, service)
        return Notifying(self.store, self.registry, table, now, new_id, report)

    def sending(self, table: NotificationTable) -> Sending:
        """Raises ValueError for a setting that cannot be read."""
        key = seal_key(self.settings)
        ways = channels(self.settings, self.outbound(), key, now)
        link = partial(_link_url, key, self.settings.the_public_url())
        sending = Sending(self.store, self.registry, table, ways, now, new_id)
        return sending.linked(link)

    def answering(self, service: TicketService) -> Answering:
        key = seal_key(self.settings)
        return Answering(self.store, self.registry, service, key, now, new_id)

    def notification_test(self) -> NotificationTest:
        """Raises ValueError for a setting that cannot be read."""
        key = seal_key(self.settings)
        ways = channels(self.settings, self.outbound(), key, now)
        return NotificationTest(self.store, self.registry, ways, now)

    def personal_secret(self, person: str, version: int) -> Secret:
        return personal_secret(seal_key(self.settings), person, version)

    def identity(self) -> Identity:
        """Who is let in, beside the holders of API keys."""
        sessions = SessionTable(
            self.database,
            self.registry,
            now,
            timedelta(seconds=seconds_of(self.settings.session_lasts)),
            seal_key(self.settings),
        )
        setup = setup_of(self.settings)
        if setup is None:
            return Identity(sessions)
        return provided(
            setup,
            self.outbound(),
            f"{self.settings.the_public_url()}{CALLBACK}",
            seal_key(self.settings),
            sessions,
        )

    def witnesses(self) -> list[VerifierKey]:
        """Who is asked to cosign the log's checkpoints."""
        return [one.key for one in parse_witnesses(self.settings.witnesses)]

    def delivery(self) -> Delivery:
        sender = WebhookSender(self.outbound())
        gone = partial(disable, self.store, now)
        return Delivery(self.registry, self.outbox(), sender, now, gone)


@asynccontextmanager
async def core(settings: Settings) -> AsyncIterator[Core]:
    """Waits for the database as long as necessary; closes everything at the end."""
    async with AsyncExitStack() as closing:
        log = await _log(settings.database_url)
        closing.push_async_callback(asyncio.to_thread, log.close)
        database = Database(settings.database_url, size=settings.database_pool)
        closing.push_async_callback(database.close)
        await database.open()
        keyring = await _keyring(database, settings)
        writer = GroupWriter(log, metrics.observe_append)
        store = PostgresEventStore(database, writer, keyring)
        closing.push_async_callback(store.settled)
        closing.push_async_callback(asyncio.to_thread, writer.close)
        used_words = partial(read_used_words, database)
        registry = LiveRegistry(store, _lint_settings(settings), used_words)
        texts = Texts(keyring, seal_key(settings))
        ticket_list = TicketReadModel(database, texts)
        yield Core(
            settings=settings,
            database=database,
            store=store,
            keyring=keyring,
            texts=texts,
            ticket_list=ticket_list,
            registry=registry,
            publishing=PublishingTurns(database),
            workload=LiveWorkload(database, registry, ticket_list.wait_for),
        )


@asynccontextmanager
async def core_now(settings: Settings) -> AsyncIterator[Core]:
    """For commands: where the database cannot be reached it raises psycopg's error or
    StoreUnavailableError, instead of waiting as a server does.
    """
    probe = await psycopg.AsyncConnection.connect(
        settings.database_url, connect_timeout=5
    )
    await probe.close()
    async with core(settings) as made:
        yield made


async def _keyring(database: Database, settings: Settings) -> Keyring:
    """Raises Failure for another master key than the database's."""
    keyring = Keyring(database, master_key(settings))
    try:
        await patiently("the database", StoreUnavailableError)(keyring.check)
    except MasterKeyError as error:
        raise Failure(str(error)) from error
    return keyring


async def _log(database_url: str) -> Log:
    retrying = patiently("the database", PersistenceError)
    return await retrying(asyncio.to_thread, Log, database_url)


@asynccontextmanager
async def services(settings: Settings) -> AsyncIterator[Services]:
    """What the HTTP layer calls."""
    async with core(settings) as made:
        listener = WakeUpListener(made.database)
        key_uses = KeyUses(made.database, now)
        denials = Denials(store=made.store, now=now, new_id=new_id)
        identity = made.identity()
        others = partial(_other_parts, made, identity)
        readiness = Readiness(made.database, made.registry, settings, others)
        heart = Heart(made.database, api=lambda: True)
        lasting = (
            listener.run(),
            key_uses.run(),
            for_ever("denials", denials.once),
            heart.run(),
            readiness.watch(),
            *identity.lasting(),
        )
        running = [asyncio.create_task(one) for one in lasting]
        ready = _services(made, listener, key_uses, denials, readiness, identity)
        try:
            yield ready
        finally:
            for one in running:
                one.cancel()
            # What a cancelled one puts back is written below.
            await asyncio.gather(*running, return_exceptions=True)
            for write in (key_uses.write, denials.close):
                with contextlib.suppress(StoreUnavailableError):
                    await write()


async def _other_parts(made: Core, identity: Identity) -> dict[str, Part]:
    provider = identity.part()
    of_identity = {"identity_provider": provider} if provider else {}
    return await audit_parts(made.database, made.witnesses()) | of_identity


def _services(
    made: Core,
    listener: WakeUpListener,
    key_uses: KeyUses,
    denials: Denials,
    readiness: Readiness,
    identity: Identity,
) -> Services:
    outbox, service = made.outbox(), made.ticket_service()
    return Services(
        store=made.store,
        registry=made.registry,
        desk=service,
        restating=made.restating(service),
        simulating=made.simulating(),
        exporting=made.exporting(),
        retention=made.retention(),
        tickets=made.ticket_list,
        people=PeopleTable(made.database),
        notifications=NotificationList(made.database),
        notification_test=made.notification_test(),
        answering=made.answering(service),
        queues=QueueTable(made.database, made.texts),
        attainment=AttainmentReadModel(made.database),
        feed=LogFeed(made.store, listener),
        audit=AuditEvents(made.database, made.store),
        replay_check=ReplayCheck(store=made.store, past=PastWorlds(made.store)),
        sealed=TreeTable(made.database),
        witness_keys=[key.encoded for key in made.witnesses()],
        secrets=outbox,
        courier=WebhookSender(made.outbound()),
        key_uses=key_uses,
        denials=denials,
        tokens=identity.tokens,
        code_flow=identity.code_flow,
        sessions=identity.sessions,
        sources=InstalledSources(),
        facts=FACTS,
        now=now,
        new_id=new_id,
        new_secret=new_secret,
        personal_secret=made.personal_secret,
        calendar_secret=partial(calendar_secret, seal_key(made.settings)),
        public_url=made.settings.the_public_url(),
        new_key=new_key,
        next_number=TicketNumbers(made.database).next,
        check_url=partial(_refused_url, made.outbound()),
        parts=readiness.parts,
        notes=setup_notes(made.settings),
        metrics=metrics.exposition,
        publishing=made.publishing,
    )


def _lint_settings(settings: Settings) -> Configuration:
    """The context against which configuration is checked."""
    outbound = OutboundClient(parse_networks(settings.webhook_allow))
    return Configuration(
        chat_targets=target_names(settings.notify_targets),
        url_refusal=partial(_refused_url, outbound),
        normal=_normal,
        mail=bool(settings.smtp_url),
        personal_attributes=tuple(
            filter(None, map(str.strip, settings.personal_attributes.split(",")))
        ),
    )


def _normal(kind: Kind, document: Json) -> Json:
    """For a process that publishes; the others start without FastAPI."""
    from api.configuration.routes import normal  # noqa: PLC0415

    return normal(kind, document)


def _link_url(key: bytes, public_url: str, item: Payload, action: Action) -> str:
    expires_at = now() + LASTS
    link = Link(notification=item.notification, action=action, expires_at=expires_at)
    return f"{public_url}/l/{sign_link(key, link)}"


def _refused_url(outbound: OutboundClient, url: str) -> str | None:
    try:
        outbound.check(url)
    except OutboundError as error:
        return error.reason
    return None


def master_key(settings: Settings) -> MasterKey:
    """From the settings, or a file of the data directory that is created once. Raises
    MasterKeyError.
    """
    if settings.master_key:
        return MasterKey.parse(settings.master_key)
    path = Path(settings.data_dir) / "secrets" / "master.key"
    return MasterKey.parse(kept_secret(path, new_master_key).decode())


def seal_key(settings: Settings) -> bytes:
    """From the settings, or a file of the data directory that is created once."""
    if settings.secret_key:
        return settings.secret_key.encode()
    path = Path(settings.data_dir) / "secrets" / "webhooks.key"
    return kept_secret(path, lambda: Fernet.generate_key().decode())
