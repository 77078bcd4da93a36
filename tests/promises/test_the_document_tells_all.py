"""The OpenAPI document is complete, and the answers are what it says."""

import jsonschema
import pytest

from api.app import ROUTERS
from api.openapi import glossary
from tests.support.api_client import eventually

METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def document(installation):
    with installation.client(key="") as stranger:
        return stranger.ok("GET", "/openapi.json")


@pytest.fixture(scope="module")
def operations(document):
    return [
        (f"{method.upper()} {path}", operation)
        for path, found in document["paths"].items()
        for method, operation in found.items()
        if method in METHODS
    ]


def resolved(document, schema):
    """The schema behind references; of alternatives, the one that is not null."""
    for one in schema.get("anyOf", []):
        if one.get("type") != "null":
            schema = one
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/components/schemas/")
        return resolved(document, document["components"]["schemas"][name])
    return schema


def lacking(operations, has):
    return [name for name, operation in operations if not has(operation)]


def test_it_is_openapi_3_1(document):
    assert document["openapi"].startswith("3.1")


def test_every_operation_has_its_own_id(operations):
    ids = [operation["operationId"] for _, operation in operations]
    assert len(ids) == len(set(ids)) > 30


def test_no_two_schemas_share_a_name(document):
    """FastAPI would tell them apart by module names, which generators stumble over."""
    names = document["components"]["schemas"]
    assert [name for name in names if not name.isalnum()] == []


def test_every_operation_says_what_it_does(operations):
    assert lacking(operations, lambda o: o.get("summary") or o.get("description")) == []


def test_every_operation_names_its_permission(operations):
    assert lacking(operations, lambda o: o.get("x-permission")) == []


def test_every_operation_has_a_summary_of_its_own(operations):
    summaries = [operation["summary"] for _, operation in operations]
    assert len(summaries) == len(set(summaries))


def test_every_parameter_is_described(operations):
    lacking = {
        (name, parameter["name"])
        for name, operation in operations
        for parameter in operation.get("parameters", [])
        if not parameter.get("description")
    }
    assert lacking == set()


def test_every_field_is_described(document):
    lacking = {
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field, found in schema.get("properties", {}).items()
        if not found.get("description")
    }
    assert lacking == set()


def test_the_glossary_explains_no_word_that_is_not_used(document):
    models = document["components"]["schemas"]
    fields = {(n, f) for n, m in models.items() for f in m.get("properties", {})}
    words = {field for _, field in fields}
    # Beside an event's own fields: what `data` holds is in its schema.
    assert set(glossary.FIELDS) - words == set()
    assert set(glossary.SPECIFIC) - {f"{n}.{f}" for n, f in fields} == set()


def test_the_glossary_explains_no_parameter_that_is_not_used(operations):
    used = {p["name"] for _, o in operations for p in o.get("parameters", [])}
    assert set(glossary.PARAMETERS) - used == set()


def test_every_answer_has_an_example_that_its_schema_allows(document, operations):
    definitions = document["components"]
    for name, operation in operations:
        for status, response in operation["responses"].items():
            content = response.get("content", {}).get("application/json")
            if content is not None:
                schema = {**content["schema"], "components": definitions}
                errors = list(
                    jsonschema.Draft202012Validator(schema).iter_errors(
                        content["example"]
                    )
                )
                assert errors == [], (name, status)


def test_every_status_says_which_headers_it_has(operations):
    silent = [
        (name, status)
        for name, operation in operations
        for status, response in operation["responses"].items()
        if "X-Request-Id" not in response["headers"]
    ]
    assert silent == []


def test_every_guarded_operation_asks_for_the_key(operations):
    guarded = [o for o in operations if o[1]["x-permission"] != "public"]
    assert lacking(guarded, lambda o: o["security"] == [{"HTTPBearer": []}]) == []


def test_every_body_has_an_example(document, operations):
    def shown(operation):
        content = operation["requestBody"]["content"]["application/json"]
        schema = resolved(document, content["schema"])
        return schema.get("examples") or schema.get("example")

    writing = [o for o in operations if "requestBody" in o[1]]
    assert lacking(writing, lambda o: shown(o) is not None) == []


def query_names(operation):
    return {p["name"] for p in operation.get("parameters", []) if p["in"] == "query"}


def test_every_read_can_be_told_what_it_must_have_seen(operations):
    reading = [
        o for o in operations if o[0][:3] == "GET" and o[1]["x-permission"] != "public"
    ]
    assert lacking(reading, lambda o: "wait_for" in query_names(o)) == []


