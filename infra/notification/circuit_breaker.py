"""A circuit breaker: a destination that failed three times in a row is not used for
half a minute, then tried once. So the time-outs of a dead server do not delay anybody's
next channel.

Only temporary failures count. A permanent refusal is an answer, as is one for this
recipient alone, and a fault of ours does not count.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import urlsplit

from activities.notification.message import Dispatch
from activities.ports import Now
from domain.notification.outcome import Outcome

LOG = logging.getLogger(__name__)
FAILURES = 3
OPEN_FOR = timedelta(seconds=30)
CIRCUIT_OPEN = Outcome(code="circuit_open", temporary=True, broken=True)


class Way(Protocol):
    async def send(self, dispatch: Dispatch) -> Outcome: ...


@dataclass
class Circuit:
    """`open_until`: None = closed. From then on one trial at a time."""

    failures: int = 0
    open_until: datetime | None = None


class Guarded:
    """One channel behind its circuits, one for each destination; a destination that
    works has none. `show`: is called with the number of open ones.
    """

    def __init__(self, way: Way, now: Now, show: Callable[[int], object]) -> None:
        self._way, self._now, self._show = way, now, show
        self._circuits: dict[str, Circuit] = {}

    async def send(self, dispatch: Dispatch) -> Outcome:
        name = destination(dispatch)
        if not self._allows(name):
            return CIRCUIT_OPEN
        outcome = await self._way.send(dispatch)
        if not outcome.temporary or outcome.only_them:
            self._works(name)
        elif self._failed(name):
            outcome = Outcome(code=outcome.code, temporary=True, broken=True)
        self._show(sum(c.open_until is not None for c in self._circuits.values()))
        return outcome

    def _allows(self, name: str) -> bool:
        circuit, now = self._circuits.get(name), self._now()
        if circuit is None or circuit.open_until is None:
            return True
        if now < circuit.open_until:
            return False
        # If a trial never ends, the next one waits no longer than this.
        circuit.open_until = now + OPEN_FOR
        return True

    def _works(self, name: str) -> None:
        circuit = self._circuits.pop(name, None)
        if circuit is not None and circuit.open_until is not None:
            LOG.info("%s works again", name or "the mail server")

    def _failed(self, name: str) -> bool:
        """Whether the circuit is open now."""
        circuit = self._circuits.setdefault(name, Circuit())
        circuit.failures += 1
        if circuit.failures == FAILURES:
            LOG.warning(
                "%s fails: not used now, tried again every %.0f s",
                name or "the mail server",
                OPEN_FOR.total_seconds(),
            )
        if circuit.failures >= FAILURES:
            circuit.open_until = self._now() + OPEN_FOR
        return circuit.open_until is not None


def destination(dispatch: Dispatch) -> str:
    """What fails together: the mail server, the host and port of a URL, a chat tool."""
    match dispatch.channel:
        case "email":
            return ""
        case "webhook":
            return urlsplit(dispatch.address).netloc.lower()
        case "apprise":
            return dispatch.address
