"""Addresses, queries and headers that make no sense are refused by name."""

import pytest

from tests.support.bad_input import TICKET, problem

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


def test_a_method_that_is_not_there_says_which_are(api):
    answer = api.request("PATCH", "/v1/agents/ann", json={})
    assert answer.headers["Allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
    problem(answer, 405)
