"""Chat tools, through the package `apprise`: WeCom, DingTalk, Feishu, Slack, Teams …

It reports success or failure without a reason, so a failure may be temporary and is
tried again. It is loaded for the first message, because that takes half a second.
"""

import asyncio
import logging
from collections.abc import Mapping

from activities.notification.message import Dispatch
from domain.notification.outcome import Outcome

TIMEOUT_S = 30.0


class Chat:
    """`targets`: name to apprise URL."""

    def __init__(self, targets: Mapping[str, str]) -> None:
        self._targets = targets

    async def send(self, dispatch: Dispatch) -> Outcome:
        url = self._targets.get(dispatch.address)
        if url is None:
            return Outcome(code="not_configured")
        letter = dispatch.letter
        try:
            async with asyncio.timeout(TIMEOUT_S):
                taken = await asyncio.to_thread(
                    _notify, url, letter.subject, letter.text
                )
        except TimeoutError:
            return Outcome(code="timeout", temporary=True)
        if taken is None:
            return Outcome(code="target_invalid")
        return Outcome() if taken else Outcome(code="refused", temporary=True)


def _notify(url: str, title: str, body: str) -> bool | None:
    """None: apprise cannot read the URL."""
    from apprise import Apprise  # noqa: PLC0415 - slow to load, and seldom wanted

    # It logs URLs, with the tokens in them.
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    target = Apprise()
    if not target.add(url):
        return None
    return bool(target.notify(title=title, body=body))
