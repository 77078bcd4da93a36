"""The page that verifies an export in the browser: one file that asks nobody for
anything, served as it is, so that it can be saved and opened from disk.
"""

import re
from functools import cache
from importlib.resources import files

from fastapi import APIRouter, Response
from starlette.responses import HTMLResponse

from api.http.auth import public

ROUTER = APIRouter(prefix="/v1/audit", tags=["audit"])
_POLICY = re.compile(r'http-equiv="Content-Security-Policy" content="([^"]+)"')


@cache
def page() -> tuple[str, dict[str, str]]:
    """The page and its headers: what it forbids itself, and that nobody frames it."""
    text = files("api.audit").joinpath("verifier.html").read_text("utf-8")
    found = _POLICY.search(text)
    assert found is not None
    return text, {
        "Content-Security-Policy": f"{found[1]}; frame-ancestors 'none'",
        "Cache-Control": "no-cache",
    }


@ROUTER.get("/verifier", response_class=HTMLResponse, **public())
async def get_verifier() -> Response:
    """A page that verifies the bundle of an export in the browser, without sending
    anything anywhere. Save it, and it works without a network.
    """
    text, headers = page()
    return HTMLResponse(text, headers=headers)
