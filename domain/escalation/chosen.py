"""Who is a recipient of a step and who is excluded, each with the reasons, as recorded
in facts.
"""

from dataclasses import dataclass

from domain.escalation.target import TargetKind


@dataclass(frozen=True, kw_only=True)
class Because:
    """A reason as data, so that it can be translated. `name`: the team or the schedule;
    for a manager, whose manager. `level`: of a manager, 1 = the direct one.
    `catch_all`: notified because the step alone reaches nobody.
    """

    target: TargetKind
    name: str
    level: int | None = None
    catch_all: bool = False


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """A recipient of a step. Every target that resolves to this person has its reason
    here, in words and, in the same order, as data.
    """

    person: str
    target: TargetKind
    reasons: tuple[str, ...]
    because: tuple[Because, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Excluded:
    """Somebody a step might have notified, and why it does not."""

    person: str
    reason: str
