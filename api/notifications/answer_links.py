"""The links in messages. The link is the permission: it does one action as the person
to whom the message was sent, and nothing else.
"""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path
from starlette.responses import HTMLResponse

from activities.notification.answer import Answerable, State
from api.http.auth import ServicesDep, public
from api.notifications.answer_page import HEADERS, page

ROUTER = APIRouter(prefix="/l", tags=["answers"])
STATUS: dict[State, int] = {
    "open": 200,
    "done": 200,
    "outdated": 409,
    "expired": 410,
    "unknown": 404,
}
PAGES: dict[int | str, dict[str, Any]] = {
    404: {"description": "The link is not valid"},
    409: {"description": "No answer is needed any more"},
    410: {"description": "The link has expired"},
}
Token = Annotated[str, Path(max_length=500)]
Languages = Annotated[str, Header(alias="Accept-Language", max_length=300)]


@ROUTER.get("/{token}", response_class=HTMLResponse, responses=PAGES, **public())
async def show_answer(
    token: Token, known: ServicesDep, languages: Languages = "en"
) -> HTMLResponse:
    """A page that says what the link will do. It changes nothing, because mail scanners
    follow links.
    """
    found = await known.answering.look(token)
    # What was true when it was sent is no fault of who looks.
    status = 200 if found.state == "outdated" else STATUS[found.state]
    return _page(found, languages, status, known.now())


@ROUTER.post("/{token}", response_class=HTMLResponse, responses=PAGES, **public())
async def give_answer(
    token: Token, known: ServicesDep, languages: Languages = "en"
) -> HTMLResponse:
    """Acknowledge, accept, decline, approve or reject, as the link says. A repeat gets
    the same answer.
    """
    found = await known.answering.act(token)
    return _page(found, languages, STATUS[found.state], known.now())


def _page(
    found: Answerable, languages: str, status: int, now: datetime
) -> HTMLResponse:
    text = page(found, languages, now)
    return HTMLResponse(text, status_code=status, headers=HEADERS)
