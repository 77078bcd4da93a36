"""The channels by which somebody can be notified, and how urgently."""

from typing import Literal, get_args

Channel = Literal["email", "webhook", "apprise"]
Urgency = Literal["low", "high"]
CHANNELS: tuple[Channel, ...] = get_args(Channel)
