"""Whatever is sent: a problem that names the field, or stored and read back exactly."""

import json

import pytest

from api.app import ROUTERS
from tests.support.bad_input import BODIES, LADDER, SLA, TICKET, problem, raw, send

each_body = pytest.mark.parametrize("route", BODIES)
HALF = "\ud800"
"""Half a character, as JSON can write it and UTF-8 cannot."""


def test_every_route_that_takes_a_body_is_tried_here():
    taking = {
        f"{method} {route.path.replace(':path}', '}')}"
        for router in ROUTERS
        for route in router.routes
        for method in route.methods
        if route.body_field is not None or "requestBody" in route.openapi_extra
    }
    assert taking == BODIES.keys()


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"nope",
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 10_000 + b"]" * 10_000,
        b'{"a": ' * 10_000 + b"1" + b"}" * 10_000,
        b'"\xff"',
    ],
    ids=["cut off", "no JSON", "NaN", "infinity", "5,000 digits", "deep", "deeper",
         "no UTF-8"],
)  # fmt: skip
def test_what_is_no_json_is_a_bad_request(api, content):
    for route in BODIES:
        assert problem(raw(api, route, content), 400)["code"] == "malformed_json"


def test_ten_megabytes_are_too_much(api):
    content = b'{"a": "%s"}' % (b"x" * 10_000_000)
    for route in BODIES:
        assert problem(raw(api, route, content), 413)["code"] == "body_too_large"


def test_too_much_is_refused_also_when_its_length_is_not_told(api):
    parts = (b"x" * 100_000 for _ in range(100))
    assert raw(api, "POST /v1/tickets", parts).status_code == 413


@pytest.mark.parametrize("media_type", ["text/plain", "application/yaml", "", "x"])
def test_another_media_type_is_unsupported(api, media_type):
    for route, body in BODIES.items():
        if media_type == "application/yaml" and "/config/" in route:
            continue  # which say what they make of it in a test of their own
        answer = send(api, route, body, **{"Content-Type": media_type})
        assert problem(answer, 415)["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    "media_type", ["Application/JSON", "application/json; charset=utf-8",
                   "application/merge-patch+json"],
)  # fmt: skip
def test_json_by_any_of_its_names_is_taken(api, media_type):
    answer = send(api, "POST /v1/tickets", TICKET, **{"Content-Type": media_type})
    assert answer.status_code == 201


@each_body
def test_an_unknown_field_is_refused_by_its_name(api, route):
    answer = send(api, route, BODIES[route] | {"no/such~field": 1})
    problem(answer, 422, "/no~1such~0field")


@each_body
def test_what_is_no_object_is_refused(api, route):
    for body in ([], "text", 7, True):
        problem(send(api, route, body), 422, "")


@each_body
def test_a_name_that_is_half_a_character_is_refused(api, route):
    found = problem(send(api, route, BODIES[route] | {HALF: 1}), 422, "")
    assert "\\ud800" in found["detail"]


FIELDS = [(route, field) for route, body in BODIES.items() for field in body]
each_field = pytest.mark.parametrize(("route", "field"), FIELDS)


@each_field
def test_text_that_nobody_can_keep_is_refused_where_it_stands(api, route, field):
    old = BODIES[route][field]
    for value in (HALF, "a\0b"):
        new = [value] if isinstance(old, list) else value
        found = problem(send(api, route, BODIES[route] | {field: new}), 422)
        assert found["errors"][0]["pointer"].startswith(f"/{field}")


@each_field
def test_a_value_of_another_kind_is_refused_where_it_stands(api, route, field):
    for value in (7, 1e400, -1, True, {"a": {"b": []}}, [[[]]], 10**4000):
        if value == 7 and isinstance(BODIES[route][field], int):
            continue
        content = json.dumps(BODIES[route] | {field: value})
        answer = raw(api, route, content.replace("Infinity", "1e400"))
        found = problem(answer, 422)
        assert found["errors"][0]["pointer"].startswith(f"/{field}")


