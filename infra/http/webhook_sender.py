"""Outbound requests as the delivery activity needs them: always an answer, never an
error.
"""

import time
from datetime import timedelta

from activities.delivery import Answer
from infra.http.outbound import DeliveryError, OutboundClient, OutboundError


class WebhookSender:
    def __init__(self, client: OutboundClient) -> None:
        self._client = client

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answer:
        started = time.perf_counter()
        try:
            answer = await self._client.post(url, body, headers)
        except OutboundError as error:
            status = error.status if isinstance(error, DeliveryError) else None
            took = timedelta(seconds=time.perf_counter() - started)
            return Answer(status, error.reason, None, took)
        retry_after = answer.headers.get("retry-after")
        return Answer(answer.status, answer.snippet, retry_after, answer.duration)
