"""Bodies and answers of subscriptions, as OpenAPI shows them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from api.http.answers import Answer, Made
from api.http.fields import Cleaned, Identifier, Line, Strict, Verbatim, example
from api.ports import MOST_COUNTED
from domain.subscription.subscription import Held, State


class SubscriptionIn(Strict):
    """`types`: event types, or a family such as `sla.*`: `ticket`, `sla`, `escalation`,
    `assignment`, `approval`, `feedback`, `policy`. Without a `secret` one is generated.
    `team`: its members may see and change the subscription too.
    """

    model_config = example(
        url="https://product.example/hooks/pledge",
        types=["sla.breached", "escalation.*", "feedback.*"],
    )
    url: Annotated[str, Verbatim, Field(max_length=2000)]
    types: list[Annotated[str, Cleaned, Field(max_length=100)]] = Field(
        min_length=1, max_length=100
    )
    format: Literal["thin", "full"] = "full"
    delivery: Literal["webhook"] = "webhook"
    secret: Annotated[str, Verbatim, Field(max_length=200)] | None = None
    team: Identifier | None = None


class SubscriptionChangeIn(Strict):
    """Fields that are left out stay as they are. Added types are sent from now on;
    `team` null: no team.
    """

    model_config = example(url="https://product.example/hooks/new")
    url: Annotated[str, Verbatim, Field(max_length=2000)] | None = None
    types: list[Annotated[str, Cleaned, Field(max_length=100)]] | None = Field(
        default=None, min_length=1, max_length=100
    )
    format: Literal["thin", "full"] | None = None
    team: Identifier | None = None


class PauseSubscriptionIn(Strict):
    model_config = example(reason="we move to another host")
    reason: Line | None = None


class ResumeSubscriptionIn(Strict):
    """Which of the waiting events are sent: `all`, the `newest` of each subject, or
    none (`skip`).
    """

    model_config = example(held="newest")
    held: Held = "all"


class SubscriptionOut(Answer):
    """`state_reason`: why it is paused or disabled."""

    id: str
    url: str
    types: list[str]
    format: str
    delivery: Made[str]
    team: str | None
    personal: bool
    state: State
    state_reason: str | None
    created_at: datetime
    created_by: Made[str]
    version: int


class SubscriptionStandingOut(SubscriptionOut):
    held: Made[int] = Field(
        description=f"Number of events waiting to be sent, counted up to {MOST_COUNTED}"
    )
    lag: Made[str] = Field(
        description=("How long the oldest of them has been waiting; `PT0S`: none")
    )
    failures: Made[int] = Field(description="Failed attempts in a row")
    failing_since: Made[datetime | None]
    last_failure: Made[str | None] = Field(
        description=("The answer of the endpoint, or why there was none")
    )
    next_try_at: Made[datetime | None] = Field(
        description=("When the next attempt is, after a failure, while active")
    )
    last_success_at: Made[datetime | None]


class NewSubscriptionOut(SubscriptionOut):
    secret: Made[str] = Field(description="Shown in this answer only")


class DeliveryOut(Answer):
    """`detail`: the beginning of the answer, or why there was none. `position`: null
    for a test.
    """

    id: int
    position: int | None
    event_type: str
    attempt: int
    state: Literal["delivered", "failed"]
    status_code: int | None
    detail: str | None
    duration_ms: int
    attempted_at: datetime


class TestedOut(Answer):
    """`detail`: the beginning of the answer, or why there was none."""

    state: Made[Literal["delivered", "failed"]]
    status_code: int | None
    detail: str
    duration_ms: Made[int]
