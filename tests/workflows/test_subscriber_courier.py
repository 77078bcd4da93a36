"""A subscriber's workflow: brings what waits, backs off when it fails, and ends."""

import asyncio
from collections import deque
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from temporalio.client import WorkflowExecutionStatus
from temporalio.testing import ActivityEnvironment

from activities.delivery import Answer, Delivery, heard
from activities.ports import Recorded, StoreUnavailableError
from domain.event import Actor, Event
from domain.lifecycle.facts import TicketClosed
from domain.subscription.subscription import Subscription, Subscriptions
from domain.subscription.webhook import Secret
from infra.processes import webhook_worker
from infra.temporal.client import TimerBackend
from tests.support.dsl import BY_ANN, NOON
from tests.workflows.conftest import replay_all
from tests.workflows.floor import SECONDS
from workflows.subscription import IDLE_S, subscription_workflow_id

pytestmark = pytest.mark.asyncio(loop_scope="session")
OK, BROKEN = 200, 500
TIMER = "timer_started_event_attributes"


class Endpoint:
    """Everything around the activity, in memory: the subscription, what waits for it,
    and a receiver that answers as told (and then well).
    """

    def __init__(self, environment, queue) -> None:
        self.id, self.environment = queue, environment
        self.known = {
            queue: Subscription(
                id=queue,
                url="https://example.org",
                types=("ticket.*",),
                format="thin",
                from_position=0,
                created_at=NOON,
                maker=Actor(id="ann", kind="user"),
            )
        }
        self.queue: deque[Recorded] = deque()
        self.answers: deque[int | Answer | None] = deque()
        self.attempts: list[int] = []
        self.gone: list[int] = []
        self.resumed_at_once = False
        self.faults = 0
        self.tried_once_more = asyncio.Condition()
        self.backend = TimerBackend(environment.client, queue, queue)
        self.runs: set[tuple[str, str]] = set()

    # what the activity is given

    async def refresh(self) -> None:
        pass

    async def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.known)

    async def disable(self, subscription, status) -> None:
        self.gone.append(status)
        if self.resumed_at_once:
            await self.poke(at_once=True)
        else:
            self.known[subscription.id] = replace(subscription, state="disabled")

    async def waiting(self, _subscription, limit):
        if self.faults:
            self.faults -= 1
            raise StoreUnavailableError
        return list(self.queue)[:limit]

    async def secret(self, _subscription_id):
        return Secret.new(b"0" * 32)

    async def tried(self, attempt) -> None:
        self.attempts.append(attempt.attempt)
        if attempt.delivered:
            self.queue.popleft()
        async with self.tried_once_more:
            self.tried_once_more.notify_all()

    async def post(self, *_) -> Answer:
        answer = self.answers.popleft() if self.answers else OK
        if isinstance(answer, Answer):
            return answer
        return Answer(answer, "", None, timedelta(0))

    # what the test does

    def happens(self, count: int = 1) -> None:
        for position in range(1, count + 1):
            event = Event("t-1", position, NOON, BY_ANN, TicketClosed())
            self.queue.append(Recorded(event, position, NOON))

    async def poke(self, *, at_once: bool = False) -> None:
        await self.backend.wake_up(self.id, at_once=at_once)
        self.runs.add((self.handle.id, (await self.handle.describe()).run_id))

    @property
    def handle(self):
        workflow_id = subscription_workflow_id(self.id)
        return self.environment.client.get_workflow_handle(workflow_id)

    async def has_tried(self, count: int) -> None:
        async with asyncio.timeout(SECONDS), self.tried_once_more:
            await self.tried_once_more.wait_for(lambda: len(self.attempts) >= count)

    async def pass_(self, **duration: float) -> None:
        await self.environment.fast_forward(self.handle, timedelta(**duration))

    async def timers(self) -> list[int]:
        """The seconds of each timer of the newest run."""
        fetched = await self.handle.fetch_history()
        return [
            round(
                e.timer_started_event_attributes.start_to_fire_timeout.ToTimedelta()
                / timedelta(seconds=1)
            )
            for e in fetched.events
            if e.WhichOneof("attributes") == TIMER
        ]


