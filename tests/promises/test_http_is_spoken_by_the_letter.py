"""RFC 9110 and its neighbours, as ordinary clients rely on them."""

import gzip
import http.client
import subprocess
import urllib.error
import urllib.request
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.raw_http import exchange

NOBODY = 2**62


@pytest.fixture
def ticket(api):
    return api.open_ticket()


@pytest.fixture
def http_of(installation):
    return installation.http


@pytest.fixture
def key(installation):
    return installation.admin_key


# --- HEAD, OPTIONS, what is not there -------------------------------------------------


@pytest.mark.parametrize("path", ["/v1/agents", "/healthz", "/docs", "/openapi.json"])
def test_head_answers_as_get_does_without_the_body(api, path):
    got, head = api.get(path), api.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Type", "Content-Length", "ETag"):
        assert head.headers.get(name) == got.headers.get(name)


def test_options_names_what_a_path_takes_to_anybody(http_of):
    answer = httpx.options(f"{http_of}/v1/tickets")
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS, POST"


@pytest.mark.parametrize("path", ["calendars/evaluate", "schedules/preview"])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_path_that_does_something_is_no_document_of_that_name(api, path, method):
    answer = api.request(method, f"/v1/{path}")
    assert answer.status_code == 405
    assert answer.headers["Allow"] == "OPTIONS, POST"
    assert f"/v1/{path}" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/tickets/", "/nothing", "/docs/x"])
def test_what_is_not_there_is_named(api, path):
    answer = api.get(path)
    assert answer.status_code == 404
    assert f"there is no {path}" in answer.json()["detail"]


# --- Location -------------------------------------------------------------------------


def test_what_is_made_says_where_it_is(api, word):
    ticket = api.post(
        "/v1/tickets",
        json={
            "subject": "A",
            "body": "B",
            "channel": "email",
            "type": "question",
            "customer": {"external_id": "c"},
        },
    )
    agent = api.put("agents", word, {"name": "Ann"})
    made = httpx.put(
        f"{api.base_url}/v1/agents/{word}-2".replace("//v1", "/v1"),
        json={"name": "Bo"},
        headers=dict(api.headers),
    )
    assert agent["name"] == word
    for answer in (ticket, made):
        assert answer.status_code == 201
        assert api.get(answer.headers["Location"]).json()[
            "name" if answer is made else "id"
        ]


# --- conditions -----------------------------------------------------------------------


def test_who_has_the_ticket_already_is_not_sent_it_again(api, ticket):
    path = f"/v1/tickets/{ticket['id']}"
    tag = api.get(path).headers["ETag"]
    for known in (tag, f'"0", {tag}', f"W/{tag}", "*"):
        again = api.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == tag
    api.act(ticket, "resolve")
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_a_list_that_has_not_changed_is_not_sent_again(api, word):
    api.put("agents", word, {"name": "Ann"})
    tag = api.get("/v1/agents").headers["ETag"]
    same = {"If-None-Match": tag}
    assert api.get("/v1/agents", headers=same).status_code == 304
    api.put("agents", word, {"name": "Ann Li"})
    assert api.get("/v1/agents", headers=same).status_code == 200


@pytest.mark.parametrize(
    ("tags", "status"),
    [
        ('"{v}"', 200),
        ('"999", "{v}"', 200),
        ("*", 200),
        ('W/"{v}"', 412),
        ('W/"{v}", "999"', 412),
        ('"abc"', 412),
        ('"9", "8"', 412),
        ("{v}", 422),
        ('"{v}', 422),
        ('"{v}" "999"', 422),
        ("", 422),
    ],
)
def test_if_match_is_a_list_that_is_compared_strongly(api, ticket, tags, status):
    sent = {"If-Match": tags.format(v=ticket["version"])}
    changed = api.patch(
        f"/v1/tickets/{ticket['id']}", json={"subject": "New"}, headers=sent
    )
    assert changed.status_code == status


def test_what_has_no_version_yet_matches_no_tag(api):
    refused = api.post(
        "/v1/keys", json={"name": "k", "role": "agent"}, headers={"If-Match": '"1"'}
    )
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")


# --- positions and times --------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        f"/v1/agents?wait_for={NOBODY}",
        f"/v1/tickets?wait_for={NOBODY}",
        f"/v1/events?after={NOBODY}",
        f"/v1/events?after={NOBODY}&wait=60s",
    ],
)
def test_a_position_that_does_not_exist_is_refused_at_once(api, path):
    answer = api.get(path, timeout=2)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert "the log ends at" in answer.json()["detail"]


def test_a_position_that_was_answered_by_a_write_is_waited_for(api, word):
    made = api.request("PUT", f"/v1/agents/{word}", json={"name": "Ann"})
    position = made.headers["Pledge-Position"]
    for path in ("/v1/agents", "/v1/tickets"):
        assert api.get(f"{path}?wait_for={position}").is_success


def test_a_history_is_not_read_on_from_a_version_that_it_does_not_have(api, ticket):
    path = f"/v1/tickets/{ticket['id']}/history"
    assert api.get(f"{path}?cursor={ticket['version']}").json()["items"] == []
    assert api.get(f"{path}?cursor=999").status_code == 422


def test_a_plus_in_a_time_may_be_written_as_it_is(api):
    path = "/v1/reports/attainment?to=2026-01-06T00:00Z"
    asked = path + "&from=2026-01-05T03:00:00{plus}08:00"
    written, escaped = (api.get(asked.format(plus=p)) for p in ("+", "%2B"))
    assert written.is_success
    assert written.json() == escaped.json()


# --- bodies ---------------------------------------------------------------------------


