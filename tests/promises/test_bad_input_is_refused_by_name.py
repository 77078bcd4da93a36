"""Whatever is sent: a problem that names the field, or stored and read back exactly."""

import json
import re
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from api.app import ROUTERS

PROBLEM = "application/problem+json"
TICKET = {
    "subject": "s",
    "body": "b",
    "channel": "email",
    "type": "question",
    "customer": {"external_id": "c-1"},
}
SLA = {"match": [{"when": {"type": "t"}, "targets": {"resolution": "PT1H"}}]}
OFFICE = {"tz": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}
TURNS = {"start": "2026-01-05T09:00", "unit": "day", "people": ["nobody"]}
DUTY = {"tz": "UTC", "layers": [{"name": "base", "rotation": TURNS}]}
HOURS = {"from": "2199-01-01T00:00:00Z", "to": "2199-01-02T00:00:00Z"}
LADDER = {"steps": [{"targets": [{"assignee": True}]}]}
BODIES = {
    "POST /v1/tickets": TICKET,
    "PATCH /v1/tickets/{ticket_id}": {"subject": "s"},
    "POST /v1/tickets/{ticket_id}/messages": {
        "author": {"kind": "agent", "id": "ann"},
        "body": "b",
    },
    "POST /v1/tickets/{ticket_id}/assign": {"agent": "nobody"},
    "POST /v1/tickets/{ticket_id}/accept": {"agent": "nobody"},
    "POST /v1/tickets/{ticket_id}/decline": {"agent": "nobody", "reason": "r"},
    "POST /v1/tickets/{ticket_id}/acknowledge": {},
    "POST /v1/tickets/{ticket_id}/pause": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/resume": {},
    "POST /v1/tickets/{ticket_id}/resolve": {"code": "c"},
    "POST /v1/tickets/{ticket_id}/close": {},
    "POST /v1/tickets/{ticket_id}/reopen": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/feedback": {"text": "t", "kind": "k"},
    "POST /v1/tickets/{ticket_id}/escalate": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/clocks/{metric}/excuse": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/merge": {"into": "bad-input"},
    "POST /v1/tickets/{ticket_id}/split": {"message": 2, "subject": "s"},
    "POST /v1/config/plan": {"agents": {}},
    "POST /v1/config/apply": {"agents": {}},
    "PUT /v1/calendars/{name}": OFFICE,
    "POST /v1/calendars/evaluate": {
        "calendar": OFFICE,
        "start": "2026-01-12T09:00:00Z",
        "budget": "PT1H",
    },
    "POST /v1/calendars/{name}/restate": {"reason": "r"},
    "POST /v1/sla-policies/{name}/restate": {"reason": "r"},
    "POST /v1/escalation-policies/{name}/restate": {"reason": "r"},
    "PUT /v1/macros/{name}": {"add_tags": ["t"]},
    "POST /v1/tickets/{ticket_id}/macros/{name}": {"agent": "a"},
    "PUT /v1/sla-policies/{name}": SLA,
    "PUT /v1/escalation-policies/{name}": LADDER,
    "PUT /v1/schedules/{name}": DUTY,
    "POST /v1/schedules/preview": {"schedule": DUTY, **HOURS},
    "POST /v1/schedules/{name}/overrides": {
        "kind": "add",
        "person": "p",
        "reason": "r",
        **HOURS,
    },
    "POST /v1/schedules/{name}/swaps": {"person": "p", **HOURS},
    "POST /v1/schedules/{name}/swaps/{swap_id}/take": {"person": "p"},
    "PUT /v1/teams/{name}": {"members": []},
    "PUT /v1/authorities/{name}": {"refund": {"currency": "CNY", "amount": "5"}},
    "POST /v1/delegations": {
        "principal": "p",
        "delegate": "d",
        "scope": {"types": ["refund"], "currency": "CNY", "amount": "5"},
        "from": HOURS["from"],
        "until": HOURS["to"],
        "reason": "r",
    },
    "POST /v1/tickets/{ticket_id}/approvals": {
        "kind": "refund",
        "amount": "5",
        "currency": "CNY",
        "reason": "r",
        "requested_by": "nobody",
    },
    "POST /v1/tickets/{ticket_id}/approvals/{number}/approve": {
        "by": "nobody",
        "reason": "r",
    },
    "POST /v1/tickets/{ticket_id}/approvals/{number}/reject": {
        "by": "nobody",
        "reason": "r",
    },
    "PUT /v1/agents/{name}": {"name": "n"},
    "POST /v1/agents/{name}/leaves": HOURS,
    "POST /v1/simulations": {
        "draft": {"teams": {"bad-input": {"members": []}}},
        "tickets": ["bad-input"],
    },
    "POST /v1/subscriptions": {"url": "http://127.0.0.1:9/", "types": ["sla.*"]},
    "PATCH /v1/subscriptions/{subscription_id}": {"format": "thin"},
    "POST /v1/subscriptions/{subscription_id}/pause": {"reason": "r"},
    "POST /v1/subscriptions/{subscription_id}/resume": {"held": "all"},
    "POST /v1/tickets/{ticket_id}/unmerge": {"reason": "r"},
    "POST /v1/keys": {"name": "n", "role": "agent"},
}
each_body = pytest.mark.parametrize("route", BODIES)
HALF = "\ud800"
"""Half a character, as JSON can write it and UTF-8 cannot."""


