"""A step that notified people, none of whom could be reached."""

from collections.abc import Iterable

from domain.escalation.commands import StepUndelivered
from domain.escalation.facts import CHOOSING
from domain.event import Event
from domain.notification.notification import (
    ALL_FAILED,
    Notification,
    notification_id,
)


def chosen_by(
    events: Iterable[Event], clock: str, step: int, repetition: int
) -> list[str]:
    """Ids of the notifications of the people chosen by this step."""
    return [
        notification_id(event.originator_id, event.originator_version, place)
        for event in events
        if isinstance(event.fact, CHOOSING)
        and (event.fact.clock, event.fact.step, event.fact.repetition)
        == (clock, step, repetition)
        for place in range(len(event.fact.chosen))
    ]


def undelivered(notifications: Iterable[Notification | None]) -> StepUndelivered | None:
    """`notifications`: one for each person whom the step chose, None where it is not
    planned yet. Returns None while one of them may still be reached, or was.
    """
    people: list[Notification] = []
    for one in notifications:
        if one is None or one.state != "unreachable":
            return None
        people.append(one)
    if not people:
        return None
    chosen_by, reasons = people[0].chosen_by, {one.unreachable for one in people}
    assert chosen_by is not None, "a step chose these people"
    clock, step, repetition = chosen_by
    return StepUndelivered(
        clock=clock,
        step=step,
        repetition=repetition,
        people=tuple(sorted({one.person for one in people})),
        reason=ALL_FAILED if ALL_FAILED in reasons else people[0].unreachable or "",
    )