@pytest_asyncio.fixture(loop_scope="session")
async def endpoint(environment, queue, request):
    made = Endpoint(environment, queue)
    delivery = Delivery(made, made, made, lambda: datetime.now(UTC), made.disable)
    async with webhook_worker(environment.client, queue, delivery.deliver):
        yield made
    await replay_all(environment.client, made.runs, request.node.name)


async def test_what_waits_is_brought_in_order(endpoint):
    endpoint.happens(3)
    await endpoint.poke()
    await endpoint.has_tried(3)
    assert endpoint.attempts == [1, 1, 1]


async def test_a_receiver_that_fails_is_tried_again_after_ever_longer_pauses(endpoint):
    endpoint.happens()
    endpoint.answers.extend([BROKEN, None, BROKEN, BROKEN, BROKEN, BROKEN, BROKEN])
    await endpoint.poke()
    await endpoint.pass_(hours=3)
    await endpoint.has_tried(8)
    assert endpoint.attempts == [1, 2, 3, 4, 5, 6, 7, 8]
    assert (await endpoint.timers())[:7] == [1, 5, 30, 120, 600, 3600, 3600]


async def test_after_a_success_the_pauses_are_short_again(endpoint):
    endpoint.happens(2)
    endpoint.answers.extend([BROKEN, BROKEN, OK, BROKEN, OK])
    await endpoint.poke()
    await endpoint.pass_(minutes=1)
    await endpoint.has_tried(5)
    assert (await endpoint.timers())[:3] == [1, 5, 1]


async def test_a_poke_does_not_cut_a_pause_short(endpoint):
    endpoint.happens()
    endpoint.answers.extend([BROKEN] * 5)
    await endpoint.poke()
    await endpoint.pass_(minutes=5)
    await endpoint.has_tried(5)
    for _ in range(3):
        await endpoint.poke()
    await endpoint.pass_(minutes=5)
    assert len(endpoint.attempts) == 5
    await endpoint.pass_(minutes=6)
    await endpoint.has_tried(6)


async def test_pokes_without_number_in_a_pause_neither_end_it_nor_forget_the_attempt(
    endpoint,
):
    endpoint.happens()
    endpoint.answers.extend([BROKEN] * 5)
    await endpoint.poke()
    await endpoint.pass_(minutes=5)
    await endpoint.has_tried(5)
    first = (await endpoint.handle.describe()).run_id
    async with asyncio.timeout(SECONDS):
        while (await endpoint.handle.describe()).run_id == first:
            await asyncio.gather(
                *(endpoint.backend.wake_up(endpoint.id) for _ in range(100))
            )
    assert len(endpoint.attempts) == 5
    await endpoint.pass_(minutes=11)
    await endpoint.has_tried(6)
    assert endpoint.attempts[-1] == 6


async def test_with_nothing_to_bring_it_ends_after_a_while(endpoint):
    await endpoint.poke()
    await endpoint.pass_(seconds=IDLE_S + 5)
    await endpoint.handle.result()
    assert endpoint.attempts == []


async def test_a_poke_while_it_idles_brings_the_news_at_once(endpoint):
    await endpoint.poke()
    await endpoint.pass_(seconds=10)
    endpoint.happens()
    await endpoint.poke()
    await endpoint.has_tried(1)


async def test_who_unsubscribed_ends_it(endpoint):
    endpoint.known.clear()
    await endpoint.poke()
    await endpoint.handle.result()
    status = (await endpoint.handle.describe()).status
    assert status is WorkflowExecutionStatus.COMPLETED


async def test_more_than_one_run_s_worth_is_brought_without_a_pause(endpoint):
    endpoint.happens(120)
    await endpoint.poke()
    await endpoint.has_tried(120)
    assert not endpoint.queue