def test_a_long_answer_is_packed_for_who_can_unpack_it(api):
    packed = api.get("/openapi.json", headers={"Accept-Encoding": "gzip"})
    plain = api.get("/openapi.json", headers={"Accept-Encoding": "gzip;q=0"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
    assert packed.content == plain.content


@pytest.mark.parametrize(
    ("headers", "content", "status"),
    [
        ({"Content-Encoding": "gzip"}, gzip.compress(b"{}", mtime=0), 415),
        ({"Content-Encoding": "identity"}, b"{}", 422),
        ({"Content-Type": "application/json; charset=latin1"}, b"{}", 415),
        ({"Content-Type": 'application/json; charset="UTF-8"'}, b"{}", 422),
        ({}, '{"a": 1}'.encode("utf-16"), 400),
        ({}, b'{"a": "\xff"}', 400),
    ],
)
def test_a_body_is_plain_json_in_utf_8(api, headers, content, status):
    sent = {"Content-Type": "application/json", **headers}
    assert api.post("/v1/tickets", content=content, headers=sent).status_code == status


def test_two_lengths_of_one_body_are_refused(http_of):
    head = b"POST /v1/tickets HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
    answer = exchange(http_of, head + b"Content-Length: 3\r\n\r\n{}")
    assert answer.status == 400
    assert answer.headers["content-type"] == "application/problem+json"


TOO_LARGE = 20_000_000
HEADERS = {"Content-Type": "application/json"}


def test_pythons_own_client_reads_why_its_body_is_too_large(http_of, key):
    found = urlsplit(http_of)
    client = http.client.HTTPConnection(found.hostname, found.port, timeout=30)
    sent = HEADERS | {"Authorization": f"Bearer {key}"}
    client.request("POST", "/v1/tickets", body=b" " * TOO_LARGE, headers=sent)
    answer = client.getresponse()
    assert (answer.status, b"body_too_large" in answer.read()) == (413, True)
    client.request("GET", "/v1/agents", headers=sent)  # the same connection goes on
    assert client.getresponse().status == 200
    client.close()


def test_pythons_own_client_reads_it_also_in_pieces_and_when_it_does_not_wait(
    http_of, key
):
    found = urlsplit(http_of)
    for extra in ({}, {"Expect": "100-continue"}, {"Connection": "close"}):
        client = http.client.HTTPConnection(found.hostname, found.port, timeout=30)
        sent = HEADERS | {"Authorization": f"Bearer {key}"} | extra
        pieces = iter([b" " * 1_000_000] * 20)
        client.request(
            "POST", "/v1/tickets", body=pieces, headers=sent, encode_chunked=True
        )
        assert client.getresponse().status == 413
        client.close()


def test_urllib_reads_why_its_body_is_too_large(http_of, key):
    sent = HEADERS | {"Authorization": f"Bearer {key}"}
    asked = urllib.request.Request(
        f"{http_of}/v1/tickets", data=b" " * TOO_LARGE, headers=sent
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, timeout=30)
    assert refused.value.code == 413
    refused.value.close()


@pytest.mark.parametrize("extra", ["Expect:", "Expect: 100-continue"])
@pytest.mark.parametrize("framed", ["X-Nothing: 1", "Transfer-Encoding: chunked"])
def test_curl_reads_why_its_body_is_too_large(http_of, key, tmp_path, extra, framed):
    body = tmp_path / "body"
    body.write_bytes(b" " * TOO_LARGE)
    headers = (extra, framed, f"Authorization: Bearer {key}", "Content-Type: a/json")
    named = [part for header in headers for part in ("-H", header)]
    argv = ["curl", "-sS", "--data-binary", f"@{body}", "-w", "%{http_code}", *named]
    ran = subprocess.run(
        [*argv, f"{http_of}/v1/tickets"], capture_output=True, check=False
    )
    assert ran.stderr == b""
    assert ran.stdout.endswith(b"413")


# --- around every answer --------------------------------------------------------------


def test_every_answer_has_the_callers_request_id_or_one_of_ours(api):
    mine = api.get("/v1/tickets/none", headers={"X-Request-Id": "mail-4711"})
    assert mine.headers["X-Request-Id"] == mine.json()["request_id"] == "mail-4711"
    made = api.get("/v1/agents", headers={"X-Request-Id": "two words"})
    other = api.get("/healthz")
    ids = {made.headers["X-Request-Id"], other.headers["X-Request-Id"]}
    assert len(ids) == 2
    assert "two words" not in ids


def test_the_request_id_is_in_the_history(api):
    ticket = api.ok(
        "POST",
        "/v1/tickets",
        {
            "subject": "A",
            "body": "B",
            "channel": "email",
            "type": "question",
            "customer": {"external_id": "c"},
        },
        X_Request_Id="mail-4712",
    )
    assert api.history(ticket)[0]["correlation_id"] == "mail-4712"


def test_no_answer_tells_what_serves_it_or_may_be_kept_or_framed(api):
    headers = api.get("/v1/agents").headers
    assert "Server" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_a_page_of_another_origin_is_let_in_only_by_the_settings(api):
    asked = {"Origin": "https://a.example", "Access-Control-Request-Method": "GET"}
    answer = api.options("/v1/agents", headers=asked)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_the_documents_need_nothing_from_elsewhere(api):
    page = api.get("/docs")
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    assert "//" not in page.text.replace("<!doctype", "")
    for name in ("swagger-ui-bundle.js", "swagger-ui.css", "start.js"):
        assert f"docs/{name}" in page.text
        assert api.get(f"/docs/{name}").is_success
    assert api.get("/").json()["docs"] == "/docs"
