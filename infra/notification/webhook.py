"""A person's own webhook: JSON, through the outbound client that checks addresses.

Signed by Standard Webhooks, with a secret of the person's own. `webhook-id` is the same
for all tries, and is the `id` in the body.
"""

import msgspec

from activities.notification.message import Dispatch
from activities.ports import Now
from domain.notification.outcome import Outcome
from domain.notification.signing import personal_secret
from domain.subscription.webhook import signed_headers
from infra.http.outbound import (
    DeliveryError,
    ForbiddenAddressError,
    OutboundClient,
    OutboundError,
)

TEMPORARY = frozenset({408, 425, 429})
SERVER_FAULT = 500
ACCEPTED = range(200, 300)


class WebhookChannel:
    """`key`: that of the installation, from which each person's secret is derived."""

    def __init__(self, client: OutboundClient, key: bytes, now: Now) -> None:
        self._client, self._key, self._now = client, key, now

    async def send(self, dispatch: Dispatch) -> Outcome:
        body = _body(dispatch)
        try:
            answer = await self._client.post(
                dispatch.address, body, self._headers(dispatch, body)
            )
        except DeliveryError as error:
            if error.status is not None:
                return Outcome(code=f"http_{error.status}")  # a redirect
            return Outcome(code="no_answer", temporary=True)
        except ForbiddenAddressError:
            return Outcome(code="address_not_allowed")
        except OutboundError:
            return Outcome(code="address_invalid")
        if answer.status in ACCEPTED:
            return Outcome()
        temporary = answer.status in TEMPORARY or answer.status >= SERVER_FAULT
        return Outcome(code=f"http_{answer.status}", temporary=temporary)

    def _headers(self, dispatch: Dispatch, body: bytes) -> dict[str, str]:
        secret = personal_secret(self._key, dispatch.person, dispatch.secret_version)
        timestamp = int(self._now().timestamp())
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Pledge-Notifications/1",
            **signed_headers(secret, message_id(dispatch), timestamp, body),
        }


def message_id(dispatch: Dispatch) -> str:
    """Standard Webhooks allows no full stop in it."""
    return dispatch.id.replace(".", "-")


def _body(dispatch: Dispatch) -> bytes:
    return msgspec.json.encode(
        {
            "id": message_id(dispatch),
            "person": dispatch.person,
            "subject": dispatch.letter.subject,
            "text": dispatch.letter.text,
            "tickets": dispatch.items,
        }
    )
