"""What follows for a notification when one of its messages was sent or failed.

When a message failed for good, the next one is due at once. An urgent notification does
not wait for that, nor does one whose channel lets nothing through: from the first
failure on the next message stands in, while the failed one is still tried again. Once
one of them was sent, the others are not tried again.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from domain.notification.facts import (
    NotificationFact,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnreachable,
)
from domain.notification.notification import (
    ALL_FAILED,
    NOT_SET_UP,
    Message,
    Notification,
)

RETRIES = (timedelta(seconds=1), timedelta(seconds=10), timedelta(seconds=60))
"""Pause after the n-th temporary failure; the failure after the last pause is final."""
OURS_TO_MEND = frozenset(
    {
        "not_configured",  # no mail server, or no chat target of this name
        "no_address",  # the person's document names none any more
        "target_invalid",  # apprise cannot read the URL of the chat target
        "address_invalid",  # no message can be sent to such an address
        "address_not_allowed",  # a network that PLEDGE_WEBHOOK_ALLOW does not name
        "smtp_530",  # the mail server wants a login
        "smtp_534",
        "smtp_535",  # the login of PLEDGE_SMTP_URL is wrong
        "smtp_538",
        "smtp_504",  # it does not know this way to log in
    }
)
"""Codes of faults that ops must repair. No provider was asked, or none would accept any
of our messages, so the code does not say whether the person can be reached."""


def sent(
    notification: Notification,
    message: int,
    at: datetime,
    bundled_with: str | None = None,
) -> tuple[NotificationFact, ...]:
    """Once this message was sent, the retries of the messages that it stood in for, or
    that stood in for it, are dropped; not a message that is being sent at this moment.
    """
    tried = notification.messages[message]
    fact = NotificationSent(
        message=message,
        channel=tried.channel,
        attempt=tried.attempts + 1,
        bundled_with=bundled_with,
    )
    first = _first(notification, message)
    spared = [
        place
        for place in notification.waiting
        if place != message and _first(notification, place) == first
        if notification.messages[place].attempts
        and notification.messages[place].due_at > at
    ]
    return (fact, *drop(notification, spared, _notified_by(tried)))


def spared(notification: Notification, message: int) -> str | None:
    """Why this message is not tried again: one that stood in for it, or for which it
    stands in, was sent meanwhile. None: it is tried.
    """
    if not notification.messages[message].attempts:
        return None
    return _sent_instead(notification, message)


def _sent_instead(notification: Notification, message: int) -> str | None:
    first = _first(notification, message)
    return next(
        (
            _notified_by(m)
            for i, m in enumerate(notification.messages)
            if m.state == "sent" and _first(notification, i) == first
        ),
        None,
    )


def _notified_by(message: Message) -> str:
    return f"notified by {message.channel} meanwhile"


def _first(notification: Notification, place: int) -> int:
    """Of messages that stand in for one another, the one that failed first."""
    before = notification.messages[place].stands_in_for
    return place if before is None else _first(notification, before)


def failed(
    notification: Notification,
    message: int,
    code: str,
    *,
    temporary: bool,
    at: datetime,
    broken: bool = False,
) -> tuple[NotificationFact, ...]:
    """Tried again while that may help; else by the next channel, or the person is
    unreachable. `broken`: nothing gets through by this channel, so the next untried
    message does not wait.
    """
    tried = notification.messages[message]
    again = temporary and tried.attempts < len(RETRIES)
    reached = _sent_instead(notification, message)
    left = [] if reached else _next(notification, message, again=again, broken=broken)
    later = left and notification.messages[left[0]].due_at > at
    fact = NotificationFailed(
        message=message,
        channel=tried.channel,
        attempt=tried.attempts + 1,
        code=code,
        temporary=again,
        retry_at=at + RETRIES[tried.attempts] if again else None,
        next_message=left[0] if later else None,
    )
    if again:
        return (fact, *drop(notification, [message] if reached else [], reached or ""))
    others = [m for i, m in enumerate(notification.messages) if i != message]
    if any(m.state != "failed" for m in others):
        return (fact,)
    codes = {code, *(m.detail for m in others)}
    reason = NOT_SET_UP if codes <= OURS_TO_MEND else ALL_FAILED
    return (fact, NotificationUnreachable(reason=reason))


def _next(
    notification: Notification, message: int, *, again: bool, broken: bool
) -> list[int]:
    """The messages that may be due now; the first of them is. Empty: no change."""
    left = [i for i in notification.waiting if i != message]
    untried = [i for i in left if not notification.messages[i].attempts]
    if notification.urgency == "low":
        return (untried if broken else []) if again else left
    stand_ins = _stand_ins(notification, message, untried)
    return stand_ins if again else stand_ins or left


def _stand_ins(
    notification: Notification, message: int, untried: Iterable[int]
) -> list[int]:
    """Untried messages by another channel or target than those that fail now; none if a
    later message was sent.
    """
    messages = notification.messages
    if any(m.state == "sent" for m in messages[message + 1 :]):
        return []
    failing = {
        _way(m)
        for i, m in enumerate(messages)
        if i == message or (m.state == "waiting" and m.attempts)
    }
    return [i for i in untried if _way(messages[i]) not in failing]


def _way(message: Message) -> tuple[str, str | None]:
    """Equal for messages to the same address of the person."""
    return message.channel, message.target


def drop(
    notification: Notification, messages: Iterable[int], reason: str
) -> tuple[NotificationFact, ...]:
    return tuple(
        NotificationSuppressed(
            message=i, channel=notification.messages[i].channel, reason=reason
        )
        for i in messages
    )
