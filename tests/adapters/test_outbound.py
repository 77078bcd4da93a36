"""The outbound door against a real server on loopback, plain and with TLS.

The resolver is the only stand-in: names under .test exist nowhere else.
"""

import asyncio
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.http.outbound import (
    DeliveryError,
    ForbiddenAddressError,
    OutboundClient,
    Resolver,
    UrlError,
    check_url,
    parse_networks,
    refusal,
    resolve,
)
from tests.support.files import VECTORS

VECTOR_FILE = VECTORS / "webhook.json"
VECTORS = json.loads(VECTOR_FILE.read_text())["ssrf_addresses"]
FORGOTTEN = ["168.63.129.16", "::ffff:169.254.169.254"]  # Azure, AWS behind a map
PLAIN = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
Writer = asyncio.StreamWriter
Answer = Callable[[Writer], Awaitable[None]]


@dataclass
class Server:
    """Keeps what it was sent; `answer` writes the answer, however rudely."""

    answer: bytes | Answer
    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    talks: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def accept(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        self.talks.append(asyncio.ensure_future(self.talk(reader, writer)))

    async def talk(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            _, said, after = head.lower().partition(b"content-length:")
            length = int(after.split(b"\r\n")[0]) if said else 0
            self.bodies.append(await reader.readexactly(length))
            self.heads.append(head)
            if isinstance(self.answer, bytes):
                writer.write(self.answer)
            else:
                await self.answer(writer)
            await writer.drain()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()


@asynccontextmanager
async def serving(
    answer: bytes | Answer = PLAIN,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> AsyncIterator[Server]:
    server = Server(answer)
    async with await asyncio.start_server(server.accept, host, 0, ssl=tls) as sockets:
        server.port = sockets.sockets[0].getsockname()[1]
        yield server
    await asyncio.gather(*server.talks)


class Names:
    """A resolver that knows one answer and keeps what it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses, self.asked = addresses, list[str]()

    async def __call__(self, host: str, _port: int) -> Sequence[str]:
        self.asked.append(host)
        return self.addresses


def client(
    allow: str = "127.0.0.0/8, ::1/128",
    resolver: Resolver = resolve,
    timeout_s: float = 10,
    tls: ssl.SSLContext | None = None,
) -> OutboundClient:
    """Trust nobody unless told: loading the usual authorities takes 0.1 s a time."""
    tls = tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    networks = parse_networks(allow)
    return OutboundClient(networks, timeout_s=timeout_s, resolver=resolver, tls=tls)


def test_networks_are_read_from_a_list_without_typing_errors():
    assert [*map(str, parse_networks("10.0.0.0/8, ::1,"))] == ["10.0.0.0/8", "::1/128"]
    for text in ("10.0.0.1/8", "localhost", "10.0.0.0/33"):
        with pytest.raises(ValueError, match=text):
            parse_networks(text)


def test_a_url_that_can_be_posted_to_passes():
    for url in ("http://h", "https://h:8443/x?y=1", "HTTPS://[::1]/"):
        check_url(url)


@pytest.mark.parametrize("host", ["xn--ls8h.la", "xn--a", "xn--"])
async def test_a_name_that_cannot_be_shown_is_asked_for_all_the_same(host):
    names = Names()
    client().check(f"http://{host}/")
    with pytest.raises(DeliveryError, match=f"the name {host} has no address"):
        await client(resolver=names).post(f"http://{host}/", b"", {})
    assert names.asked == [host]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://h/", "http://"),
        ("http:///x", "no host"),
        ("http://:pw@h/", "password"),
        ("http://1.1.1.1\\@127.0.0.1/", "password"),
        ("http://h:99999/", "port"),
        ("http://[::1/", "not a URL"),
        ("http://h/\ud800", "not a URL"),
        ("http://①②⑦.0.0.1/", "not a URL"),
        ("http://h/" + "a" * 1992, "longer"),
    ],
)
async def test_a_url_that_cannot_be_posted_to_is_refused_in_plain_words(url, words):
    names = Names("127.0.0.1")
    with pytest.raises(UrlError, match=words):
        check_url(url)
    with pytest.raises(UrlError, match=words):
        await client(resolver=names).post(url, b"", {})
    assert not names.asked


@pytest.mark.parametrize("text", VECTORS["deny"] + VECTORS["deny_plus"] + FORGOTTEN)
async def test_every_denied_address_is_refused_as_literal_and_behind_a_name(text):
    literal = f"[{text}]" if ":" in text else text
    with pytest.raises(ForbiddenAddressError):
        await client(allow="").post(f"http://{literal}/", b"", {})
    with pytest.raises(ForbiddenAddressError, match=r"hooks\.test is at"):
        await client("", Names(text)).post("http://hooks.test/", b"", {})


@pytest.mark.parametrize("text", VECTORS["allow"])
def test_a_public_address_is_not_refused(text):
    assert refusal(ipaddress.ip_address(text)) is None


def test_an_allowed_network_wins_and_a_mapped_address_counts_as_its_inner_one():
    inside = ipaddress.ip_address("::ffff:10.1.2.3")
    assert refusal(inside) == "a private network"
    assert refusal(inside, parse_networks("10.1.0.0/16")) is None
    assert refusal(inside, parse_networks("10.2.0.0/16,::/0"))


@pytest.mark.parametrize(
    "host", VECTORS["hostnames_that_getaddrinfo_turns_into_127.0.0.1"]
)
async def test_every_spelling_of_loopback_is_refused(host):
    async with serving() as server:
        with pytest.raises((ForbiddenAddressError, UrlError)):
            await client(allow="").post(f"http://{host}:{server.port}/", b"", {})
    assert not server.heads


async def test_loopback_is_refused_unless_the_operator_allows_it():
    async with serving() as server:
        with pytest.raises(ForbiddenAddressError, match="this machine"):
            await OutboundClient().post(server.url, b"", {})
        assert not server.talks
        answer = await client().post(server.url + "in?a=b", b"hello", {"X-Id": "1"})
    assert (answer.status, answer.snippet) == (200, "ok")
    assert answer.headers == {"content-type": "text/plain"}
    assert timedelta(0) < answer.duration < timedelta(seconds=10)
    assert server.bodies == [b"hello"]
    assert server.heads[0].startswith(b"POST /in?a=b HTTP/1.1\r\n")
    assert b"x-id: 1\r\n" in server.heads[0].lower()


async def test_the_name_is_resolved_once_and_no_user_sets_the_framing_headers():
    theirs = {
        "Host": "evil.test",
        "Transfer-Encoding": "chunked",
        "content-length": "9",
    }
    names = Names("127.0.0.1")
    async with serving() as server:
        url = f"http://hooks.test:{server.port}/"
        await client(resolver=names).post(url, b"hello", theirs)
    assert names.asked == ["hooks.test"]
    assert server.bodies == [b"hello"]
    assert f"host: hooks.test:{server.port}\r\n" in server.heads[0].decode().lower()
    assert not {b"evil", b"chunked"} & set(server.heads[0].replace(b".", b" ").split())


@pytest.mark.parametrize("text", ["secret\r\nHost: evil", "secret\ud800"])
async def test_a_header_that_would_break_the_request_is_not_sent_nor_quoted(text):
    async with serving() as server:
        for theirs in ({"X": text}, {text: "x"}):
            with pytest.raises(DeliveryError, match="header") as caught:
                await client().post(server.url, b"", theirs)
            assert "secret" not in caught.value.reason
    assert not server.heads


@pytest.mark.parametrize("bad", ["10.0.0.1", "::1", "::ffff:169.254.169.254"])
async def test_a_name_with_a_good_and_a_bad_address_is_refused(bad):
    async with serving() as server:
        for addresses in (("127.0.0.1", bad), (bad, "127.0.0.1")):
            outbound = client("127.0.0.1/32", Names(*addresses))
            with pytest.raises(ForbiddenAddressError):
                await outbound.post(f"http://hooks.test:{server.port}/", b"", {})
    assert not server.talks


async def test_the_next_address_is_tried_when_the_first_cannot_be_reached():
    outbound = client(resolver=Names("127.0.0.3", "127.0.0.2"))
    async with serving(host="127.0.0.2") as server:
        url = f"http://hooks.test:{server.port}/"
        await outbound.post(url, b"x", {})
    assert server.bodies == [b"x"]
    with pytest.raises(DeliveryError, match="failed"):  # nobody listens any more
        await outbound.post(url, b"", {})


async def test_the_next_address_is_not_tried_once_the_request_was_sent():
    outbound = client(resolver=Names("127.0.0.1", "127.0.0.2"))
    async with serving(b"nonsense\r\n\r\n") as server:
        with pytest.raises(DeliveryError):
            await outbound.post(f"http://hooks.test:{server.port}/", b"x", {})
    assert server.bodies == [b"x"]


async def test_the_proxy_of_the_environment_is_not_used(monkeypatch):
    async with serving() as server, serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        await client().post(server.url, b"", {})
    assert (len(server.heads), len(proxy.talks)) == (1, 0)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_a_failure_and_is_not_followed(status):
    async with serving() as target:
        moved = f"HTTP/1.1 {status} Moved\r\nLocation: {target.url}\r\n\r\n"
        async with serving(moved.encode()) as server:
            with pytest.raises(DeliveryError, match="redirects are not") as caught:
                await client().post(server.url, b"", {})
    assert caught.value.status == status
    assert target.url in caught.value.reason
    assert not target.talks


async def test_an_unwilling_endpoint_has_answered_and_keeps_its_retry_after():
    busy = b"HTTP/1.1 503 Busy\r\nRetry-After: 120\r\nX-Else: 1\r\n\r\n"
    async with serving(busy) as server:
        answer = await client().post(server.url, b"", {})
    assert (answer.status, answer.headers) == (503, {"retry-after": "120"})


async def never(_: Writer) -> None:
    await asyncio.sleep(0.5)


async def drip(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    await repeat(writer, b".")


async def promise(writer: Writer) -> None:
    await repeat(writer, b"HTTP/1.1 102 Processing\r\n\r\n")


async def flood(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    await repeat(writer, b"1000\r\n" + b"\0" + b"x" * 0xFFF + b"\r\n", pause_s=0)


async def repeat(writer: Writer, data: bytes, pause_s: float = 0.02) -> None:
    while not writer.is_closing():
        writer.write(data)
        await writer.drain()
        await asyncio.sleep(pause_s)


@pytest.mark.parametrize("answer", [never, drip, promise])
async def test_a_slow_server_is_given_up_after_the_whole_time(answer):
    async with serving(answer) as server:
        with pytest.raises(DeliveryError, match=r"no full answer .* within 0\.2 s"):
            await client(timeout_s=0.2).post(server.url, b"", {})


async def test_a_slow_resolver_counts_against_the_same_time():
    def stuck(_host: str, _port: int) -> Awaitable[Sequence[str]]:
        return asyncio.sleep(30, ["127.0.0.1"])

    with pytest.raises(DeliveryError, match="within"):
        await client(resolver=stuck, timeout_s=0.1).post("http://hooks.test/", b"", {})


async def test_an_endless_body_is_read_to_the_limit_and_shown_to_500_characters():
    async with serving(flood) as server:
        answer = await client().post(server.url, b"", {})
    assert answer.snippet == "\N{REPLACEMENT CHARACTER}" + "x" * 499


async def test_a_document_is_fetched_whole():
    text = b"x" * 5000
    long = b"HTTP/1.1 404 No\r\nContent-Length: 5000\r\n\r\n" + text
    async with serving(long) as server:
        assert await client().fetch(server.url) == (404, text)
    assert server.heads[0].startswith(b"GET / HTTP/1.1")
    assert b"content-length" not in server.heads[0].lower()


async def test_a_form_is_posted_as_forms_are():
    async with serving() as server:
        await client().fetch(server.url, {"code": "a b&c"}, {"x-proof": "1"})
    assert server.bodies == [b"code=a+b%26c"]
    assert b"content-type: application/x-www-form-urlencoded" in server.heads[0]
    assert b"x-proof: 1" in server.heads[0]


async def test_a_document_that_never_ends_is_refused_instead_of_cut():
    async with serving(flood) as server:
        with pytest.raises(DeliveryError, match="more than 65,536 bytes"):
            await client().fetch(server.url)


async def test_a_document_that_moved_is_not_fetched_elsewhere():
    async with serving() as target:
        moved = f"HTTP/1.1 302 Moved\r\nLocation: {target.url}\r\n\r\n"
        async with serving(moved.encode()) as server:
            with pytest.raises(DeliveryError, match="redirects are not"):
                await client().fetch(server.url)
    assert not target.talks


async def test_no_document_is_fetched_from_a_denied_address():
    async with serving() as server:
        with pytest.raises(ForbiddenAddressError, match="this machine"):
            await client(allow="10.0.0.0/8").fetch(server.url)
    assert not server.talks


@pytest.mark.parametrize("answer", [b"", b"not http at all\r\n\r\n", PLAIN[:-1]])
async def test_a_broken_answer_is_a_delivery_error(answer):
    async with serving(answer) as server:
        with pytest.raises(DeliveryError, match=r"request to 127\.0\.0\.1 failed: .+"):
            await client().post(server.url, b"", {})


@pytest.mark.parametrize(
    ("host", "resolver"), [("a" * 70, resolve), ("a..b", resolve), ("h", Names())]
)
async def test_a_name_without_an_address_is_a_delivery_error(host, resolver):
    with pytest.raises(DeliveryError, match=r"does not resolve|has no address"):
        await client(resolver=resolver).post(f"http://{host}/", b"", {})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a PEM file with key and self-signed certificate for hooks.test."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hooks.test")])
    names = x509.SubjectAlternativeName([x509.DNSName("hooks.test")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    secret = key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    path: Path = tmp_path_factory.mktemp("tls") / "hooks.pem"
    path.write_bytes(secret + signed.public_bytes(pem))
    return path


@asynccontextmanager
async def serving_tls(
    certificate: Path, *, wants_certificate: bool = False
) -> AsyncIterator[tuple[Server, OutboundClient, list[str | None]]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.verify_mode = ssl.CERT_REQUIRED if wants_certificate else ssl.CERT_NONE
    names: list[str | None] = []
    context.sni_callback = lambda _socket, name, _context: names.append(name)
    async with serving(tls=context) as server:
        trusting = ssl.create_default_context(cafile=certificate)
        yield server, client(resolver=Names("127.0.0.1"), tls=trusting), names


async def test_sni_and_certificate_check_use_the_name_and_not_the_number(certificate):
    async with serving_tls(certificate) as (server, outbound, names):
        await outbound.post(f"https://hooks.test.:{server.port}/", b"x", {})
        with pytest.raises(DeliveryError, match="Hostname mismatch"):
            await outbound.post(f"https://other.test:{server.port}/", b"", {})
    assert server.bodies == [b"x"]
    assert names == ["hooks.test", "other.test"]


async def test_an_alert_after_the_handshake_is_a_delivery_error(certificate):
    async with serving_tls(certificate, wants_certificate=True) as (
        server,
        outbound,
        _,
    ):
        with pytest.raises(DeliveryError, match=r"request to hooks\.test failed"):
            await outbound.post(f"https://hooks.test:{server.port}/", b"", {})


async def test_a_certificate_nobody_vouches_for_is_refused_by_default(certificate):
    outbound = OutboundClient(parse_networks("127.0.0.1"), resolver=Names("127.0.0.1"))
    async with serving_tls(certificate) as (server, *_):
        with pytest.raises(DeliveryError, match="certificate verify failed"):
            await outbound.post(f"https://hooks.test:{server.port}/", b"", {})
    assert not server.heads
