"""What a message says, in the person's language and time zone.

Made at the moment of sending and kept nowhere: the log says that somebody was told, the
ticket what there was to tell.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.notification.facts import Cause
from domain.notification.item import Item
from domain.notification.phrases import Phrases, phrases
from domain.notification.preferences import Preferences

NEWS = frozenset[Cause]({"decided", "watched"})
"""What asks nothing of the reader."""


@dataclass(frozen=True, kw_only=True)
class Letter:
    """`subject` is one line."""

    subject: str
    text: str


def letter(items: Sequence[Item], reader: Preferences) -> Letter:
    """`items`: one or more; the steps of one climb are told of once, by the last."""
    say = phrases(reader.locale)
    latest = list({_topic(item): item for item in items}.values())
    parts = [_part(say, item, reader) for item in latest]
    if any(item.cause == "step" for item in latest):
        parts.append(say.end)
    return Letter(subject=_subject(say, latest, reader), text="\n\n".join(parts) + "\n")


def _topic(item: Item) -> tuple[object, ...]:
    asked = item.approval.number if item.approval else None
    return item.ticket_id, item.cause, item.event, item.clock, asked


def _subject(say: Phrases, items: Sequence[Item], reader: Preferences) -> str:
    tickets = {item.ticket_id for item in items}
    needed = [item for item in items if item.cause not in NEWS]
    if len(tickets) > 1:
        return (say.needed if needed else say.news).format(count=len(tickets))
    first = (needed or items)[0]
    return say.one[first.cause].format(**_values(say, first, reader))


def _part(say: Phrases, item: Item, reader: Preferences) -> str:
    lines = (say.head, say.lines[item.cause], say.why, say.foot)
    return "\n  ".join(lines).format(**_values(say, item, reader))


def _values(say: Phrases, item: Item, reader: Preferences) -> dict[str, object]:
    asked = item.approval
    return {
        "ticket_id": item.ticket_id,
        "number": item.number,
        "subject": _one_line(item.subject),
        "clock": item.clock,
        "step": None if item.step is None else item.step + 1,
        "reason": item.reason,
        "at": _local(item.at, reader),
        "until": item.until and _local(item.until, reader),
        "answer": json.dumps({"agent": item.person}, ensure_ascii=False),
        "news": say.events.get(item.event, item.event).format(clock=item.clock),
        "approval": asked and asked.number,
        "kind": asked and say.kinds.get(asked.kind, asked.kind),
        "amount": asked and asked.amount,
        "currency": asked and asked.currency,
        "requested_by": asked and asked.requested_by,
        "wanted": asked and _one_line(asked.reason),
        "actor": asked and asked.actor,
        "because": asked and _one_line(asked.because or ""),
    }


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _local(at: datetime, reader: Preferences) -> str:
    return at.astimezone(reader.zone).isoformat(timespec="seconds")
