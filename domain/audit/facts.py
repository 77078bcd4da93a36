"""What is recorded about the log itself."""

from dataclasses import dataclass
from typing import ClassVar

from domain.event import Fact

LOG_STREAM = "audit/log"


@dataclass(frozen=True, kw_only=True)
class LogRestarted(Fact):
    """The tree of the log was abandoned, and another was begun under a new origin.
    `size` and `root` (base64): of the last checkpoint that was signed for the old
    origin; size 0 if there was none. `requested_by`: the account on the machine.
    """

    topic: ClassVar[str] = "audit.log_restarted"
    origin: str
    size: int
    root: str
    reason: str
    new_origin: str
    new_log_key: str
    requested_by: str
