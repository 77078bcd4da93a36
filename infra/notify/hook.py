"""A person's own endpoint: JSON, through the one door that checks addresses.

Not signed: an agent has no secret with us. `webhook-id` is the same over the tries.
"""

import msgspec

from activities.dispatch import Dispatch
from domain.notification.settling import Outcome
from infra.outbound import DeliveryError, OutboundClient, OutboundError

TEMPORARY = frozenset({408, 425, 429})
SERVER_FAULT = 500
ACCEPTED = range(200, 300)


class Hook:
    def __init__(self, client: OutboundClient) -> None:
        self._client = client

    async def send(self, dispatch: Dispatch) -> Outcome:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Pledge-Notifications/1",
            "webhook-id": dispatch.id,
        }
        try:
            answer = await self._client.post(dispatch.address, _body(dispatch), headers)
        except DeliveryError as error:
            if error.status is not None:
                return Outcome(code=f"http_{error.status}")  # a redirect
            return Outcome(code="no_answer", temporary=True)
        except OutboundError:
            return Outcome(code="address_refused")
        if answer.status in ACCEPTED:
            return Outcome()
        temporary = answer.status in TEMPORARY or answer.status >= SERVER_FAULT
        return Outcome(code=f"http_{answer.status}", temporary=temporary)


def _body(dispatch: Dispatch) -> bytes:
    return msgspec.json.encode(
        {
            "id": dispatch.id,
            "person": dispatch.person,
            "subject": dispatch.letter.subject,
            "text": dispatch.letter.text,
            "tickets": dispatch.items,
        }
    )
