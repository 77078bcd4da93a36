"""Which channel sends a message, and its result."""

import logging
from collections.abc import Mapping

from activities.notification.message import Dispatch
from activities.ports import Now
from domain.notification.outcome import Outcome
from domain.people.channels import Channel
from infra import metrics
from infra.http.outbound import OutboundClient
from infra.notification.chat import Chat
from infra.notification.chat_targets import load_targets
from infra.notification.circuit_breaker import Guarded, Way
from infra.notification.mail import Mail, parse_smtp_url
from infra.notification.webhook import WebhookChannel
from infra.settings import Settings

LOG = logging.getLogger(__name__)


class Channels:
    """A channel that is not set up fails for good, so that the next one is tried."""

    def __init__(self, ways: Mapping[Channel, Way]) -> None:
        self._ways = ways

    async def send(self, dispatch: Dispatch) -> Outcome:
        outcome = await self._try(dispatch)
        state = "sent" if outcome.code is None else "failed"
        metrics.NOTIFIED.labels(dispatch.channel, state).inc()
        if outcome.code is not None:
            reason = reason_class(outcome.code)
            metrics.NOT_NOTIFIED.labels(dispatch.channel, reason).inc()
        return outcome

    async def _try(self, dispatch: Dispatch) -> Outcome:
        way = self._ways.get(dispatch.channel)
        if way is None:
            return Outcome(code="not_configured")
        try:
            return await way.send(dispatch)
        except Exception as error:  # noqa: BLE001 - one message, not the sender
            # Its words may hold an address or a token.
            kind = type(error).__name__
            LOG.error("%s by %s: %s", dispatch.id, dispatch.channel, kind)  # noqa: TRY400
            return Outcome(code="internal", temporary=True)


def reason_class(code: str) -> str:
    """An answer by its class, for example `smtp_5xx`: a label has few values."""
    kind, _, number = code.rpartition("_")
    return f"{kind}_{number[0]}xx" if kind and number.isdigit() else code


def channels(
    settings: Settings, client: OutboundClient, key: bytes, now: Now
) -> Channels:
    """`key`: that of the installation. Raises ValueError for a setting that cannot be
    read.
    """
    ways: dict[Channel, Way] = {
        "webhook": WebhookChannel(client, key, now),
        "apprise": Chat(load_targets(settings.notify_targets)),
    }
    if settings.smtp_url:
        server = parse_smtp_url(settings.smtp_url)
        ways["email"] = Mail(server, settings.mail_from)
    return Channels(
        {
            channel: Guarded(way, now, metrics.CIRCUITS.labels(channel).set)
            for channel, way in ways.items()
        }
    )