def problem(answer, status, pointer=None):
    """The answer is a problem with this status, and names this field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["code"]
    if pointer is not None:
        assert pointer in [e["pointer"] for e in body["errors"]], body
    return body


def raw(api, route, content, **headers):
    """Sends these bytes; what is not there yet is named so that nothing is changed."""
    method, path = route.split()
    path = re.sub(r"\{\w+}", "bad-input", path)
    headers = {"Content-Type": "application/json"} | headers
    return api.request(method, path, content=content, headers=headers)


def send(api, route, body, **headers):
    return raw(api, route, json.dumps(body), **headers)


def test_every_route_that_takes_a_body_is_tried_here():
    taking = {
        f"{method} {route.path}"
        for router in ROUTERS
        for route in router.routes
        for method in route.methods
        if route.body_field is not None or "requestBody" in route.openapi_extra
    }
    assert taking == BODIES.keys()


# --- before the fields ----------------------------------------------------------------


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


# --- the fields -----------------------------------------------------------------------


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


# --- addresses and headers ------------------------------------------------------------

STRANGE = ["%00", "%ff", "%ed%a0%80", "%2e%2e", "a%20b", "\U0001f4a5", "x" * 5000,
           "a%2Fb", "-", "'; DROP TABLE tickets; --"]  # fmt: skip


@pytest.mark.parametrize(
    "route",
    [
        "GET /v1/tickets/{}",
        "GET /v1/tickets/{}/history",
        "GET /v1/tickets/{}/clocks",
        "POST /v1/tickets/{}/resolve",
        "GET /v1/subscriptions/{}",
        "GET /v1/subscriptions/{}/deliveries",
        "DELETE /v1/subscriptions/{}",
        "DELETE /v1/keys/{}",
        "GET /v1/agents/{}",
        "DELETE /v1/agents/{}",
        "GET /v1/agents/{}/versions/1",
        "GET /v1/{}",
    ],
)
def test_a_name_that_cannot_be_one_is_not_found_or_refused(api, route):
    method, path = route.split(" ", 1)
    for name in STRANGE:
        answer = api.request(method, path.format(name))
        problem(answer, answer.status_code)
        assert answer.status_code in (404, 422), name


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "?limit"),
        ("limit=many", "?limit"),
        (f"limit={'9' * 5000}", "?limit"),
        ("cursor=none-of-ours", "?cursor"),
        ("cursor=%00", "?cursor"),
        ("cursor=%ff", "?cursor"),
        ("cursor=MjAyNi0wMS0wMXx4", "?cursor"),
        ("due_before=soon", "?due_before"),
        ("due_before=2026", "?due_before"),
        ("wait_for=-1", "?wait_for"),
        ("q=%00", "?q"),
        ("q=", "?q"),
        ("colour=red", "?colour"),
    ],
    ids=lambda text: text[:30],
)
def test_a_list_asked_for_in_a_strange_way_is_refused_by_name(api, query, pointer):
    problem(api.get(f"/v1/tickets?{query}"), 422, pointer)


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("as_of=yesterday", "?as_of"),
        ("as_of=2026-01-01", "?as_of"),
        ("as_of=9999-12-31T23:59:59-23:59", "?as_of"),
        ("at_version=0", "?at_version"),
        ("at_version=last", "?at_version"),
        ("asof=2026-01-01T00:00:00Z", "?asof"),
    ],
)
def test_a_moment_that_is_none_is_refused_by_name(api, query, pointer):
    ticket = api.open_ticket()
    problem(api.get(f"/v1/tickets/{ticket['id']}?{query}"), 422, pointer)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Idempotency-Key", b"a b"),
        ("Idempotency-Key", b""),
        ("Idempotency-Key", b"\xe9"),
        ("Idempotency-Key", b"x" * 201),
        ("If-Match", b"7"),
        ("If-Match", b'"7" "8"'),
        ("If-Match", b"\xff"),
    ],
)
def test_a_header_that_makes_no_sense_is_refused_by_name(api, header, value):
    ticket = api.open_ticket()
    path, sent = f"/v1/tickets/{ticket['id']}", {header.encode(): value}
    problem(api.patch(path, json={"subject": "x"}, headers=sent), 422, header)
    assert api.read(ticket)["subject"] == ticket["subject"]


@pytest.mark.parametrize("key", ['"quoted"', "a;b=c", "%00", "../..", "'--", "{}\\"])
def test_a_key_of_any_printable_characters_works(api, word, key):
    sent = {"Idempotency-Key": f"{key}{word}"}
    first, second = (api.post("/v1/tickets", json=TICKET, headers=sent) for _ in "12")
    assert first.content == second.content


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("POST", "/v1/tickets/x/explode", 404),
        ("PUT", "/v1/tickets", 405),
        ("DELETE", "/v1/events", 405),
        ("POST", "/v1/events", 405),
    ],
)
def test_what_is_not_there_is_a_problem_too(api, method, path, status):
    problem(api.request(method, path), status)


@pytest.mark.parametrize(
    ("method", "path", "detail"),
    [
        ("GET", "/v1/tickts", "there is no /v1/tickts; did you mean '/v1/tickets'?"),
        ("GET", "/tickets/7", "there is no /tickets/7; did you mean '/v1/tickets/7'?"),
        ("GET", "/v1/agents/a/leavse",
         "there is no /v1/agents/a/leavse; did you mean '/v1/agents/a/leaves'?"),
        ("PUT", "/v1/keys", "PUT is not allowed for /v1/keys; allowed: GET, POST"),
    ],
)  # fmt: skip
def test_a_wrong_address_is_answered_with_the_nearest(api, method, path, detail):
    assert api.request(method, path).json()["detail"] == detail


@pytest.mark.parametrize("path", ["/v1/tickets", "/v1/events", "/v1/agents"])
def test_a_parameter_that_is_not_there_is_answered_in_the_same_words(api, path):
    found = problem(api.get(f"{path}?limti=2"), 422, "?limti")
    [error] = found["errors"]
    assert error["message"] == "there is no such parameter; did you mean 'limit'?"
    assert error["code"] == "unknown_field"


# --- stored and read back -------------------------------------------------------------

TEXTS = [
    "\U0001f976\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u5ba2\u670d\u5de5\u5355\uff1a\u7a7a\u8c03\u4e0d\u51b7",
    "\u0634\u0643\u0631\u0627 \u200f(RTL)\u202e",
    "\u00e9, \u1e9e",
    "\ufeff\u200b\u2028\u2029\x01\x7f\t\r\n'\"\\</script>%00${}",
    "\U0010ffff\uffff\ufdd0",
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_any_other_text_is_read_back_exactly(api, text):
    customer = {"external_id": text, "name": text, "contacts": {"email": text}}
    ticket = api.open_ticket(
        subject=text, body=text, customer=customer, attributes={text: [text]}
    )
    author = {"kind": "customer", "id": text}
    api.act(ticket, "messages", author=author, body=text)
    api.act(ticket, "pause", reason=text)
    shown = api.read(ticket)
    assert (shown["subject"], shown["attributes"]) == (text, {text: [text]})
    assert shown["customer"] == customer | {"tier": "standard"}
    assert shown["pause"]["reason"] == text
    opened, _, said, *_ = api.history(ticket)
    assert opened["data"]["body"] == said["data"]["body"] == text
    listed = api.ok("GET", f"/v1/tickets?wait_for={said['position']}")["items"]
    assert text in [item["subject"] for item in listed]


@pytest.mark.parametrize(
    "attributes",
    [
        {"_type_": "x", "_data_": 1},
        {"_type_": "datetime_iso", "_data_": "2020-01-01T00:00:00"},
        {"a": {"_type_": "tuple_as_list", "_data_": [1]}},
        {"__class__": "x", "topic": "ticket.opened", "$ref": "#/", "": "", "a/b~c": 0},
        {"n": None, "t": True, "f": False, "zero": 0, "minus": -0.0, "e": [], "o": {}},
        {"i": 2**63 - 1, "j": -(2**63) + 1, "x": 1.0, "y": 1e308, "z": 5e-324},
        {"d": "2026-01-01T00:00:00Z", "p": "PT30M", "u": "01a2-b"},
    ],
    ids=repr,
)
def test_attributes_of_any_shape_are_read_back_exactly(api, attributes):
    ticket = api.open_ticket(attributes=attributes)
    assert repr(ticket["attributes"]) == repr(attributes)
    assert repr(api.read(ticket)["attributes"]) == repr(attributes)
    changed = api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"attributes": {}})
    assert changed["attributes"] == {}
    assert repr(api.history(ticket)[0]["data"]["attributes"]) == repr(attributes)


def test_a_change_from_true_to_one_is_a_change(api):
    ticket = api.open_ticket(attributes={"a": True})
    for value in (1, 1.0, True):
        path, body = f"/v1/tickets/{ticket['id']}", {"attributes": {"a": value}}
        api.ok("PATCH", path, body)
        assert repr(api.read(ticket)["attributes"]["a"]) == repr(value)


TEXT = st.text(st.characters(codec=None, categories=None), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)
modestly = settings(
    max_examples=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def composed(value):
    """The same JSON with each text in NFC, as all text is kept."""
    if isinstance(value, dict):
        return {composed(key): composed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [composed(inner) for inner in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@modestly
@given(attributes=st.dictionaries(TEXT, JSON, max_size=4))
@example(attributes={"rice": "\ufa2a", "e\u0301": [1.5, None]})
def test_json_is_read_back_exactly_or_refused_with_a_pointer(api, attributes):
    content = json.dumps(TICKET | {"attributes": attributes})
    content = content.replace("Infinity", "1e400")
    answer = raw(api, "POST /v1/tickets", content)
    if answer.status_code == 201:
        # As JSON has it: two halves side by side have become one character.
        sent = composed(json.loads(content)["attributes"])
        assert repr(api.read(answer.json())["attributes"]) == repr(sent)
    else:
        [first, *_] = problem(answer, 422)["errors"]
        assert first["pointer"].startswith("/attributes/")


@modestly
@given(route=st.sampled_from(sorted(BODIES)), data=st.data())
def test_no_body_breaks_anything(api, route, data):
    body = dict(BODIES[route])
    for field in data.draw(st.lists(st.sampled_from(sorted(body) or ["x"]))):
        body[field] = data.draw(JSON)
    answer = send(api, route, body)
    assert answer.status_code < 500, (route, body)
    if not answer.is_success:
        problem(answer, answer.status_code)


def test_a_body_that_is_not_there_is_called_the_body(api, word):
    answer = api.request("PUT", f"/v1/agents/{word}", content=b"")
    assert problem(answer, 422)["detail"] == "the body: is required"


def test_a_method_that_is_not_there_says_which_are(api):
    answer = api.request("PATCH", "/v1/agents/ann", json={})
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    problem(answer, 405)


def test_after_all_this_every_ticket_can_be_loaded(api):
    cursor, query = None, "/v1/tickets?limit=500"
    seen = 0
    while True:
        page = api.ok("GET", query + (f"&cursor={cursor}" if cursor else ""))
        for item in page["items"][:50]:
            assert api.read(item)["id"] == item["id"]
            seen += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen
