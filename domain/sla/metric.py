"""What a clock measures: six conditions, evaluated after everything that happens.

Where several hold at once, the order is stop, cancel, reset, pause, resume, start: an
answer that also closes the ticket is judged, not cancelled.

The first cycle starts as soon as one of the start conditions holds; a later one when a
condition holds that did not hold before, which may be at the instant of the stop.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from domain.conditions.condition import (
    Condition,
    Conditions,
    FieldTest,
    read_conditions,
)
from domain.conditions.fields import FIELDS
from domain.documents.reader import Reader

Metric: TypeAlias = str
"""A built-in name or one that a policy defines."""

CONDITIONS = ("start", "cancel", "pause", "resume", "stop", "reset")


@dataclass(frozen=True, kw_only=True)
class Definition:
    """`resume` empty: as soon as `pause` no longer holds. `once`: no second cycle.
    `reopens`: for a reopened ticket it continues, by the policy's rule for reopening.
    """

    start: Conditions
    stop: Conditions
    pause: Conditions = ()
    resume: Conditions = ()
    cancel: Conditions = ()
    reset: Conditions = ()
    once: bool = False
    reopens: bool = False


def _on(**fields: str | bool | tuple[str, ...]) -> Condition:
    return Condition(
        tests=tuple(
            FieldTest(
                field=name, any_of=words if isinstance(words, tuple) else (words,)
            )
            for name, words in fields.items()
        )
    )


def _is_set(field: str, *, value: bool) -> FieldTest:
    return FieldTest(field=field, is_set=value)


FINISHED = _on(finished=True)
OPEN = _on(finished=False)
REPLY = _on(reply=True)
PAUSED = _on(paused=True)
UNOWNED = Condition(tests=(*OPEN.tests, _is_set("assignee", value=False)))
OWNED = Condition(tests=(_is_set("assignee", value=True),))
IN_A_TEAM = Condition(tests=(*OPEN.tests, _is_set("team", value=True)))
TAKEN_OVER = Condition(tests=(*IN_A_TEAM.tests, *_on(team_changed=True).tests))
UPDATES = Definition(
    start=(_on(answered=True, finished=False), _on(reply=True, finished=False)),
    stop=(REPLY, FINISHED),
)
WHOLE_LIFE = Definition(start=(OPEN,), stop=(FINISHED,), reopens=True)

BUILT_IN: Mapping[Metric, Definition] = {
    "first_response": Definition(
        start=(_on(customer_wrote=True, answered=False, finished=False),),
        stop=(REPLY, FINISHED),
        once=True,
    ),
    "next_response": Definition(
        start=(_on(awaiting_reply=True, answered=True, finished=False),),
        stop=(REPLY, FINISHED),
    ),
    "periodic_update": UPDATES,
    "pausable_update": replace(UPDATES, pause=(PAUSED,)),
    "resolution": WHOLE_LIFE,
    "requester_wait": replace(WHOLE_LIFE, pause=(_on(status="pending"),)),
    "agent_work": replace(WHOLE_LIFE, pause=(_on(status=("pending", "on_hold")),)),
    "assignment": Definition(start=(UNOWNED,), stop=(OWNED, FINISHED)),
    "team": Definition(
        start=(IN_A_TEAM, TAKEN_OVER), stop=(_on(team_changed=True), FINISHED)
    ),
}
METRICS = tuple(BUILT_IN)


def read_definitions(
    reader: Reader, pauses: tuple[Metric, ...]
) -> dict[Metric, Definition]:
    """The built-in metrics with the changes of the policy, and the policy's own
    metrics. `pauses` names those that are paused with the ticket.
    """
    found = {
        metric: replace(d, pause=(PAUSED,)) if metric in pauses else d
        for metric, d in BUILT_IN.items()
    }
    for metric, clock in reader.members().items():
        if not isinstance(clock.value, dict):
            clock.fault(f"must name {', '.join(CONDITIONS)}")
            continue
        base = found.get(metric, Definition(start=(), stop=(), reopens=True))
        if metric not in BUILT_IN and metric in pauses:
            base = replace(base, pause=(PAUSED,))
        found[metric] = _read_definition(base, clock)
    return found


def _read_definition(base: Definition, reader: Reader) -> Definition:
    reader.refuse_others(CONDITIONS)
    given = reader.members()
    said = {n: read_conditions(given[n], FIELDS) for n in CONDITIONS if n in given}
    made = replace(base, **said)  # type: ignore[arg-type] # names of conditions
    for name in ("start", "stop"):
        if not getattr(made, name):
            reader[name].fault("a clock of your own needs it")
    return made
