"""The HTTP side put together: routes, middleware, problems, OpenAPI."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from api.approvals import routes as approvals
from api.assignment import routes as queues
from api.audit import events as audit_events
from api.audit import explanation, exports, proofs, replay_check, verifier_page
from api.configuration import bundles, calendar_evaluation, delegations, restatements
from api.configuration import routes as configuration
from api.events import routes as events
from api.events import subscriptions
from api.events import types as event_types
from api.http import health, problems
from api.http.access_log import AccessLog
from api.http.compression import Gzip
from api.http.conditional import Head, NotModified
from api.http.cross_origin import cross_origin
from api.http.envelope import Envelope
from api.http.gate import Gate
from api.http.limits import Limits
from api.http.middleware import Guard
from api.identity import routes as identity
from api.keys import routes as keys
from api.notifications import all_tickets as all_notifications
from api.notifications import answer_links, webhook_secrets
from api.notifications import routes as notifications
from api.oncall import calendar_urls, leaves, overrides, schedules
from api.oncall import routes as on_call
from api.openapi import pages
from api.openapi.document import document
from api.ports import Services
from api.privacy import retention
from api.privacy import routes as privacy
from api.simulations import routes as simulations
from api.tickets import clocks, history, merge_split, messages
from api.tickets import routes as tickets

ROUTERS = (
    tickets.ROUTER,
    history.ROUTER,
    messages.ROUTER,
    merge_split.ROUTER,
    approvals.ROUTER,
    *queues.ROUTERS,
    *clocks.ROUTERS,
    notifications.ROUTER,
    all_notifications.ROUTER,
    all_notifications.TEST_ROUTER,
    calendar_urls.ROUTER,
    answer_links.ROUTER,
    *configuration.ROUTERS,
    bundles.ROUTER,
    calendar_evaluation.ROUTER,
    on_call.ROUTER,
    schedules.ROUTER,
    overrides.ROUTER,
    leaves.ROUTER,
    webhook_secrets.ROUTER,
    delegations.ROUTER,
    *restatements.ROUTERS,
    simulations.ROUTER,
    exports.ROUTER,
    verifier_page.ROUTER,
    *privacy.ROUTERS,
    retention.ROUTER,
    subscriptions.ROUTER,
    events.ROUTER,
    event_types.ROUTER,
    audit_events.ROUTER,
    explanation.ROUTER,
    replay_check.ROUTER,
    keys.ROUTER,
    identity.ROUTER,
    proofs.ROUTER,
    health.ROUTER,
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
        summary="SLA enforcement for customer service, with every decision explained.",
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
    pages.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = lambda: document(  # type: ignore[method-assign]
        app, app.state.services.event_types
    )
    return app


def _add_layers(app: FastAPI, limits: Limits) -> None:
    """Middleware around the gate; the last one added is the outermost."""
    app.add_middleware(NotModified)
    app.add_middleware(Gzip)
    app.add_middleware(Head)
    if limits.cors_origins:
        app.add_middleware(CORSMiddleware, **cross_origin(limits.cors_origins))
    app.add_middleware(Envelope, hsts_s=limits.hsts_s)
    app.add_middleware(AccessLog)