async def test_whoever_mended_the_endpoint_waits_out_no_pause(endpoint):
    endpoint.happens()
    endpoint.answers.extend([BROKEN] * 5)
    await endpoint.poke()
    await endpoint.pass_(minutes=5)
    await endpoint.has_tried(5)
    await endpoint.poke(at_once=True)
    await endpoint.has_tried(6)
    assert not endpoint.queue


async def test_a_retry_that_fails_too_is_followed_by_the_next_pause(endpoint):
    endpoint.happens()
    endpoint.answers.extend([BROKEN] * 6)
    await endpoint.poke()
    await endpoint.pass_(minutes=5)
    await endpoint.has_tried(5)
    await endpoint.poke(at_once=True)
    await endpoint.has_tried(6)
    await endpoint.pass_(minutes=50)
    assert len(endpoint.attempts) == 6
    await endpoint.pass_(minutes=11)
    await endpoint.has_tried(7)
    assert endpoint.attempts == [1, 2, 3, 4, 5, 6, 7]


async def test_field_005_who_asks_to_be_left_alone_for_a_while_is(endpoint):
    """The first try of the report: 429 with `Retry-After: 20`."""
    endpoint.happens()
    endpoint.answers.append(Answer(429, "", "20", timedelta(0)))
    await endpoint.poke()
    await endpoint.pass_(seconds=30)
    await endpoint.has_tried(2)
    assert (await endpoint.timers())[0] == 20


async def test_an_endpoint_that_is_gone_is_not_tried_again(endpoint):
    endpoint.happens(2)
    endpoint.answers.append(410)
    await endpoint.poke()
    await endpoint.handle.result()
    assert (endpoint.attempts, endpoint.gone) == ([1], [410])


async def test_who_resumes_it_before_it_knows_that_it_is_gone_is_heard(endpoint):
    endpoint.happens()
    endpoint.answers.append(410)
    endpoint.resumed_at_once = True
    await endpoint.poke()
    await endpoint.has_tried(2)
    assert (endpoint.attempts, endpoint.gone) == ([1, 1], [410])


async def test_who_paused_hears_nothing_and_who_resumed_all_of_it(endpoint):
    endpoint.happens(2)
    active = endpoint.known[endpoint.id]
    endpoint.known[endpoint.id] = replace(active, state="paused")
    await endpoint.poke()
    await endpoint.handle.result()
    endpoint.known[endpoint.id] = active
    await endpoint.poke(at_once=True)
    await endpoint.has_tried(2)
    assert endpoint.attempts == [1, 1]


async def test_a_fault_of_ours_costs_the_receiver_seconds_and_no_attempt(endpoint):
    """After a minute without the database the delivery comes within seconds of its
    end, and the receiver is told of a first attempt.
    """
    endpoint.happens()
    endpoint.faults = 4
    await endpoint.poke()
    await endpoint.has_tried(1)
    assert endpoint.attempts == [1]
    fetched = await endpoint.handle.fetch_history()
    [asked] = [
        e.activity_task_scheduled_event_attributes
        for e in fetched.events
        if e.WhichOneof("attributes") == "activity_task_scheduled_event_attributes"
    ]
    assert asked.retry_policy.maximum_interval.ToTimedelta() <= timedelta(seconds=5)
    # Of a worker that dies in it nothing is heard, and another one takes it over.
    assert asked.heartbeat_timeout.ToTimedelta() <= timedelta(seconds=10)


async def test_a_delivery_is_heard_of_while_the_receiver_takes_its_time():
    beats = asyncio.Queue()
    around = ActivityEnvironment()
    around.on_heartbeat = lambda *_: beats.put_nowait("beat")

    async def slow() -> None:
        async with heard():
            await beats.get()

    async with asyncio.timeout(SECONDS):
        await around.run(slow)
