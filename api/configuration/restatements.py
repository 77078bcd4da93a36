"""Apply edited policies and calendars to promises that are already running."""

from datetime import datetime
from typing import Literal, get_args

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.http.answers import Answer
from api.http.auth import CallerDep, ServicesDep, guarded
from api.http.fields import Identifier, Line, Strict, example
from api.http.responses import answer, written
from domain.ticket.restatement import RestatedKind

ORDER = guarded("config:write", 400, 404, 409, 413, 415, 422)
PREVIEW = guarded("config:read", 404, 413, 415, 422)


class RestateIn(Strict):
    model_config = example(reason="the contract changed on 1 November")
    reason: Line


class ClockChangeOut(Answer):
    """`breaks`: the new deadline has passed already, so the promise is breached at
    once. For a clock that is `migrated`, both deadlines are those of the next step of
    its escalation policy, and `step` is its number in the new version.
    """

    ticket_id: str
    number: int
    metric: str
    cycle: int
    what: Literal["restated", "cancelled", "attached", "migrated"]
    old_due_at: datetime | None
    new_due_at: datetime | None
    breaks: bool
    step: int | None


class RestatementPreviewOut(Answer):
    tickets: int
    clocks: int
    breaks: int
    changes: list[ClockChangeOut] = Field(description="At most the first thousand")


class OrderedOut(BaseModel):
    """The clocks follow shortly after. Each change is an event of its ticket, with the
    reason.
    """

    kind: RestatedKind
    name: str
    reason: str


def router(kind: RestatedKind) -> APIRouter:
    made = APIRouter(prefix=f"/v1/{kind}", tags=[kind])

    word = kind.replace("-", "_")

    @made.post(
        "/{name}/restate/preview",
        operation_id=f"preview_restating_{word}",
        response_model=RestatementPreviewOut,
        **PREVIEW,
    )
    async def preview(name: Identifier, known: ServicesDep) -> Response:
        """What would change for each running clock or escalation under the newest
        version.
        """
        # Of the tickets as they are now, not as the lists knew them a moment ago.
        await known.tickets.wait_for(await known.feed.head())
        previewed = await known.restating.preview(kind, name)
        return answer(RestatementPreviewOut.of(previewed))

    @made.post(
        "/{name}/restate",
        status_code=202,
        operation_id=f"restate_{word}",
        response_model=OrderedOut,
        **ORDER,
    )
    async def restate(
        name: Identifier, body: RestateIn, known: ServicesDep, caller: CallerDep
    ) -> Response:
        """Move running clocks or escalations to the newest version, whatever their
        policies say about edits.
        """
        appended = await known.restating.order(
            kind, name, body.reason, known.new_id, caller
        )
        ordered = {"kind": kind, "name": name, "reason": body.reason}
        return answer(ordered, status=202, headers=written(appended))

    return made


ROUTERS = [router(kind) for kind in get_args(RestatedKind)]
