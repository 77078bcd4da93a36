"""A client generated from the OpenAPI document, by a tool that is not ours, works."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = "pledge_generated_client"
GENERATOR = Path(sys.executable).with_name("openapi-python-client")


@pytest.fixture(scope="module")
def generated(installation, tmp_path_factory):
    """What the generator printed; its package can be imported from then on."""
    folder = tmp_path_factory.mktemp("generated")
    config = folder / "config.yaml"
    config.write_text(
        "post_hooks: []\n"
        "content_type_overrides:\n"
        "  application/x-ndjson: application/octet-stream\n"
        "  application/zip: application/octet-stream\n"
    )
    where = ["--url", f"{installation.http}/openapi.json", "--meta", "none"]
    output = ["--output-path", str(folder / PACKAGE), "--config", str(config)]
    command = [str(GENERATOR), "generate", *where, *output]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    sys.path.insert(0, str(folder))
    yield done.stdout + done.stderr
    sys.path.remove(str(folder))


@pytest.fixture
def client(installation, generated):  # noqa: ARG001 - it must be there to be imported
    made = importlib.import_module(f"{PACKAGE}.client")
    with made.AuthenticatedClient(
        base_url=installation.http, token=installation.admin_key
    ) as client:
        yield client


def operation(tag, name):
    return importlib.import_module(f"{PACKAGE}.api.{tag}.{name}")


def model(name):
    return getattr(importlib.import_module(f"{PACKAGE}.models"), name)


def test_the_generator_leaves_nothing_out(generated):
    assert "warning" not in generated.lower(), generated


@pytest.mark.usefixtures("generated")
def test_every_operation_has_a_function(api):
    paths = api.ok("GET", "/openapi.json")["paths"].values()
    for found in (o for path in paths for o in path.values()):
        tag = re.sub(r"\W", "_", found["tags"][0])
        assert operation(tag, found["operationId"]).sync_detailed


def test_the_generated_client_opens_a_ticket_and_reads_it(client):
    customer = model("CustomerIn")(external_id="generated")
    body = model("TicketIn")(
        subject="Nothing prints",
        body="Since this morning.",
        channel=model("TicketInChannel").EMAIL,
        type_="question",
        customer=customer,
    )
    made = operation("tickets", "open_ticket").sync(client=client, body=body)
    found = operation("tickets", "get_ticket").sync(made.id, client=client)
    assert found.subject == "Nothing prints"
    assert found.customer.external_id == "generated"
