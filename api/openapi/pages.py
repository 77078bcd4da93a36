"""`/docs` to read, and what else is open to all that has no data in it.

The viewer is Swagger UI out of an installed package: the browser fetches nothing from
anywhere else, and runs no script that is not a file of ours.
"""

from functools import cache
from importlib.resources import files

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none';"
    " frame-ancestors 'none'"
)
"""Inline styles, because Swagger UI sets `style` attributes; no inline script."""
VIEWER = {
    "swagger-ui-bundle.js": "text/javascript",
    "swagger-ui.css": "text/css",
}
_PAGE = b"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pledge: the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
<div id="viewer"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</html>
"""
_START = b"""SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#viewer",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""


def install(app: FastAPI) -> None:
    app.router.routes += [
        Route("/", _root, include_in_schema=False),
        Route("/docs", _docs, include_in_schema=False),
        Route("/docs/{name}", _asset, include_in_schema=False),
    ]


async def _root(_: Request) -> Response:
    return JSONResponse(
        {
            "name": "Pledge",
            "api": "/v1",
            "docs": "/docs",
            "openapi": "/openapi.json",
            "health": "/healthz",
            "ready": "/readyz",
            "metrics": "/metrics",
        }
    )


async def _docs(_: Request) -> Response:
    return _shown(_PAGE, "text/html", "no-cache")


async def _asset(request: Request) -> Response:
    name = request.path_params["name"]
    if name == "start.js":
        return _shown(_START, "text/javascript", "no-cache")
    if name not in VIEWER:
        raise HTTPException(404)
    return _shown(_of_the_viewer(name), VIEWER[name], "public, max-age=86400")


@cache
def _of_the_viewer(name: str) -> bytes:
    return (files("fastapi_offline") / "static" / name).read_bytes()


def _shown(content: bytes, media_type: str, caching: str) -> Response:
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": caching}
    return Response(content, media_type=media_type, headers=headers)