OPTIONAL = (
    "assign", "resolve", "macros/{name}", "config/plan", "config/apply",
    "subscription_id}/pause", "subscription_id}/resume", "unmerge",
)  # fmt: skip
REQUIRED = [
    (route, field)
    for route, field in FIELDS
    if not route.startswith("PATCH") and not route.endswith(OPTIONAL)
]


@pytest.mark.parametrize(("route", "field"), REQUIRED)
def test_a_field_that_is_missing_is_named(api, route, field):
    body = {k: v for k, v in BODIES[route].items() if k != field}
    problem(send(api, route, body), 422, f"/{field}")


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"subject": ""}, "/subject"),
        ({"subject": "x" * 301}, "/subject"),
        ({"channel": "pigeon"}, "/channel"),
        ({"type": "Not A Word"}, "/type"),
        ({"priority": "asap"}, "/priority"),
        ({"customer": {}}, "/customer/external_id"),
        ({"customer": {"external_id": "c", "x": 1}}, "/customer/x"),
        ({"customer": {"external_id": "c", "contacts": {"A B": "x"}}},
         "/customer/contacts/A B"),
        ({"customer": {"external_id": "c", "contacts": {HALF: "x"}}},
         "/customer/contacts"),
        ({"tags": ["ok", "Not ok"]}, "/tags/1"),
        ({"tags": ["a"] * 51}, "/tags"),
        ({"attributes": []}, "/attributes"),
        ({"attributes": {"a": [1, {"b": "\0"}]}}, "/attributes/a/1/b"),
        ({"attributes": {"a/b": 2**63}}, "/attributes/a~1b"),
        ({"attributes": {"a": HALF}}, "/attributes/a"),
        ({"attributes": {"a": {"x" + HALF: 1}}}, "/attributes/a/x\ufffd"),
        ({"occurred_at": "yesterday"}, "/occurred_at"),
        ({"occurred_at": "1700000000"}, "/occurred_at"),
        ({"occurred_at": 1700000000}, "/occurred_at"),
        ({"occurred_at": "2026-01-01T00:00:00"}, "/occurred_at"),
        ({"occurred_at": "2026-02-30T00:00:00Z"}, "/occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+08:00"}, "/occurred_at"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "/occurred_at"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_ticket_that_makes_no_sense_is_refused_by_field(api, change, pointer):
    problem(send(api, "POST /v1/tickets", TICKET | change), 422, pointer)


@pytest.mark.parametrize(
    ("subject", "message"),
    [
        ("", "must not be empty"),
        ("x" * 301, "has 301 characters: at most 300 are allowed"),
    ],
    ids=["none", "301"],
)
def test_the_length_of_a_text_is_told_in_characters(api, subject, message):
    answer = send(api, "POST /v1/tickets", TICKET | {"subject": subject})
    fault = {"pointer": "/subject", "message": message, "code": "out_of_range"}
    assert answer.json()["errors"] == [fault]


@pytest.mark.parametrize(
    ("action", "body", "pointer"),
    [
        ("assign", {}, ""),
        ("assign", {"team": "no-such-team"}, "/team"),
        ("assign", {"agent": "no-such-agent"}, "/agent"),
        ("pause", {"reason": "r", "until": "2001-01-01T00:00:00Z"}, "/until"),
        ("pause", {"reason": "r", "until": "9999-12-31T23:59:59Z"}, "/until"),
        ("messages", {"author": {"kind": "ghost", "id": "a"}, "body": "b"},
         "/author/kind"),
        ("messages", {"author": {"kind": "agent", "id": "ann"}, "body": ""}, "/body"),
        ("feedback", {"text": "t", "kind": "Not A Word"}, "/kind"),
    ],
)  # fmt: skip
def test_an_action_that_makes_no_sense_is_refused_by_field(api, action, body, pointer):
    ticket = api.open_ticket()
    answer = api.post(f"/v1/tickets/{ticket['id']}/{action}", json=body)
    problem(answer, 422, pointer)
    assert api.types(ticket) == ["ticket.opened", "sla.not_matched"]


