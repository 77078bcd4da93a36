"""A store in memory, one ticket whose step told Bo, and everything that sends."""

from collections.abc import Sequence
from datetime import datetime

from activities.notification.message import Dispatch
from activities.notification.plan import Notifying, StepReport
from activities.notification.send import Sending
from activities.ports import CommandRow
from domain.escalation.commands import PersonNotified, StepUndelivered
from domain.notification.dispatch_order import SentRecord
from domain.notification.notification import fold
from domain.notification.outcome import Outcome
from tests.support.dsl import Story, configured, promising
from tests.support.memory import InMemoryEventStore

STEPS = [{"targets": [{"agent": "bo"}]}]


class Table:
    """What is due, by notification."""

    def __init__(self) -> None:
        self.due_at: dict[str, datetime | None] = {}
        self.spends: list[SentRecord] = []

    async def show(self, notification) -> None:
        self.due_at[notification.id] = notification.due_at

    async def due(self, now, limit) -> list[str]:
        found = [n for n, at in self.due_at.items() if at and at <= now]
        return found[:limit]

    async def spent(self, _now) -> Sequence[SentRecord]:
        return self.spends

    async def spend(self, spent) -> None:
        self.spends.append(spent)


class Registry:
    """Bo's document, and those of others who have nothing else to do here. `behind`:
    they were published a moment ago.
    """

    def __init__(self, document) -> None:
        self.document = document
        self.others = {}
        self.behind = False

    async def config(self):
        people = {} if self.behind else {"bo": self.document, **self.others}
        return configured({"agents": people})

    async def refresh(self):
        self.behind = False


class Ways:
    """Keeps what it is given; answers with `outcomes` by channel, else takes it."""

    def __init__(self) -> None:
        self.got: list[Dispatch] = []
        self.outcomes: dict[str, Outcome] = {}

    async def send(self, dispatch: Dispatch) -> Outcome:
        self.got.append(dispatch)
        return self.outcomes.get(dispatch.channel, Outcome())


class Desk:
    """One ticket whose step told Bo, and everything that sends."""

    def __init__(self, *rules, **document) -> None:
        self.store, self.table, self.ways = InMemoryEventStore(), Table(), Ways()
        self.story = Story(promising({"first_response": "PT30M"}, steps=STEPS))
        self.story.enforce("1h")
        self.registry = Registry(
            {
                "name": "Bo",
                "email": "bo@shop.example",
                "notify": {"rules": list(rules), "webhook": "https://bo.example/"},
                **document,
            }
        )
        self.now = self.story.events[-1].timestamp
        self.ids = 0
        self.undelivered: list[tuple[str, StepUndelivered]] = []
        self.notified: list[tuple[str, PersonNotified]] = []
        self.sending = Sending(
            self.store,
            self.registry,
            self.table,
            self.ways,
            lambda: self.now,
            self.new_id,
        )
        self.notifying = Notifying(
            self.store,
            self.registry,
            self.table,
            lambda: self.now,
            self.new_id,
            self.report,
        )

    async def report(self, ticket_id: str, step: StepReport) -> None:
        if isinstance(step, StepUndelivered):
            self.undelivered.append((ticket_id, step))
        else:
            self.notified.append((ticket_id, step))

    def new_id(self) -> str:
        self.ids += 1
        return str(self.ids)

    @property
    def told(self) -> int:
        return next(
            e.originator_version
            for e in self.story.events
            if e.fact.topic == "escalation.step_fired"
        )

    @property
    def stream(self) -> str:
        return f"notifications/t-1.{self.told}.0"

    async def stored(self) -> None:
        events = self.story.events
        row = CommandRow(
            command_id="c-1",
            request_sha256="",
            attempt="a",
            stream_id="t-1",
            version=len(events),
        )
        await self.store.append(events, row)

    async def planned(self) -> "Desk":
        await self.stored()
        await self.notifying.plan("t-1", self.told)
        return self

    async def send_all(self) -> None:
        for bundle in await self.sending.ready():
            await self.sending.send(bundle)

    async def notification(self):
        return fold(await self.store.load(self.stream))
