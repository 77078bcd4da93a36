"""The HTTP side put together: routes, guard, problems, OpenAPI."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from api import (
    approvals,
    authorities,
    bundles,
    calendar_urls,
    calendars,
    clocks,
    config,
    event_types,
    events,
    joining,
    keys,
    leaves,
    messages,
    notification_list,
    notifications,
    on_call,
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
from api.access_log import AccessLog
from api.guard import Guard
from api.openapi import document
from api.ports import Services

ROUTERS = (
    tickets.ROUTER,
    messages.ROUTER,
    joining.ROUTER,
    approvals.ROUTER,
    *queues.ROUTERS,
    *clocks.ROUTERS,
    notifications.ROUTER,
    notification_list.ROUTER,
    notification_list.TEST_ROUTER,
    calendar_urls.ROUTER,
    *config.ROUTERS,
    bundles.ROUTER,
    calendars.ROUTER,
    on_call.ROUTER,
    schedules.ROUTER,
    overrides.ROUTER,
    leaves.ROUTER,
    webhook_secrets.ROUTER,
    authorities.ROUTER,
    *restating.ROUTERS,
    simulations.ROUTER,
    subscriptions.ROUTER,
    events.ROUTER,
    event_types.ROUTER,
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
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,
    )
    app.add_middleware(Guard, observe=observe)
    app.add_middleware(AccessLog)
    problems.install(app, [route for router in ROUTERS for route in router.routes])
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: document(  # type: ignore[method-assign]
        app, app.state.services.event_types
    )
    return app