def test_every_list_comes_in_pages(document, operations):
    def listed(operation):
        content = operation["responses"].get("200", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        return "next_cursor" in resolved(document, schema).get("properties", {})

    lists = [o for o in operations if o[0][:3] == "GET" and listed(o[1])]
    assert len(lists) > 20
    assert lacking(lists, lambda o: "limit" in query_names(o)) == []
    assert lacking(lists, lambda o: query_names(o) & {"cursor", "after"}) == []


def test_every_error_answers_with_the_problem_model(document, operations):
    problem = {"$ref": "#/components/schemas/Problem"}

    def described(operation):
        errors = {s: r for s, r in operation["responses"].items() if s[0] in "45"}
        models = [r["content"]["application/problem+json"] for r in errors.values()]
        return {"401", "403", "503"} <= errors.keys() and all(
            model["schema"] == problem for model in models
        )

    guarded = [o for o in operations if o[1]["x-permission"] != "public"]
    assert lacking(guarded, described) == []
    assert {"code", "errors"} <= document["components"]["schemas"]["Problem"][
        "properties"
    ].keys()


def test_every_reference_leads_somewhere(document):
    def references(value):
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    known = {f"#/components/schemas/{n}" for n in document["components"]["schemas"]}
    assert set(references(document)) <= known


@pytest.fixture(scope="module")
def example_bodies(document, operations):
    return {
        name: resolved(
            document, operation["requestBody"]["content"]["application/json"]["schema"]
        )["examples"][0]
        for name, operation in operations
        if "requestBody" in operation
    }


def test_the_examples_can_be_sent_as_they_are(api, example_bodies):
    api.put("agents", "ann", example_bodies["PUT /v1/agents/{name}"])
    api.put("agents", "bo", {"name": "Bo"})
    api.put("teams", "second-line", example_bodies["PUT /v1/teams/{name}"])
    for kind in ("calendars", "macros", "escalation-policies", "sla-policies"):
        body = example_bodies[f"PUT /v1/{kind}/{{name}}"]
        # Under the name of the one that is there, so that nothing else changes.
        assert api.put(kind, f"example-{kind}", body)["document"]
        api.ok("DELETE", f"/v1/{kind}/example-{kind}")
    schedule = example_bodies["PUT /v1/schedules/{name}"]
    assert api.put("schedules", "example-schedule", schedule)["document"]
    draft = example_bodies["POST /v1/schedules/preview"]
    assert api.ok("POST", "/v1/schedules/preview", draft)["shifts"]
    question = example_bodies["POST /v1/calendars/evaluate"]
    assert api.ok("POST", "/v1/calendars/evaluate", question)["due_at"]
    for path in ("/v1/config/plan", "/v1/config/apply"):
        assert api.ok("POST", path, example_bodies[f"POST {path}"])["changes"]
    api.ok("DELETE", "/v1/sla-policies/pre-sales")
    ticket = api.ok("POST", "/v1/tickets", example_bodies["POST /v1/tickets"])
    path = "/v1/tickets/{ticket_id}"
    assert api.ok(
        "PATCH", f"/v1/tickets/{ticket['id']}", example_bodies[f"PATCH {path}"]
    )
    actions = "messages assign acknowledge feedback pause resume resolve close reopen"
    for action in actions.split():
        body = example_bodies[f"POST {path}/{action}"]
        if "until" in body:
            body = {**body, "until": None}
        api.act(ticket, action, **body)


# --- the answers ----------------------------------------------------------------------


def model_of(method, path):
    for router in ROUTERS:
        for route in router.routes:
            if (route.path.replace(":path}", "}"), route.methods) == (path, {method}):
                return route.response_model
    raise AssertionError(path)


FREE_FORM = ("data", "document", "resolved", "attributes", "schema", "example")


def names(value, where=""):
    """Every field of an answer; what is below a free-form object is not ours."""
    if isinstance(value, dict) and not where.endswith(FREE_FORM):
        for key, inner in value.items():
            yield f"{where}/{key}"
            yield from names(inner, f"{where}/{key}")
    elif isinstance(value, list):
        for inner in value:
            yield from names(inner, where)


@pytest.fixture(scope="module")
def paths(installation):  # noqa: PLR0915 - one line a thing
    """An address for each path, with something of everything behind it."""
    with installation.client() as api:
        name = "documented"
        idle = {"hours": {"mon": [["09:00", "17:00"]]}, "shifts": {"2026-10-01": []}}
        idle["breaks"] = {"2026-10-01": [["12:00", "13:00"]]}
        api.put("calendars", name, {"tz": "UTC", **idle})
        api.put("agents", name, {"name": "D"})
        api.put("teams", name, {"members": [name], "assignment": {"mode": "offer"}})
        turns = {"start": "2026-01-05T09:00", "unit": "day", "people": [name]}
        restrict = [{"to": "23:00"}]
        layer = {"name": "base", "rotation": turns, "restrict": restrict}
        api.put("schedules", name, {"tz": "UTC", "layers": [layer]})
        exceptions(api, name)
        api.put("macros", name, {"add_tags": ["documented"]})
        api.put("escalation-policies", name, {"steps": [{"targets": [{"team": name}]}]})
        rule = {"when": {"type": name}, "targets": {"resolution": "PT0.001S"}}
        policy = {"match": [rule], "escalation_policy": name, "warn_at": ["50%"]}
        api.put("sla-policies", name, policy)
        hook = {"url": "http://127.0.0.1:9/", "types": ["sla.breached"]}
        hook = api.ok("POST", "/v1/subscriptions", hook)
        ticket = api.open_ticket(type=name, attributes={"a": 1})
        api.await_event(ticket, "escalation.exhausted")
        api.act(ticket, "pause", reason="waiting")
        spent(api, ticket, name)
        api.act(ticket, "assign", team=name)
        body = {"draft": {"teams": {name: {"members": []}}}, "tickets": [ticket["id"]]}
        simulation = api.ok("POST", "/v1/simulations", body)
        export = {"tickets": [ticket["id"]], "personal": "masked"}
        export = api.ok("POST", "/v1/audit/exports", export)
        retention = {"transactions": "P36525D", "logs": "off", "reason": "r"}
        retention = api.ok("POST", "/v1/retention/runs", retention)
        query = f"?wait_for={api.history(ticket)[-1]['position']}"
        yield {
            "ticket_id": ticket["id"],
            "metric": "resolution",
            "external_id": "c-1",
            "subscription_id": hook["id"],
            "simulation_id": simulation["id"],
            "export_id": export["id"],
            "run_id": retention["id"],
            "name": name,
            "number": "1",
            "position": api.history(ticket)[1]["position"],
            "/v1/tickets": query,
            "/v1/queues/{name}": query,
            "/v1/events": "?limit=500",
            "/v1/audit/proofs/inclusion": "?position=1",
            "/v1/audit/proofs/consistency": "?from=1",
        }
        api.ok("DELETE", f"/v1/subscriptions/{hook['id']}")


def exceptions(api, name):
    """An override, a swap and a leave of the schedule and the agent of this name."""
    window = {"from": "2190-01-01T00:00:00Z", "to": "2190-01-02T00:00:00Z"}
    body = window | {"person": name}
    path = f"/v1/schedules/{name}"
    api.ok("POST", f"{path}/overrides", body | {"kind": "remove", "reason": "r"})
    back = {"from": "2190-03-01T00:00:00Z", "to": "2190-03-02T00:00:00Z"}
    offered = {"from": "2190-02-01T00:00:00Z", "to": "2190-02-02T00:00:00Z"}
    api.ok("POST", f"{path}/swaps", {"person": name, "back": back} | offered)
    api.ok("POST", f"/v1/agents/{name}/leaves", window)


def spent(api, ticket, name):
    """A refund that was granted, one that nobody could grant, and authority lent."""
    money = {"currency": "CNY", "amount": "5.50"}
    api.put("authorities", name, {"refund": money})
    api.put("agents", name, {"name": "D", "role": name})
    refund = {"kind": "refund", "reason": "r", "requested_by": name}
    api.act(ticket, "approvals", **refund, **money)
    api.act(ticket, "approvals", **refund, **money | {"currency": "EUR"})
    api.put("agents", f"{name}-too", {"name": "E"})
    lent = {"principal": name, "delegate": f"{name}-too", "reason": "r"}
    lent |= {"from": "2190-01-01T00:00:00Z", "until": "2190-01-02T00:00:00Z"}
    lent["scope"] = {"types": ["refund"], **money}
    api.ok("POST", "/v1/delegations", lent)


NOT_JSON = (
    "/metrics",
    "/v1/audit/checkpoint",
    "/v1/audit/headers",
    "/v1/audit/verifier",
    "/v1/audit/exports/{export_id}/bundle",
    "/v1/schedules/{name}/calendar.ics",
    "/v1/agents/{name}/calendar/{secret}.ics",
    "/l/{token}",
    "/v1/auth/sign-in",
    "/v1/auth/login",
    "/v1/auth/callback",
)
READS = [
    route.path.replace(":path}", "}")
    for router in ROUTERS
    for route in router.routes
    if route.methods == {"GET"} and route.path not in NOT_JSON
]
USUAL = {
    "cache-control", "connection", "content-encoding", "content-length",
    "content-security-policy", "content-type", "date", "referrer-policy", "vary",
    "x-content-type-options",
}  # fmt: skip
"""Headers that HTTP or every browser explains."""


@pytest.mark.parametrize("path", READS)
def test_an_answer_has_the_headers_that_the_document_names(api, document, paths, path):
    url = path.format(**paths) + paths.get(path, "")
    answer = eventually(lambda: (a := api.get(url)).is_success and a)
    named = document["paths"][path]["get"]["responses"]["200"]["headers"]
    assert {h.lower() for h in named} == set(answer.headers) - USUAL


@pytest.mark.parametrize("path", READS)
def test_an_answer_has_the_fields_of_its_model_and_no_others(api, paths, path):
    url = path.format(**paths) + paths.get(path, "")
    # After many tests at once the followers may still have to catch up.
    eventually(lambda: api.get(url).is_success)
    answer = api.ok("GET", url)
    model = model_of("GET", path).model_validate(answer)
    assert set(names(answer)) == set(names(model.model_dump(mode="json")))
