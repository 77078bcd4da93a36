"""What comes due of a paused ticket."""

from collections.abc import Iterator
from dataclasses import dataclass

from domain.alarm import Alarm
from domain.lifecycle.pause import Pause


@dataclass(frozen=True, kw_only=True)
class PauseEnds(Alarm):
    pass


def alarms(pause: Pause) -> Iterator[PauseEnds]:
    if pause.until is not None:
        yield PauseEnds(at=pause.until, key="pause")
