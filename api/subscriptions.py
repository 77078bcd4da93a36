"""Subscriptions: who is told of what by webhook, and how it went."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from activities.subscriptions import SubscriptionDesk
from api.auth import Calling, Known, guarded, reads
from api.pages import Asked
from api.presentation import answer, etag, made_at, written
from api.words import Cleaned, Strict, example
from domain.errors import InvalidError, NotFoundError
from domain.event import Json
from domain.subscription import (
    Subscription,
    SubscriptionCreated,
    fold_subscriptions,
)
from domain.webhook import Secret, SecretError

ROUTER = APIRouter(prefix="/v1/subscriptions", tags=["subscriptions"])
READ = reads("subscriptions:read", 404, 422)
WRITE = guarded("subscriptions:write", 400, 404, 409, 412, 413, 415, 422)


class SubscriptionIn(Strict):
    """`types`: event types, or a family as `sla.*`: of `ticket`, `sla`, `escalation`,
    `assignment`, `approval`, `feedback`, `policy`. Without a `secret` one is made.
    """

    model_config = example(
        url="https://product.example/hooks/pledge",
        types=["sla.breached", "escalation.*", "feedback.*"],
    )
    url: Annotated[str, Cleaned, Field(max_length=2000)]
    types: list[Annotated[str, Cleaned, Field(max_length=100)]] = Field(
        min_length=1, max_length=100
    )
    format: Literal["thin", "full"] = "full"
    delivery: Literal["webhook"] = "webhook"
    secret: Annotated[str, Cleaned, Field(max_length=200)] | None = None


class SubscriptionOut(BaseModel):
    id: str
    url: str
    types: list[str]
    format: str
    delivery: str
    created_at: datetime
    created_by: str
    version: int


class NewSubscriptionOut(SubscriptionOut):
    secret: str = Field(description="Shown in this answer and never again")


class SubscriptionPage(BaseModel):
    items: list[SubscriptionOut]
    next_cursor: str | None


class DeliveryOut(BaseModel):
    """`detail`: the beginning of the answer, or why there was none."""

    id: int
    position: int
    event_type: str
    attempt: int
    state: Literal["delivered", "failed"]
    status_code: int | None
    detail: str | None
    duration_ms: int
    attempted_at: datetime


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


@ROUTER.post("", status_code=201, response_model=NewSubscriptionOut, **WRITE)
async def create_subscription(
    body: SubscriptionIn, known: Known, caller: Calling
) -> Response:
    """Hear of every event of these types from now on."""
    if (refusal := known.check_url(body.url)) is not None:
        raise InvalidError.at("/url", refusal)
    secret = known.new_secret() if body.secret is None else _secret(body.secret)
    wanted = SubscriptionCreated(
        subscription_id=known.new_id(),
        url=body.url,
        types=tuple(body.types),
        format=body.format,
        from_position=await known.feed.head(),
    )
    appended = await _desk(known).create(wanted, secret, caller)
    created = fold_subscriptions(await known.store.load(appended.stream_id, 1))
    [found] = created.by_id.values()
    shown = _json(found) | {"secret": await known.secrets.reveal(found.id)}
    where = made_at("subscriptions", found.id)
    headers = where | etag(found.version) | written(appended)
    return answer(shown, status=201, headers=headers)


@ROUTER.get("", response_model=SubscriptionPage, **READ)
async def list_subscriptions(known: Known, asked: Asked) -> Response:
    """In the order of their making."""
    active = sorted((await known.registry.subscriptions()).active, key=lambda s: s.id)
    return answer(asked.of(active, lambda s: s.id, _json))


@ROUTER.get("/{subscription_id}", response_model=SubscriptionOut, **READ)
async def get_subscription(subscription_id: str, known: Known) -> Response:
    found = await _find(known, subscription_id)
    return answer(_json(found), headers=etag(found.version))


@ROUTER.delete("/{subscription_id}", status_code=204, **WRITE)
async def delete_subscription(
    subscription_id: str, known: Known, caller: Calling
) -> Response:
    """Nothing more is sent, but for what is on its way already."""
    appended = await _desk(known).delete(subscription_id, caller)
    return Response(status_code=204, headers=written(appended))


@ROUTER.get("/{subscription_id}/deliveries", response_model=DeliveryPage, **READ)
async def list_deliveries(
    subscription_id: str,
    known: Known,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    cursor: Annotated[int | None, Query(ge=1)] = None,
) -> Response:
    """Every try, newest first."""
    await _find(known, subscription_id)
    rows = await known.secrets.deliveries(subscription_id, cursor, limit)
    names = list(DeliveryOut.model_fields)
    items = [dict(zip(names, row, strict=True)) for row in rows]
    following = str(items[-1]["id"]) if len(items) == limit else None
    return answer({"items": items, "next_cursor": following})


def _desk(known: Known) -> SubscriptionDesk:
    return SubscriptionDesk(
        known.store, known.registry, known.now, known.topics, known.secrets
    )


def _secret(text: str) -> str:
    try:
        return Secret.new(Secret.parse(text).key).reveal()
    except SecretError as error:
        raise InvalidError.at("/secret", str(error)) from error


async def _find(known: Known, subscription_id: str) -> Subscription:
    found = (await known.registry.subscriptions()).by_id.get(subscription_id)
    if found is None or found.deleted:
        raise NotFoundError("subscription", subscription_id)
    return found


def _json(subscription: Subscription) -> Json:
    return {
        "id": subscription.id,
        "url": subscription.url,
        "types": list(subscription.types),
        "format": subscription.format,
        "delivery": "webhook",
        "created_at": subscription.created_at,
        "created_by": subscription.created_by,
        "version": subscription.version,
    }
