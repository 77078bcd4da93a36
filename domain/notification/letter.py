"""What a message says, in the person's language and time zone.

Made at the moment of sending and kept nowhere: the log says that somebody was told, the
ticket what there was to tell.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.notification.preferences import Preferences

_WORDS = {
    "en": {
        "one": "Ticket #{number} needs you: {clock}",
        "many": "{count} tickets need you",
        "line": "Ticket #{number}, {subject}\n  {clock}, escalation step {step},"
        " {at}\n  Why you: {reason}\n  Id: {ticket_id}",
        "end": "To stop the escalation, acknowledge the ticket.",
    },
    "zh": {
        "one": "工单 #{number} 需要您处理：{clock}",  # noqa: RUF001 - Chinese
        "many": "{count} 个工单需要您处理",
        "line": "工单 #{number}，{subject}\n  {clock}，升级第 {step} 步，"  # noqa: RUF001
        "{at}\n  通知您的原因：{reason}\n  编号：{ticket_id}",  # noqa: RUF001
        "end": "确认工单后将停止升级。",
    },
}


@dataclass(frozen=True, kw_only=True)
class Item:
    """One ticket's step. `step` counts from 0."""

    ticket_id: str
    number: int
    subject: str
    priority: str
    clock: str
    step: int
    reason: str
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`subject` is one line."""

    subject: str
    text: str


def letter(items: Sequence[Item], reader: Preferences) -> Letter:
    """`items`: one or more; a ticket that is named twice is told of once, by its last
    step.
    """
    words = _WORDS[_language(reader.locale)]
    latest = list({(item.ticket_id, item.clock): item for item in items}.values())
    first = latest[0]
    form = words["one"] if len(latest) == 1 else words["many"]
    subject = form.format(number=first.number, clock=first.clock, count=len(latest))
    lines = [_line(words["line"], item, reader) for item in latest]
    return Letter(subject=subject, text="\n\n".join([*lines, words["end"]]) + "\n")


def _language(locale: str | None) -> str:
    language = (locale or "en")[:2].lower()
    return language if language in _WORDS else "en"


def _line(form: str, item: Item, reader: Preferences) -> str:
    return form.format(
        number=item.number,
        subject=" ".join(item.subject.split()),
        clock=item.clock,
        step=item.step + 1,
        at=item.at.astimezone(reader.zone).isoformat(timespec="seconds"),
        reason=item.reason,
        ticket_id=item.ticket_id,
    )
