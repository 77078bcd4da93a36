"""Who has no key, is slow, or breaks off, holds nothing of the server."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from tests.support.api_client import eventually, plain
from tests.support.installation import Installation
from tests.support.raw_http import answer_in, connected, exchange, received

BODY = 900_000
SENDERS = 100
GROWTH_MB = 80
"""Less than one round of bodies; what is let go may stay with the allocator once."""


class Strict(Installation):
    """Its API is quick to lose patience, and takes few at once."""

    @property
    def environment(self):
        return super().environment | {
            "PLEDGE_HEAD_TIMEOUT": "1s",
            "PLEDGE_BODY_TIMEOUT": "1s",
            "PLEDGE_MAX_CONNECTIONS": "150",
            "PLEDGE_RATE_LIMIT_KEY": "700/1h",
            "PLEDGE_RATE_LIMIT_ADDRESS": "400/1h",
            "PLEDGE_RATE_LIMIT_WRONG_KEYS": "20/1h",
            "PLEDGE_TRUSTED_PROXIES": "127.0.0.1",
            "PLEDGE_CORS_ORIGINS": "https://desk.shop.example",
            "PLEDGE_HSTS": "365d",
        }


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    made = Strict(tmp_path_factory.mktemp("strict"))
    made.start("api")
    yield made
    made.stop()


def head(key="", length=BODY + 100):
    known = f"Authorization: Bearer {key}\r\n" if key else ""
    return (
        f"POST /v1/tickets HTTP/1.1\r\nHost: x\r\n{known}"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


def memory_mb(installation):
    status = Path(f"/proc/{installation.process('api').pid}/status").read_text()
    [line] = [at for at in status.splitlines() if at.startswith("VmRSS")]
    return int(line.split()[1]) // 1024


def break_off(installation, key):
    """All at once send most of a body, then go."""
    with ExitStack() as open_ones:
        for _ in range(SENDERS):
            sender = open_ones.enter_context(connected(installation.http))
            with suppress(OSError):  # it may have been refused already
                sender.sendall(head(key) + b" " * BODY)


def heard(connection):
    """What came within its timeout, if anything did."""
    try:
        return connection.recv(65_536)
    except TimeoutError:
        return b""


def connections(installation):
    """Of clients, as the kernel counts them."""
    port = f":{int(installation.http.rpartition(':')[2]):04X}"
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return sum(at[1].endswith(port) and at[3] == "01" for at in fields)


@pytest.mark.parametrize("who", ["a stranger", "somebody with a key"])
def test_bodies_that_break_off_leave_nothing_behind(strict, who):
    key = strict.admin_key if who != "a stranger" else ""
    before = memory_mb(strict)
    for _ in range(3):
        break_off(strict, key)
        eventually(lambda: connections(strict) == 0)
    assert memory_mb(strict) - before < GROWTH_MB


def test_a_stranger_is_answered_before_the_body(strict):
    with connected(strict.http) as stranger:
        stranger.sendall(head())
        assert answer_in(stranger.recv(65_536)).status == 401


def test_who_may_not_do_it_is_answered_before_the_body(strict):
    with strict.client() as admin:
        made = admin.ok("POST", "/v1/keys", {"name": "reader", "role": "auditor"})
    with connected(strict.http) as auditor:
        auditor.sendall(head(made["key"]))
        assert answer_in(auditor.recv(65_536)).status == 403


def test_a_head_that_comes_slowly_is_cut_off(strict):
    with connected(strict.http) as slow:
        began = time.monotonic()
        slow.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
        slow.settimeout(0.1)
        while not (told := heard(slow)) and time.monotonic() - began < 20:
            slow.sendall(b"X-Slow: 1\r\n")
        assert answer_in(told).status == 408
    assert time.monotonic() - began < 10


def test_a_connection_that_asks_nothing_is_closed(strict):
    with connected(strict.http) as silent:
        assert received(silent) == b""


def test_a_body_that_comes_slowly_is_cut_off_and_told_so(strict):
    with connected(strict.http) as slow:
        slow.sendall(head(strict.admin_key) + b"{")
        assert answer_in(slow.recv(65_536)).status == 408


def test_a_head_without_end_is_refused(strict):
    with connected(strict.http) as endless:
        try:
            endless.sendall(b"GET / HTTP/1.1\r\n" + b"X-Long: aaaaaaaa\r\n" * 50_000)
        except OSError:
            return
        assert answer_in(endless.recv(65_536)).status == 431


def test_many_requests_in_one_piece_are_refused(strict):
    asked = b"GET /v1/tickets HTTP/1.1\r\nHost: x\r\n\r\n"
    with connected(strict.http) as eager:
        eager.sendall(asked * 1000)
        assert b"HTTP/1.1 400" in received(eager)


def test_an_upgrade_is_answered_as_any_request_and_then_closed(strict):
    asked = (
        b"GET /v1/tickets HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    assert exchange(strict.http, asked).status == 401


def test_who_only_waits_makes_room_for_who_asks(strict):
    with ExitStack() as open_ones:
        for _ in range(200):
            open_ones.enter_context(connected(strict.http))
        assert plain("GET", f"{strict.http}/healthz").status_code == 200


def test_a_long_poll_whose_client_is_gone_is_let_go(strict):
    with strict.client() as admin:
        end = admin.ok("GET", "/v1/events")["next_cursor"]
    asked = (
        f"GET /v1/events?after={end}&wait=60s HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {strict.admin_key}\r\n\r\n"
    ).encode()
    for _ in range(160):  # more than may be connected at once
        with connected(strict.http) as gone:
            gone.sendall(asked)
    eventually(lambda: plain("GET", f"{strict.http}/healthz").status_code == 200, 10)
    assert "Exception" not in strict.data.log("api").read_text()


def test_different_wrong_keys_are_slowed_and_a_right_one_is_not(strict):
    def status(key):
        sent = {"Authorization": f"Bearer {key}", "X-Forwarded-For": "192.0.2.7"}
        return plain("GET", f"{strict.http}/v1/tickets", headers=sent)

    answers = [status(f"plk_{number}") for number in range(40)]
    assert [a.status_code for a in answers] == [401] * 20 + [429] * 20
    limited = answers[-1]
    assert limited.json()["code"] == "rate_limited"
    assert 1 <= int(limited.headers["Retry-After"]) <= 3600
    assert status(strict.admin_key).status_code == 200


def test_an_address_without_a_key_meets_its_limit_and_others_do_not(strict):
    def ask(address, path="/v1/tickets"):
        sent = {"X-Forwarded-For": address}
        return plain("GET", f"{strict.http}{path}", headers=sent).status_code

    with httpx.Client(headers={"X-Forwarded-For": "192.0.2.8"}) as client:
        found = {client.get(f"{strict.http}/v1/none").status_code for _ in range(401)}
    assert found == {404, 429}
    assert ask("192.0.2.9") == 401
    assert ask("192.0.2.8", "/healthz") == 200


def test_a_key_meets_its_own_limit(strict):
    with strict.client() as admin:
        made = admin.ok("POST", "/v1/keys", {"name": "eager", "role": "agent"})
    with strict.client(made["key"]) as eager:
        answers = [eager.get("/v1/agents") for _ in range(701)]
    assert answers[0].headers["RateLimit-Policy"] == '"key";q=700;w=3600'
    assert answers[0].headers["RateLimit"].startswith('"key";r=699;t=')
    assert [a.status_code for a in answers[-2:]] == [200, 429]


def test_a_page_that_is_let_in_may_read_what_it_needs(strict):
    origin = {"Origin": "https://desk.shop.example"}
    asked = origin | {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "authorization, if-match",
    }
    before = httpx.options(f"{strict.http}/v1/agents/ann", headers=asked)
    assert before.status_code == 200
    refused = plain("GET", f"{strict.http}/v1/tickets", headers=origin)
    assert refused.status_code == 401
    for answer in (before, refused):
        allowed = answer.headers["Access-Control-Allow-Origin"]
        assert allowed == "https://desk.shop.example"
        assert "Access-Control-Allow-Credentials" not in answer.headers
    shown = refused.headers["Access-Control-Expose-Headers"]
    assert {"ETag", "Location", "RateLimit", "X-Request-Id"} <= set(shown.split(", "))
    other = plain(
        "GET", f"{strict.http}/healthz", headers={"Origin": "https://b.example"}
    )
    assert "Access-Control-Allow-Origin" not in other.headers


def test_tls_is_insisted_on_only_over_tls(strict):
    over_http = plain("GET", f"{strict.http}/healthz")
    proxied = plain(
        "GET", f"{strict.http}/healthz", headers={"X-Forwarded-Proto": "https"}
    )
    assert "Strict-Transport-Security" not in over_http.headers
    assert proxied.headers["Strict-Transport-Security"] == "max-age=31536000"
