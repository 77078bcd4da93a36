"""The secret that a person's own endpoint checks signatures by."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from api.auth import Known, reads
from api.config import Name
from api.presentation import answer
from domain.errors import NotFoundError
from domain.notification.preferences import parse_preferences

ROUTER = APIRouter(prefix="/v1/agents", tags=["configuration"])
READ = reads("config:write", 404, 422)


class WebhookSecretOut(BaseModel):
    """`version`: that of the agent's document; raising it there makes another secret,
    which signs from then on.
    """

    secret: str = Field(description="`whsec_…`, as Standard Webhooks has it")
    version: int


@ROUTER.get("/{name}/webhook-secret", response_model=WebhookSecretOut, **READ)
async def get_webhook_secret(name: Name, known: Known) -> Response:
    """For who may publish agents: with it messages to this one can be made up."""
    published = (await known.registry.config()).entry("agents", name).current
    if published is None:
        raise NotFoundError("agent", name)
    version = parse_preferences(name, published.document).secret_version
    secret = known.personal_secret(name, version).reveal()
    shown = {"secret": secret, "version": version}
    return answer(shown, headers={"Cache-Control": "no-store"})
