"""Subscriptions: which events are sent to which webhook, and the deliveries."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from activities.delivery import try_out
from activities.ports import Appended
from activities.subscriptions import SubscriptionService, Wish
from api.events.subscription_schemas import (
    DeliveryOut,
    NewSubscriptionOut,
    PauseSubscriptionIn,
    ResumeSubscriptionIn,
    SubscriptionChangeIn,
    SubscriptionIn,
    SubscriptionOut,
    SubscriptionStandingOut,
    TestedOut,
)
from api.http.answers import Answer, page_of
from api.http.auth import CallerDep, ServicesDep, guarded, reads
from api.http.paging import PageDep
from api.http.reader import sees_personal
from api.http.responses import answer, etag, made_at, written
from api.ports import Services, Standing
from domain.access import Holder
from domain.duration import format_duration
from domain.errors import InvalidError, NotFoundError
from domain.event import Json
from domain.people.directory import Team
from domain.subscription.subscription import (
    Subscription,
    SubscriptionCreated,
    fold_subscriptions,
)
from domain.subscription.webhook import Secret, SecretError

ROUTER = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
READ = reads("subscriptions:read", 404, 422)
WRITE = guarded("subscriptions:write", 400, 404, 409, 412, 413, 415, 422)
TEST = guarded("subscriptions:write", 404)


class _Whose:
    """What the key may see. Other subscriptions do not exist for it."""

    def __init__(self, known: Services, key: Holder, teams: Mapping[str, Team]) -> None:
        self._known, self._key, self._teams = known, key, teams

    def sees(self, subscription: Subscription) -> bool:
        if self._key.may("every_subscription:read"):
            return True
        return subscription.belongs_to(self._key.own, self._teams)

    async def find(self, subscription_id: str) -> Subscription:
        """Raises NotFoundError."""
        found = (await self._known.registry.subscriptions()).by_id.get(subscription_id)
        if found is None or found.deleted or not self.sees(found):
            raise NotFoundError("subscription", subscription_id)
        return found


async def _whose(request: Request, known: ServicesDep) -> _Whose:
    teams = (await known.registry.config()).directory.teams
    return _Whose(known, request.state.key, teams)


Whose = Annotated[_Whose, Depends(_whose)]


@ROUTER.post("", status_code=201, response_model=NewSubscriptionOut, **WRITE)
async def create_subscription(
    body: SubscriptionIn, known: ServicesDep, caller: CallerDep
) -> Response:
    """Subscribe a URL to every event of these types from now on."""
    if (refusal := known.check_url(body.url)) is not None:
        raise InvalidError.at("/url", refusal)
    secret = known.new_secret() if body.secret is None else _secret(body.secret)
    wanted = SubscriptionCreated(
        subscription_id=known.new_id(),
        url=body.url,
        types=tuple(body.types),
        format=body.format,
        from_position=await known.feed.head(),
        team=body.team,
        personal=sees_personal(),
    )
    appended = await _desk(known).create(wanted, secret, caller)
    created = fold_subscriptions(await known.store.load(appended.stream_id, 1))
    [found] = created.by_id.values()
    revealed = await known.secrets.reveal(found.id)
    shown = _shown(found, NewSubscriptionOut, secret=revealed)
    where = made_at("subscriptions", found.id)
    headers = where | etag(found.version) | written(appended)
    return answer(shown, status=201, headers=headers)


@ROUTER.get("", response_model=page_of(SubscriptionOut), **READ)
async def list_subscriptions(
    known: ServicesDep, asked: PageDep, whose: Whose
) -> Response:
    """Sorted by creation: your own and those of your teams; all of them for roles that
    may see every subscription.
    """
    there = (await known.registry.subscriptions()).there
    found = sorted((s for s in there if whose.sees(s)), key=lambda s: s.id)
    return answer(asked.of(found, lambda s: s.id, _shown))


@ROUTER.get("/{subscription_id}", response_model=SubscriptionStandingOut, **READ)
async def get_subscription(
    subscription_id: str, known: ServicesDep, whose: Whose
) -> Response:
    """Its state: how many events wait, since when it fails, when it is retried."""
    found = await whose.find(subscription_id)
    standing = _standing(found, await known.secrets.standing(found), known.now())
    shown = _shown(found, SubscriptionStandingOut, **standing)
    return answer(shown, headers=etag(found.version))


@ROUTER.patch("/{subscription_id}", response_model=SubscriptionOut, **WRITE)
async def change_subscription(
    subscription_id: str,
    body: SubscriptionChangeIn,
    known: ServicesDep,
    caller: CallerDep,
    whose: Whose,
) -> Response:
    """Change the URL, the types or the format; no event is lost. Waiting events are
    retried at once.
    """
    await whose.find(subscription_id)
    if body.url is not None and (refusal := known.check_url(body.url)) is not None:
        raise InvalidError.at("/url", refusal)
    wish = Wish(
        url=body.url,
        types=None if body.types is None else tuple(body.types),
        format=body.format,
        team=body.team or ("" if "team" in body.model_fields_set else None),
        personal=sees_personal(),
    )
    appended = await _desk(known).change(subscription_id, wish, caller)
    return await _as_left(known, subscription_id, appended)


@ROUTER.post("/{subscription_id}/pause", response_model=SubscriptionOut, **WRITE)
async def pause_subscription(
    subscription_id: str,
    known: ServicesDep,
    caller: CallerDep,
    whose: Whose,
    body: PauseSubscriptionIn | None = None,
) -> Response:
    """Send nothing for now. New events wait."""
    await whose.find(subscription_id)
    reason = body.reason if body else None
    appended = await _desk(known).pause(subscription_id, reason, caller)
    return await _as_left(known, subscription_id, appended)


@ROUTER.post("/{subscription_id}/resume", response_model=SubscriptionOut, **WRITE)
async def resume_subscription(
    subscription_id: str,
    known: ServicesDep,
    caller: CallerDep,
    whose: Whose,
    body: ResumeSubscriptionIn | None = None,
) -> Response:
    """Continue at once, after a pause or after the endpoint answered 410."""
    await whose.find(subscription_id)
    held = (body or ResumeSubscriptionIn()).held
    appended = await _desk(known).resume(subscription_id, held, caller)
    return await _as_left(known, subscription_id, appended)


@ROUTER.post("/{subscription_id}/retry", response_model=SubscriptionOut, **WRITE)
async def retry_subscription(
    subscription_id: str, known: ServicesDep, caller: CallerDep, whose: Whose
) -> Response:
    """Retry now instead of at `next_try_at`, for example after the endpoint was
    repaired.
    """
    await whose.find(subscription_id)
    appended = await _desk(known).retry(subscription_id, caller)
    return await _as_left(known, subscription_id, appended)


@ROUTER.post("/{subscription_id}/test", response_model=TestedOut, **TEST)
async def test_subscription(
    subscription_id: str, known: ServicesDep, whose: Whose
) -> Response:
    """Send a signed event of the type `subscription.test` now and return the result. It
    works for a paused subscription too and changes nothing.
    """
    found = await whose.find(subscription_id)
    attempt = await try_out(
        known.courier, known.secrets, found, known.new_id(), known.now()
    )
    state = "delivered" if attempt.delivered else "failed"
    duration_ms = round(attempt.duration.total_seconds() * 1000)
    return answer(TestedOut.of(attempt, state=state, duration_ms=duration_ms))


@ROUTER.delete("/{subscription_id}", status_code=204, **WRITE)
async def delete_subscription(
    subscription_id: str, known: ServicesDep, caller: CallerDep, whose: Whose
) -> Response:
    """Send nothing more, except what is already being sent."""
    if not await known.store.find(caller.command_id):
        await whose.find(subscription_id)
    appended = await _desk(known).delete(subscription_id, caller)
    return Response(status_code=204, headers=written(appended))


@ROUTER.get(
    "/{subscription_id}/deliveries", response_model=page_of(DeliveryOut), **READ
)
async def list_deliveries(
    subscription_id: str,
    known: ServicesDep,
    whose: Whose,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Every attempt, newest first."""
    await whose.find(subscription_id)
    rows = await known.secrets.deliveries(subscription_id, cursor, limit)
    names = list(DeliveryOut.model_fields)
    items = [dict(zip(names, row, strict=True)) for row in rows]
    following = str(items[-1]["id"]) if len(items) == limit else None
    return answer({"items": items, "next_cursor": following})


