"""What counts as an answer to the customer."""

from dataclasses import dataclass
from typing import Protocol

from domain.conditions.field_values import CHANNELS
from domain.documents.reader import Reader
from domain.lifecycle.facts import TicketMessageAdded
from domain.lifecycle.reply_author import ReplyAuthor

AUTHOR_KINDS = ("agent", "bot", "system")
NAMES = ("by", "roles", "channels", "automatic")


@dataclass(frozen=True, kw_only=True)
class Replies:
    """A public message by one of these kinds of author. `roles` and `channels` empty:
    any. Automatic answers count only where the policy says so.
    """

    by: tuple[str, ...] = ("agent",)
    roles: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    automatic: bool = False

    def count(self, reply_author: ReplyAuthor) -> bool:
        return (
            reply_author.author_kind in self.by
            and (not self.roles or reply_author.role in self.roles)
            and (not self.channels or reply_author.channel in self.channels)
            and (self.automatic or not reply_author.automatic)
        )


class AnsweredTicket(Protocol):
    @property
    def channel(self) -> str: ...
    @property
    def version(self) -> int: ...


def reply_author(fact: TicketMessageAdded, ticket: AnsweredTicket) -> ReplyAuthor:
    """The author of a public message; `ticket` as it is at the message."""
    return ReplyAuthor(
        author_kind=fact.author.kind,
        role=fact.author.role,
        channel=fact.channel or ticket.channel,
        automatic=fact.automatic,
        last=ticket.version,
    )


def read_replies(reader: Reader) -> Replies:
    if not reader.is_object():
        return Replies()
    reader.refuse_others(NAMES)
    return Replies(
        by=_read_words(reader.get("by", []), AUTHOR_KINDS) or ("agent",),
        roles=_read_words(reader.get("roles", [])),
        channels=_read_words(reader.get("channels", []), CHANNELS),
        automatic=reader.get("automatic", False).flag(),
    )


def _read_words(reader: Reader, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Empty `known`: any word."""
    items = [*reader.items()]
    if not isinstance(reader.value, list) or None in (item.text() for item in items):
        reader.fault("must be a list of words")
        return ()
    for item in items if known else ():
        item.one_of(known)
    return reader.words()
