"""The worker is killed between two steps of a ladder, and nobody is there when the next
is due: whoever comes after takes it once, at its own instant.
"""

import asyncio
import contextlib

import pytest

from domain.escalation.facts import EscalationStepSkipped
from tests.support.dsl import promising
from tests.workflows.floor import SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="session")


def told_at(*whens):
    return [{"after": when, "targets": [{"agent": "bo"}]} for when in whens]


@contextlib.asynccontextmanager
async def killed_after_the_first_step(floor, worker, *whens):
    """The timer of the second step has fired, and nobody is there to hear of it."""
    await worker.start()
    await floor.open(promising({"first_response": "1h"}, steps=told_at(*whens)))
    await floor.until("61m")
    await floor.timers(2, "started")
    await worker.kill()
    moving = asyncio.create_task(floor.move("3h"))
    await floor.timers(2, "fired")
    assert floor.told("escalation")[-1] == "PT1H escalation.step_fired"
    yield
    async with asyncio.timeout(SECONDS):
        await moving


async def test_the_second_step_is_taken_once_by_the_next_worker(bare_floor, worker):
    async with killed_after_the_first_step(bare_floor, worker, "0s", "PT30M"):
        assert await bare_floor.now() > bare_floor.instant("90m")
        await worker.start()
    assert bare_floor.told("escalation") == [
        "PT0S escalation.pinned",
        "PT1H escalation.started",
        "PT1H escalation.step_fired",
        "PT1H30M escalation.step_fired",
        "PT1H30M escalation.exhausted",
    ]


async def test_who_sweeps_first_passes_over_the_stale_and_the_next_worker_adds_nothing(
    bare_floor, worker
):
    steps = ("0s", "PT30M", "PT1H")
    async with killed_after_the_first_step(bare_floor, worker, *steps):
        swept = bare_floor.instant("3h")
        await bare_floor.enforcement.enforce_many([bare_floor.queue], swept)
        await worker.start()
    assert bare_floor.told("escalation")[3:] == [
        "PT1H30M escalation.step_skipped",
        "PT2H escalation.step_fired",
        "PT2H escalation.exhausted",
    ]
    [skipped] = [
        event.fact
        for event in bare_floor.log.streams[bare_floor.queue]
        if isinstance(event.fact, EscalationStepSkipped)
    ]
    assert skipped.reason == "stale: a later step is due as well"
