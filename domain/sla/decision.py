"""What the rules decided about a ticket, and why: recorded as it was decided."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from domain.event import PolicyRef
from domain.personal import ValuesOf
from domain.sla.metric import Metric


@dataclass(frozen=True, kw_only=True)
class RuleAsked:
    """`failed_field`: the field that did not match; None = the rule matched."""

    policy: str
    version: int
    rule: int
    failed_field: str | None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """Why a rule was chosen, or why none was. `personal`: the inputs that are personal
    data.
    """

    inputs: Annotated[dict[str, object], ValuesOf("personal")]
    asked: tuple[RuleAsked, ...]
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One metric of a ticket and the rule that promises it. `calendar` None: always
    open.
    """

    metric: Metric
    policy: PolicyRef
    rule: int
    target: timedelta
    calendar: PolicyRef | None
