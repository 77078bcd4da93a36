"""The HTTP side put together: routes, guard, problems, OpenAPI."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from api import (
    approvals,
    authorities,
    bundles,
    calendars,
    clocks,
    config,
    events,
    joining,
    keys,
    leaves,
    notifications,
    operation,
    overrides,
    problems,
    queues,
    restating,
    schedules,
    simulations,
    subscriptions,
    tickets,
    webhook_secrets,
)
from api.guard import Guard
from api.ports import Services

ROUTERS = (
    tickets.ROUTER,
    joining.ROUTER,
    approvals.ROUTER,
    *queues.ROUTERS,
    *clocks.ROUTERS,
    notifications.ROUTER,
    *config.ROUTERS,
    bundles.ROUTER,
    calendars.ROUTER,
    schedules.ROUTER,
    overrides.ROUTER,
    leaves.ROUTER,
    webhook_secrets.ROUTER,
    authorities.ROUTER,
    *restating.ROUTERS,
    simulations.ROUTER,
    subscriptions.ROUTER,
    events.ROUTER,
    keys.ROUTER,
    operation.ROUTER,
)
Opened = Callable[[], AbstractAsyncContextManager[Services]]


def create_app(
    opened: Opened, observe: Callable[[str, int, float], None] = lambda *_: None
) -> FastAPI:
    """`opened` makes the services when the server starts and closes them at its end."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with opened() as services:
            app.state.services = services
            yield

    app = FastAPI(
        title="Pledge",
        version="1",
        summary="Promises to customers, kept to the second, explained and proven.",
        lifespan=lifespan,
        generate_unique_id_function=_operation_id,
        redirect_slashes=False,
    )
    app.add_middleware(Guard, observe=observe)
    problems.install(app, [route for router in ROUTERS for route in router.routes])
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: _openapi(app)  # type: ignore[method-assign]
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


def _openapi(app: FastAPI) -> dict[str, Any]:
    if app.openapi_schema is None:
        schema = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
        )
        models = schema.setdefault("components", {}).setdefault("schemas", {})
        template = problems.PROBLEM_REF.rpartition("/")[0] + "/{model}"
        made = problems.Problem.model_json_schema(ref_template=template)
        models.update(made.pop("$defs", {}))
        models["Problem"] = made
        app.openapi_schema = schema
    return app.openapi_schema
