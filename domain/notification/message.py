"""What a message says, in the person's language and time zone.

Made at the moment of sending and not stored: the log says that somebody was notified,
the ticket says about what.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from domain.notification.facts import Cause
from domain.notification.links import OFFERED, Action
from domain.notification.payload import Payload
from domain.notification.templates import Phrases, phrases
from domain.notification.wording import (
    length,
    local_time,
    overdue,
    promise_name,
    reason,
)
from domain.people.contact import Preferences

NEWS = frozenset[Cause]({"decided", "watched"})
"""Causes that require no action of the reader."""
LinkTo = Callable[[Payload, Action], str]
"""The URL by which the item's person does this."""


@dataclass(frozen=True, kw_only=True)
class RenderedMessage:
    """`subject` is one line; `html` says the same as `text`."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, kw_only=True)
class Part:
    """The text about one item: a line, rows of label and value, and what the reader can
    do, with the URL of each action.
    """

    head: str
    rows: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Writer:
    say: Phrases
    reader: Preferences
    now: datetime
    link: LinkTo | None

    def subject(self, items: Sequence[Payload]) -> str:
        tickets = {item.ticket_id for item in items}
        needed = [item for item in items if item.cause not in NEWS]
        if len(tickets) > 1:
            many = self.say.needed if needed else self.say.news
            return many.format(count=len(tickets))
        first = (needed or items)[0]
        text = self.say.subjects[first.cause]
        if first.cause == "step" and first.promise is not None:
            late = first.promise.broken
            text = self.say.late_subject if late else self.say.soon_subject
        return _capital(text.format(**self._values(first)))

    def part(self, item: Payload) -> Part:
        head = self._head(item).format(**self._values(item))
        return Part(
            head=_capital(head),
            rows=tuple(self._rows(item)),
            actions=tuple(
                (self.say.actions[action], self.link(item, action))
                for action in OFFERED.get(item.cause, ())
                if self.link is not None
            ),
        )

    def _head(self, item: Payload) -> str:
        promise = item.promise
        if item.cause != "step" or promise is None or promise.due_at is None:
            return self.say.heads[item.cause]
        if promise.broken:
            return self.say.stopped if promise.stopped_at else self.say.late
        return self.say.soon if promise.due_at > self.now else self.say.heads["step"]

    def _rows(self, item: Payload) -> Iterator[tuple[str, str]]:
        say, labels = self.say, self.say.labels
        yield labels["ticket"], f"#{item.number} {_one_line(item.subject)}"
        tier = say.words.get(item.tier, item.tier)
        if item.customer:
            yield labels["customer"], _one_line(f"{item.customer} ({tier})")
        yield labels["priority"], say.words.get(item.priority, item.priority)
        if item.promise is not None and item.promise.due_at is not None:
            due = local_time(item.promise.due_at, self.reader)
            name = promise_name(item.clock, say)
            yield labels["due"], f"{due}{say.comma}{name}"
        if (asked := item.approval) is not None:
            yield labels["requested_by"], asked.requested_by
            yield labels["wanted"], _one_line(asked.reason)
            if asked.because and item.cause == "decided":
                yield labels["decision"], _one_line(asked.because)
        yield labels["why"], reason(item, say)
        if item.others:
            yield labels["others"], say.comma.join(item.others)
        yield labels["id"], item.ticket_id

    def _values(self, item: Payload) -> dict[str, object]:
        asked, promise = item.approval, item.promise
        late = overdue(promise, self.now)
        due_at = promise.due_at if promise else None
        name = promise_name(item.clock, self.say)
        news = self.say.events.get(item.event, item.event).format(promise=name)
        return {
            "ticket": f"#{item.number} {_one_line(item.subject)}",
            "promise": name,
            "late": late is not None and length(late, self.say),
            "left": due_at and length(due_at - self.now, self.say),
            "until": item.until and local_time(item.until, self.reader),
            "news": news,
            "kind": asked and self.say.kinds.get(asked.kind, asked.kind),
            "amount": asked and asked.amount,
            "currency": asked and asked.currency,
            "actor": asked and asked.actor,
        }

    def text(self, part: Part) -> str:
        colon = self.say.colon
        lines = [part.head, *(f"{label}{colon}{value}" for label, value in part.rows)]
        links = [f"{label}{colon}".rstrip() + f"\n{url}" for label, url in part.actions]
        return "\n\n".join(["\n".join(lines), *links])

    def html(self, part: Part) -> str:
        rows = "".join(
            f'<tr><td style="padding-right:1em;color:#555">{escape(label)}</td>'
            f"<td>{escape(value)}</td></tr>"
            for label, value in part.rows
        )
        links = "".join(
            f'<p><a href="{escape(url)}">{escape(label)}</a></p>'
            for label, url in part.actions
        )
        return f"<p><b>{escape(part.head)}</b></p><table>{rows}</table>{links}"


def letter(
    items: Sequence[Payload],
    reader: Preferences,
    now: datetime | None = None,
    link: LinkTo | None = None,
) -> RenderedMessage:
    """`items`: one or more. Several steps of one escalation become one item, the last.
    `now`: when it is sent; lateness is counted until then.
    """
    latest = list({_topic(item): item for item in items}.values())
    writer = Writer(
        say=phrases(reader.locale),
        reader=reader,
        now=now or max(item.at for item in items),
        link=link,
    )
    parts = [writer.part(item) for item in latest]
    return RenderedMessage(
        subject=writer.subject(latest),
        text="\n\n\n".join(map(writer.text, parts)) + "\n",
        html="<hr>".join(map(writer.html, parts)),
    )


def rows(
    item: Payload, reader: Preferences, now: datetime
) -> tuple[tuple[str, str], ...]:
    """The same fields as in the e-mail, as label and value."""
    say = phrases(reader.locale)
    return Writer(say=say, reader=reader, now=now, link=None).part(item).rows


def _topic(item: Payload) -> tuple[object, ...]:
    asked = item.approval.number if item.approval else None
    return item.ticket_id, item.cause, item.event, item.clock, asked


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _capital(text: str) -> str:
    """With a capital first letter; names of promises are lower case."""
    return text[:1].upper() + text[1:]
