"""The published values of Standard Webhooks."""

import json
from datetime import UTC, datetime

from domain.subscription.webhook import Secret
from tests.support.files import VECTORS

PUBLISHED = json.loads((VECTORS / "webhook.json").read_text())
BASE = PUBLISHED["verify"]["base"]
SECRET = Secret.parse(BASE["secret"])
NOW = BASE["timestamp"]
VALID = PUBLISHED["verify"]["valid_signature"]


def headers(
    signature: str = VALID,
    timestamp: str = str(NOW),
    message_id: str = BASE["msg_id"],
) -> dict[str, str]:
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature,
    }


INSTANT = datetime(2015, 10, 21, 7, 28, tzinfo=UTC)
