"""The HTTP side put together: routes, guard, problems, OpenAPI."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.approvals.routes import routes as approvals
from api.assignment import routes as queues
from api.configuration import (
    bundles,
)
from api.configuration import (
    calendar_evaluation as calendars,
)
from api.configuration import (
    delegations as authorities,
)
from api.configuration import (
    restatements as restating,
)
from api.configuration import (
    routes as config,
)
from api.events.routes import routes as events
from api.events.routes import subscriptions
from api.events.routes import types as event_types
from api.http import health as operation
from api.http import problems
from api.http.access_log import AccessLog
from api.http.compression import Gzip
from api.http.conditional import Head, NotModified
from api.http.cross_origin import cross_origin
from api.http.envelope import Envelope
from api.http.gate import Gate
from api.http.limits import Limits
from api.http.middleware import Guard
from api.keys.routes import routes as keys
from api.notifications.routes import (
    all_tickets as notification_list,
)
from api.notifications.routes import (
    answer_links as answers,
)
from api.notifications.routes import (
    routes as notifications,
)
from api.notifications.routes import (
    webhook_secrets,
)
from api.oncall import calendar_urls, leaves, overrides, schedules
from api.oncall import routes as on_call
from api.openapi.document import document
from api.openapi.document import pages as documentation
from api.ports import Services
from api.simulations.routes import routes as simulations
from api.tickets.routes import clocks, messages
from api.tickets.routes import merge_split as joining
from api.tickets.routes import routes as tickets

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
    answers.ROUTER,
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
DEFAULT_LIMITS = Limits()
Opened = Callable[[], AbstractAsyncContextManager[Services]]


def create_app(
    opened: Opened,
    observe: Callable[[str, int, float], None] = lambda *_: None,
    limits: Limits = DEFAULT_LIMITS,
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
        docs_url=None,
        redoc_url=None,
    )
    routes = [route for router in ROUTERS for route in router.routes]
    app.add_middleware(Guard, observe=observe, limits=limits)
    app.add_middleware(Gate, routes=routes, limits=limits)
    _add_layers(app, limits)
    problems.install(app, routes)
    documentation.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: document(  # type: ignore[method-assign]
        app, app.state.services.event_types
    )
    return app


def _add_layers(app: FastAPI, limits: Limits) -> None:
    """Around the gate; the last one stands outermost."""
    app.add_middleware(NotModified)
    app.add_middleware(Gzip)
    app.add_middleware(Head)
    if limits.cors_origins:
        app.add_middleware(CORSMiddleware, **cross_origin(limits.cors_origins))
    app.add_middleware(Envelope, hsts_s=limits.hsts_s)
    app.add_middleware(AccessLog)
