"""What counts as an answer to the customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.conditions.field_values import CHANNELS
from domain.errors import FieldError, UnknownWordError
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


def parse_replies(document: object, errors: list[FieldError]) -> Replies:
    if document is None:
        return Replies()
    if not isinstance(document, Mapping):
        errors.append(FieldError("/replies", "must be an object"))
        return Replies()
    errors += [
        UnknownWordError.of(f"/replies/{name}", name, NAMES)
        for name in document
        if name not in NAMES
    ]
    by = _words(document, "by", errors) or ("agent",)
    channels = _words(document, "channels", errors)
    for name, words, known in (
        ("by", by, AUTHOR_KINDS),
        ("channels", channels, CHANNELS),
    ):
        errors += [
            UnknownWordError.of(f"/replies/{name}/{i}", word, known)
            for i, word in enumerate(words)
            if word not in known
        ]
    automatic = document.get("automatic", False)
    if not isinstance(automatic, bool):
        errors.append(FieldError("/replies/automatic", "must be true or false"))
    return Replies(
        by=by,
        roles=_words(document, "roles", errors),
        channels=channels,
        automatic=automatic is True,
    )


def _words(
    document: Mapping[str, object], name: str, errors: list[FieldError]
) -> tuple[str, ...]:
    value = document.get(name, [])
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        return tuple(value)
    errors.append(FieldError(f"/replies/{name}", "must be a list of words"))
    return ()
