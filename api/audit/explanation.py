"""Why an event is in the log, in sentences that can be read out."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field
from starlette.exceptions import HTTPException
from starlette.requests import Request

from activities.explanation import Explained, explain
from api.audit.events import AuditEventOut, event_out
from api.http.answers import Answer, Made
from api.http.auth import ServicesDep, reads
from api.http.responses import answer
from api.tickets.schemas import EventActorOut, PolicyOut
from domain.access import Holder
from domain.audit.causes import Link
from domain.audit.sentences import LANGUAGES, Language
from domain.event import Json
from domain.subscription.subscription import FAMILIES

ROUTER = APIRouter(prefix="/v1/events", tags=["audit"])


class RuleAnswerOut(Answer):
    policy: PolicyOut
    rule: int = Field(description="The place of the rule in the policy, from 0")
    matched: bool = Field(description="Whether the rule applied")
    field: str | None = Field(description="The field that did not match; null: all did")
    value: object = Field(description="The value that the field had")
    wanted: str | None = Field(description="What the rule wants of the field")
    says: str = Field(description="The same as a sentence")


class ConsideredOut(Answer):
    person: str
    chosen: bool = Field(description="Whether they were chosen")
    reason: str
    load: int | None = Field(description="The weight of their open tickets")
    says: str = Field(description="The same as a sentence")


class DecisionRecordOut(Answer):
    """What was decided, as it was recorded then: by which version of which policy, on
    which inputs, what each rule said, and who was considered.
    """

    policy: PolicyOut | None
    calendar: PolicyOut | None
    inputs: dict[str, object] = Field(description="What the decision looked at")
    rules: list[RuleAnswerOut] = Field(description="Each rule, also those that said no")
    people: list[ConsideredOut] = Field(
        description="Each person who was considered, also those not chosen"
    )


class LinkOut(Answer):
    """`request`, `timer` and `import` are where a chain begins; their position is that
    of the first event they led to.
    """

    position: int
    type: str = Field(description="An event type; or `request`, `timer`, `import`")
    actor: Made[EventActorOut]
    at: datetime
    what: str = Field(description="What happened, as a sentence")


class EventExplanationOut(Answer):
    event: Made[AuditEventOut]
    decision: Made[DecisionRecordOut | None] = Field(
        description="What a rule decided; null: no rule did"
    )
    chain: Made[list[LinkOut]] = Field(
        description="From the event back to the request that it all began with"
    )


@ROUTER.get(
    "/{position}/explain",
    response_model=EventExplanationOut,
    **reads("events:read", 404, 422),
)
async def explain_event(
    request: Request,
    position: Annotated[int, Path(ge=1, le=2**62)],
    known: ServicesDep,
    lang: Annotated[
        Language | None, Query(description="The language of the sentences")
    ] = None,
    accepted: Annotated[str, Header(alias="Accept-Language", max_length=300)] = "en",
) -> Response:
    """Why an event is in the log: what was decided, on which inputs, and what led to
    it. Events of keys, subscriptions and denials need `audit:read`.
    """
    words = LANGUAGES[lang or _language(accepted)]
    found = await explain(known.store, known.registry, position, words)
    _check_may_see(request.state.key, found)
    return answer(_shown(found))


def _check_may_see(key: Holder, found: Explained) -> None:
    """What is in no feed is for auditors."""
    family = found.recorded.event.fact.topic.partition(".")[0]
    if family not in FAMILIES and not key.may("audit:read"):
        detail = f"the role {key.role} lacks audit:read"
        raise HTTPException(HTTPStatus.FORBIDDEN, detail)


def _language(accepted: str) -> Language:
    """The first language asked for that there is; English if there is none."""
    for wanted in accepted.split(","):
        code = wanted.partition(";")[0].strip().lower().partition("-")[0]
        if code == "zh":
            return "zh"
        if code == "en":
            return "en"
    return "en"


def _shown(found: Explained) -> Json:
    return EventExplanationOut.of(
        event=event_out(found.recorded),
        decision=DecisionRecordOut.of(found.decision) if found.decision else None,
        chain=[_link(one) for one in found.chain],
    )


def _link(one: Link) -> Json:
    return LinkOut.of(one, actor=EventActorOut.of(one.actor, key_id=one.key_id))