def targets(**given):
    return {"match": [{"targets": given}]}


def steps(*given):
    return {"steps": list(given)}


TELL = {"targets": [{"assignee": True}]}


@pytest.mark.parametrize(
    ("kind", "document", "pointer"),
    [
        *[
            ("sla-policies", targets(resolution=text), "/match/0/targets/resolution")
            for text in (
                "PT0S", "PT0.0S", "-PT5M", "P100Y", "P1M", "P36500D", "PT999999999999S",
                "", "30", "PT", "P", "PT1H30", "half an hour", "PT\u0663M5", "\0",
            )
        ],
        ("sla-policies", targets(), "/match/0/targets"),
        ("sla-policies", targets(patience="PT1H"), "/match/0/targets/patience"),
        ("sla-policies", {"match": []}, "/match"),
        ("sla-policies", {"match": [{"when": {"type": "A B"},
                                     "targets": {"resolution": "PT1H"}}]},
         "/match/0/when/type"),
        ("sla-policies", {"match": [{"when": {"type": ["a", "A B"]},
                                     "targets": {"resolution": "PT1H"}}]},
         "/match/0/when/type/1"),
        ("sla-policies", {"match": [{"when": {"type": []},
                                     "targets": {"resolution": "PT1H"}}]},
         "/match/0/when/type"),
        ("sla-policies", SLA | {"warn_at": ["50%", "101%"]}, "/warn_at/1"),
        ("sla-policies", SLA | {"warn_at": ["0%"]}, "/warn_at/0"),
        ("sla-policies", SLA | {"calendar": "lunar"}, "/calendar"),
        ("sla-policies", SLA | {"escalation_policy": "missing"}, "/escalation_policy"),
        ("sla-policies", SLA | {"order": 10**9}, "/order"),
        ("escalation-policies", steps(), "/steps"),
        ("escalation-policies", steps(TELL, TELL | {"after": "-PT1M"}),
         "/steps/1/after"),
        ("escalation-policies", steps(TELL | {"after": "P100Y"}), "/steps/0/after"),
        ("escalation-policies", steps(TELL | {"after": "P36500D"}), "/steps/0/after"),
        ("escalation-policies", steps(TELL | {"after": "PT2M"}, TELL),
         "/steps/1/after"),
        ("escalation-policies", steps({"targets": [{"team": "missing"}]}),
         "/steps/0/targets/0/team"),
        ("escalation-policies", steps({"targets": [{"agent": "missing"}]}),
         "/steps/0/targets/0/agent"),
        ("escalation-policies", steps(TELL | {"reassign": {"team": "missing"}}),
         "/steps/0/reassign/team"),
        ("escalation-policies", steps({"targets": [{}]}), "/steps/0/targets/0"),
        ("escalation-policies", steps({"after": "PT1M"}), "/steps/0/targets"),
        ("escalation-policies", LADDER | {"repeat": 101}, "/repeat"),
        ("teams", {"members": ["missing"]}, "/members/0"),
        ("teams", {"members": [], "lead": "missing"}, "/lead"),
        ("agents", {"name": "n", "manager": "missing"}, "/manager"),
        ("agents", {"name": "n", "time_zone": "UTC",
                    "notify": {"quiet_hours": {"from": "22:00", "to": "7:00"}}},
         "/notify/quiet_hours/to"),
    ],
    ids=repr,
)  # fmt: skip
def test_a_document_that_could_not_work_is_refused_by_field(
    api, word, kind, document, pointer
):
    path = f"/v1/{kind}/{word}"
    problem(api.request("PUT", path, json=document), 422, pointer)
    assert api.get(path).status_code == 404
