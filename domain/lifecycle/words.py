"""The closed lists of words that describe a ticket."""

from typing import Literal

Priority = Literal["low", "normal", "high", "urgent"]
PRIORITIES: tuple[Priority, ...] = ("low", "normal", "high", "urgent")
Channel = Literal[
    "email", "web", "api", "phone", "chat", "social",
    "messaging", "forum", "face_to_face", "video", "bot",
]  # fmt: skip
AuthorKind = Literal["customer", "agent", "bot", "system"]
Visibility = Literal["public", "internal"]
