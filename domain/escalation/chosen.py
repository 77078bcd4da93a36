"""Whom a step means and whom it does not, each with the reasons, as facts keep them."""

from dataclasses import dataclass

from domain.escalation.target import TargetKind


@dataclass(frozen=True, kw_only=True)
class Because:
    """A reason as data, for whoever says it in another language. `name`: the team or
    the schedule; of a manager, whose. `level`: of a manager, 1 = the direct one.
    `catch_all`: asked because the step alone reaches nobody.
    """

    target: TargetKind
    name: str
    level: int | None = None
    catch_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """Somebody a step means; every target that means them has its reason here, in
    words and, in the same order, as data.
    """

    person: str
    target: TargetKind
    reasons: tuple[str, ...]
    because: tuple[Because, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """Somebody a step might have meant, and why it does not."""

    person: str
    reason: str
