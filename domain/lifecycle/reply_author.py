"""Who answered a customer in public."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReplyAuthor:
    """Who wrote publicly, as far as a policy can ask. `last`: version of the event of
    their last message.
    """

    author_kind: str
    role: str | None
    channel: str
    automatic: bool
    last: int
