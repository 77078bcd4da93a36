"""The secret with which a person's own endpoint verifies signatures."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from activities.ports import Caller
from api.configuration.routes import Name
from api.http.auth import CallerDep, ServicesDep, reads
from api.http.responses import answer
from api.keys.routes import key_service
from domain.access import WebhookSecretRead
from domain.errors import NotFoundError

ROUTER = APIRouter(prefix="/v1/agents", tags=["configuration"])
READ = reads("config:read", 404, 409, 422)


class WebhookSecretOut(BaseModel):
    """`version`: the one in the agent's document. A higher version there creates a new
    secret, which signs from then on.
    """

    secret: str = Field(description="`whsec_…`, in the form of Standard Webhooks")
    version: int


@ROUTER.get("/{name}/webhook-secret", response_model=WebhookSecretOut, **READ)
async def get_webhook_secret(
    name: Name, known: ServicesDep, caller: CallerDep
) -> Response:
    """For the agent's own key, and for keys that manage keys, because messages to the
    agent can be forged with it. Each reading is recorded as
    `agent.webhook_secret_read`.
    """
    published = (await known.registry.config()).entry("agents", name).current
    if published is None:
        raise NotFoundError("agent", name)
    _refuse_others(name, caller)
    version = published.preferences.secret_version
    read = WebhookSecretRead(agent=name, secret_version=version)
    await key_service(known).read_secret(read, caller)
    secret = known.personal_secret(name, version).reveal()
    shown = {"secret": secret, "version": version}
    return answer(shown, headers={"Cache-Control": "no-store"})


def _refuse_others(agent: str, caller: Caller) -> None:
    assert caller.holder is not None, "every request has a holder"
    if caller.holder.agent != agent and not caller.holder.may("keys:manage"):
        why = f"the secret of {agent!r} is for their own key, and for who manages keys"
        raise HTTPException(403, why)
