"""A subscriber finds out which event types there are, and what each of them holds."""

import jsonschema
import pytest


@pytest.fixture(scope="module")
def types(installation):
    with installation.client() as api:
        items = api.ok("GET", "/v1/event-types")["items"]
    return {item["type"]: item for item in items}


def events(api):
    after, newest = 0, -1
    while after != newest:
        newest = after
        page = api.ok("GET", f"/v1/events?after={after}&limit=500")
        yield from page["items"]
        after = page["next_cursor"]


def test_each_event_type_has_a_description_a_schema_and_an_example(types):
    assert len(types) > 60
    for name, item in types.items():
        assert item["description"].endswith("."), name
        assert item["schema"]["properties"]["type"] == {"const": name}
        assert item["example"]["type"] == name


def test_every_event_of_the_feed_is_what_its_schema_says(api, types):
    ticket = api.open_ticket(type="after_sales", tags=["described"])
    api.answer_customer(ticket)
    api.act(ticket, "resolve", note="done")
    validators = {
        name: jsonschema.Draft202012Validator(item["schema"])
        for name, item in types.items()
    }
    seen = 0
    for event in events(api):
        validators[event["type"]].validate(event)
        seen += 1
    assert seen > 5


def test_openapi_describes_each_webhook(api, types):
    webhooks = api.ok("GET", "/openapi.json")["webhooks"]
    assert webhooks.keys() == types.keys()
    content = webhooks["sla.breached"]["post"]["requestBody"]["content"]
    [body] = content.values()
    assert body["example"]["data"]["metric"] == "first_response"


def test_who_may_not_read_events_does_not_see_their_types(installation, api):
    key = api.ok("POST", "/v1/keys", {"name": "types-agent", "role": "agent"})["key"]
    with installation.client(key=key) as agent:
        assert agent.get("/v1/event-types").status_code == 403
