"""An installation's own namespace in Temporal."""

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from infra.temporal.client import look_for_namespace, provide_namespace

pytestmark = pytest.mark.temporal


async def test_a_namespace_that_is_missing_is_made(installation, word):
    client = await Client.connect(installation.temporal.address, namespace=word)
    with pytest.raises(RPCError) as missing:
        await look_for_namespace(client)
    assert missing.value.status is RPCStatusCode.NOT_FOUND
    await provide_namespace(client)
    await look_for_namespace(client)


async def test_where_it_may_not_be_made_the_command_is_said(
    installation, word, monkeypatch, caplog
):
    client = await Client.connect(installation.temporal.address, namespace=word)
    made = client.workflow_service.register_namespace

    async def forbidden(request, **options):
        monkeypatch.undo()  # by the next look somebody has made it
        await made(request, **options)
        raise RPCError("no", RPCStatusCode.PERMISSION_DENIED, b"")

    monkeypatch.setattr(client.workflow_service, "register_namespace", forbidden)
    await provide_namespace(client)
    assert f"temporal operator namespace create --namespace {word}" in caplog.text
