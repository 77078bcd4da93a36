"""A message that tests whether a person can be reached by their channels."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Literal, get_args

from domain.event import Fact
from domain.notification.fail_over import OURS_TO_MEND
from domain.notification.message import RenderedMessage
from domain.notification.templates import language
from domain.people.channels import CHANNELS, Channel
from domain.people.contact import Preferences

TestOutcome = Literal["sent", "not_set_up", "failed"]
OUTCOMES: tuple[TestOutcome, ...] = get_args(TestOutcome)
MOST, WITHIN = 3, timedelta(minutes=1)
"""At most this many tests of one person within this time, so that tests cannot be used
to flood anybody."""


@dataclass(frozen=True, kw_only=True)
class ChannelTried:
    """`code` as in `notification.failed`; None: the channel took the message."""

    channel: Channel
    target: str | None
    code: str | None

    @property
    def outcome(self) -> TestOutcome:
        if self.code is None:
            return "sent"
        return "not_set_up" if self.code in OURS_TO_MEND else "failed"


@dataclass(frozen=True, kw_only=True)
class AgentNotificationTested(Fact):
    topic: ClassVar[str] = "agent.notification_tested"
    agent: str
    channels: tuple[ChannelTried, ...]


def trial_stream(agent: str) -> str:
    return f"notification-tests/{agent}"


def trial_channels(reader: Preferences) -> tuple[tuple[Channel, str | None], ...]:
    """All channels that are set up for them, whether or not a rule uses them."""
    return tuple(
        (channel, target)
        for channel in CHANNELS
        for target in reader.targets(channel)
        if reader.address(channel, target) is not None
    )


def test_message(reader: Preferences) -> RenderedMessage:
    return _LETTERS[language(reader.locale)]


_LETTERS = {
    "en": RenderedMessage(
        subject="Pledge: this is a test",
        text="Somebody tests whether Pledge can reach you. You need do nothing.\n",
    ),
    "zh": RenderedMessage(
        subject="Pledge：测试消息",  # noqa: RUF001 - Chinese
        text="这是一条测试消息，用于确认 Pledge 能否通知到您。无需处理。\n",  # noqa: RUF001
    ),
}