async def _as_left(
    known: Services, subscription_id: str, appended: Appended
) -> Response:
    """As of the command, so that a replayed answer is the same."""
    events = await known.store.load(appended.stream_id, appended.version)
    found = fold_subscriptions(events).by_id[subscription_id]
    return answer(_shown(found), headers=etag(found.version) | written(appended))


def _desk(known: Services) -> SubscriptionService:
    return SubscriptionService(
        store=known.store,
        registry=known.registry,
        now=known.now,
        topics=known.topics,
        vault=known.secrets,
        head=known.feed.head,
    )


def _secret(text: str) -> str:
    try:
        return Secret.new(Secret.parse(text).key).reveal()
    except SecretError as error:
        raise InvalidError.at("/secret", str(error)) from error


def _shown(
    subscription: Subscription, form: type[Answer] = SubscriptionOut, **made: object
) -> Json:
    by = subscription.maker.person
    return form.of(subscription, delivery="webhook", created_by=by, **made)


def _standing(subscription: Subscription, found: Standing, now: datetime) -> Json:
    waits = max(now - found.oldest, timedelta(0)) if found.oldest else timedelta(0)
    return {
        "held": found.held,
        "lag": format_duration(waits),
        "failures": found.failures,
        "failing_since": found.failing_since,
        "last_failure": found.last_failure,
        "next_try_at": found.next_try_at if subscription.delivers else None,
        "last_success_at": found.last_success_at,
    }
