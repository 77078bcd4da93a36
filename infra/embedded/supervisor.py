"""Keeps a set of processes running: started in order, restarted, ended in reverse
order.

The stages are started one after the other, the children of a stage together. A child
that ends is started again, after a pause that doubles while it keeps failing. Before
everything is up a failure ends the supervisor instead: a person is watching. Invariant:
when `run` returns, no child is left. A first signal stops; a second one kills the
children at once, except those that need an orderly end (`hurried=False`). Deliberately
absent: what the children are (`infra.embedded.up`), and their dependencies: each child
handles the absence of the others.
"""

import asyncio
from collections.abc import (
    Awaitable,
    Callable,
    Coroutine,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from infra.embedded.process import (
    Command,
    EmbeddedError,
    JobFailedError,
    Process,
    ProcessEndedError,
    run,
    started,
)
from infra.process.terminal import stop_signals

FIRST_PAUSE_S = 0.2
LONGEST_PAUSE_S = 5.0
HEALTHY_S = 30.0
PUBLISH_AGAIN_S = 5.0
TIDY_EVERY_S = 60.0
STOPPED, FAILED, KILLED = 0, 1, 130
LOST = -1
"""A server ended at its start, for example because its port was taken meanwhile."""


async def alive() -> None:
    """Treat a child as ready as soon as it runs."""


@dataclass(frozen=True, kw_only=True)
class Child:
    """One supervised process; `prepare` is called again before each start."""

    name: str
    prepare: Callable[[], Awaitable[Command]]
    ready: Callable[[], Awaitable[None]] = alive
    once: bool = False  # run to completion, before the next stage
    hurried: bool = True  # a second signal may kill it


@dataclass(kw_only=True)
class Supervisor:
    """Runs until a signal ends it; `publish` is called at every change of process ids,
    and called again if it could not save them; `tidy` is called regularly. `say` must
    not fail.
    """

    stages: Sequence[Sequence[Child]]
    publish: Callable[[Mapping[str, int | None]], None]
    say: Callable[[str], None]
    all_up: Callable[[], None]
    tidy: Callable[[], None] = lambda: None
    publish_again_s: float = PUBLISH_AGAIN_S
    _running: dict[str, Process] = field(default_factory=dict, init=False)
    _signals: int = field(default=0, init=False)
    _unpublished: asyncio.TimerHandle | None = field(default=None, init=False)

    async def run(self) -> int:
        """Returns the exit code: STOPPED, FAILED (to start) or KILLED (two signals); or
        LOST, after which it may be tried again.
        """
        work = asyncio.ensure_future(self._work())
        with self._listening(work):
            try:
                await work
            except asyncio.CancelledError:
                if not self._signals:
                    raise
            except (EmbeddedError, OSError) as error:
                self.say(str(error))
                return LOST if isinstance(error, ProcessEndedError) else FAILED
            finally:
                await self._stop()
        return STOPPED if self._signals == 1 else KILLED

    async def _work(self) -> None:
        for stage in self.stages:
            await _together(self._start(child) for child in stage)
        self._publish()
        self.all_up()
        lasting = [c for stage in self.stages for c in stage if not c.once]
        await _together([self._tidy_up(), *(self._keep(child) for child in lasting)])

    async def _tidy_up(self) -> None:
        while True:
            try:
                self.tidy()
            except OSError as error:
                self.say(str(error))
            await asyncio.sleep(TIDY_EVERY_S)

    async def _start(self, child: Child) -> None:
        command = await child.prepare()
        if not child.once:
            process = await started(command, child.ready)
            self._running[child.name] = process
            self.say(f"started {child.name} (pid {process.pid})")
        elif status := await run(command):
            raise JobFailedError(command, f"{child.name} ended with status {status}")

    async def _keep(self, child: Child) -> None:
        clock, pause_s = asyncio.get_running_loop().time, FIRST_PAUSE_S
        while True:
            since = clock()
            status = await self._running[child.name].exited()
            self._publish()
            if clock() - since > HEALTHY_S:
                pause_s = FIRST_PAUSE_S
            self.say(f"{child.name} ended with status {status}, again in {pause_s:g} s")
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            await self._start_again(child)

    async def _start_again(self, child: Child) -> None:
        try:
            await self._start(child)
        except (EmbeddedError, OSError) as error:
            self.say(str(error))
        else:
            self._publish()

    def _publish(self) -> None:
        """A full disk is no reason to stop running processes."""
        try:
            self.publish(
                {n: p.pid if p.runs else None for n, p in self._running.items()}
            )
        except OSError as error:
            if self._unpublished is None:
                self.say(f"process ids cannot be written down: {error}; it continues")
            else:
                self._unpublished.cancel()
            loop = asyncio.get_running_loop()
            self._unpublished = loop.call_later(self.publish_again_s, self._publish)
        else:
            self._unpublished = None

    async def _stop(self) -> None:
        for stage in reversed(self.stages):
            running = [self._running[c.name] for c in stage if c.name in self._running]
            await _together(process.stop() for process in running)

    def _hurry(self) -> None:
        for child in (child for stage in self.stages for child in stage):
            if child.hurried and child.name in self._running:
                self._running[child.name].kill()

    @contextmanager
    def _listening(self, work: asyncio.Future[None]) -> Iterator[None]:
        def end() -> None:
            self._signals += 1
            if self._signals == 1:
                work.cancel()
                self.say("stopping")
            else:
                self._hurry()

        loop = asyncio.get_running_loop()
        numbers = stop_signals()
        for number in numbers:
            loop.add_signal_handler(number, end)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)


async def _together(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Wait for all; the first failure cancels the others and is raised."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
