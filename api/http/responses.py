"""Answers as bytes, and the headers that answers share."""

from collections.abc import Mapping
from urllib.parse import quote

import msgspec
from fastapi import Response

from activities.ports import Appended

_ENCODER = msgspec.json.Encoder()


def answer(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(
        _ENCODER.encode(body),
        status_code=status,
        media_type="application/json",
        headers=dict(headers or {}),
    )


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def made_at(*parts: str) -> dict[str, str]:
    """Of every 201: where what was made is from now on."""
    return {"Location": "/".join(("/v1", *(quote(part, safe="") for part in parts)))}


def written(appended: Appended) -> dict[str, str]:
    """The headers of every answer to a write."""
    receipt = appended.receipt
    headers = {"Pledge-Position": str(receipt.position)}
    if receipt.sha256:
        headers["Pledge-Receipt"] = f"{receipt.position}:{receipt.sha256}"
    return headers | ({"Idempotency-Replayed": "true"} if appended.replayed else {})
