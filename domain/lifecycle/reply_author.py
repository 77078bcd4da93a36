"""Who answered a customer in public."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ReplyAuthor:
    """Who spoke publicly, as far as a policy can ask. `last`: version of the event in
    which it spoke last.
    """

    author_kind: str
    role: str | None
    channel: str
    automatic: bool
    last: int
