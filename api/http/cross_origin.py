"""Which pages of other origins may use the API from a browser (CORS)."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from api.http.request_id import HEADER

ASKED = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    HEADER,
)
ANSWERED = (
    "Allow",
    "ETag",
    "Idempotency-Replayed",
    "Location",
    "Pledge-Position",
    "Pledge-Receipt",
    "RateLimit",
    "RateLimit-Policy",
    "Retry-After",
    HEADER,
)


def cross_origin(origins: Sequence[str]) -> dict[str, Any]:
    """Never with credentials: the key travels in a header that the page has to set, and
    no page may borrow what the browser keeps for another.
    """
    return {
        "allow_origins": list(origins),
        "allow_methods": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
        "allow_headers": list(ASKED),
        "expose_headers": list(ANSWERED),
        "allow_credentials": False,
    }


def origins(text: str) -> tuple[str, ...]:
    """Raises ValueError for what no browser would ever call itself."""
    found = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in found:
        parts = urlsplit(origin)
        bare = f"{parts.scheme}://{parts.netloc}"
        if origin != "*" and (parts.scheme not in ("http", "https") or origin != bare):
            msg = f"{origin!r} is not an origin: write https://desk.shop.example or *"
            raise ValueError(msg)
    return found
