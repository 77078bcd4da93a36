"""The one door for HTTP requests to addresses that users or operators name.

Invariant: a socket opened here leads to an address that was checked, because the host
is resolved once, *every* address it has is checked, and the request goes to one of
those addresses by number; Host, SNI and certificate check keep the name. So neither a
name with a public and a private address nor one that changes between check and use
(DNS rebinding) reaches the inside. The list is ours, from the IANA special-purpose
registries (RFC 6890 and later), since `ipaddress.is_global` in Python 3.11 takes
multicast, 6to4, NAT64 and ISATAP for public.

Absent on purpose: redirects, proxies and .netrc of the environment, cookies, reuse of
connections (a pool keyed by number would hand one name's TLS session to another).
Not seen: a NAT64 prefix of the operator's own inside 2000::/3.

Errors: OutboundError ─┬─ UrlError               never worth a request
                       ├─ ForbiddenAddressError  the operator may allow the network
                       └─ DeliveryError          may go better next time
"""

import asyncio
import ipaddress
import socket
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final, TypeAlias
from urllib.parse import urlencode

import httpx

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolver: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]

URL_LIMIT_CHARS: Final = 2000
BODY_LIMIT_BYTES: Final = 64 * 1024
SNIPPET_LIMIT_CHARS: Final = 500
VALUE_LIMIT_CHARS: Final = 200
KEPT_HEADERS: Final = ("content-type", "retry-after")
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_PORTS: Final = range(1, 65535 + 1)
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})

_DENIED: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ipaddress.ip_network(network), why)
    for why, networks in {
        "this machine": "0.0.0.0/8 127.0.0.0/8 ::/127",
        "a private network": "10.0.0.0/8 100.64.0.0/10 172.16.0.0/12 192.168.0.0/16"
        " fc00::/7",
        "link-local or a cloud's metadata": "169.254.0.0/16 168.63.129.16/32 fe80::/10",
        "multicast": "224.0.0.0/4 ff00::/8",
        "a reserved network": "192.0.0.0/24 192.0.2.0/24 192.31.196.0/24"
        " 192.52.193.0/24 192.88.99.0/24 192.175.48.0/24 198.18.0.0/15"
        " 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4"
        " 2001::/23 2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20",
        "outside 2000::/3, the public part of IPv6": "::/3 4000::/2 8000::/1",
    }.items()
    for network in networks.split()
)

# A user's Host or Transfer-Encoding would make it another request; compressed answers
# could be small outside and huge inside.
_OUR_HEADERS: Final = {"connection": "close", "accept-encoding": "identity"}
_DROPPED_HEADERS: Final = {"content-length", "expect", "transfer-encoding", "upgrade"}
# OSError: anyio lets a TLS error after the handshake through (4.16, 2026). ValueError:
# text that cannot be encoded, a name that the TLS library refuses.
_TRANSPORT_ERRORS: Final = (httpx.RequestError, httpx.InvalidURL, OSError, ValueError)


class OutboundError(Exception):
    """Root; `reason` is a plain sentence for the delivery log of the user."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UrlError(OutboundError):
    pass


class ForbiddenAddressError(OutboundError):
    def __init__(self, host: str, address: Address, why: str) -> None:
        super().__init__(f"{host} is at {address}, {why}: no requests go there")
        self.host, self.address, self.why = host, address, why


class DeliveryError(OutboundError):
    def __init__(self, reason: str, status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """Any final answer but a redirect, 500 included; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    snippet: str
    duration: timedelta


def parse_networks(text: str) -> tuple[Network, ...]:
    """Read ``127.0.0.0/8,::1/128``. Raises ValueError, for set host bits too."""
    return tuple(
        ipaddress.ip_network(part.strip()) for part in text.split(",") if part.strip()
    )


def check_url(url: str) -> None:
    """Raise `UrlError` unless the URL can be posted to; nothing is resolved."""
    _parsed(url)


def refusal(address: Address, allow: Sequence[Network] = ()) -> str | None:
    """The kind of this address if no request may go there; None: it may."""
    address = _inner(address)
    if any(address in network for network in allow):
        return None
    return next((why for network, why in _DENIED if address in network), None)


async def resolve(host: str, port: int) -> Sequence[str]:
    """Resolve by the system, in its order of preference. Raises OSError or
    ValueError.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(sockaddr[0]) for *_, sockaddr in found]


class OutboundClient:
    """Holds no connection: nothing to close. `timeout_s` bounds all of a request."""

    def __init__(
        self,
        allow: Sequence[Network] = (),
        *,
        timeout_s: float = 10.0,
        resolver: Resolver = resolve,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._allow = tuple(allow)
        self._timeout_s = timeout_s
        self._resolver = resolver
        self._tls = tls or httpx.create_ssl_context()

    def check(self, url: str) -> None:
        """Refuse without using the network: raise `UrlError`, or if the host is an
        address `ForbiddenAddressError`. A name is resolved at each request instead.
        """
        host = _host(_parsed(url))
        address = _literal(host)
        if address is not None and (why := refusal(address, self._allow)):
            raise ForbiddenAddressError(host, address, why)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> OutboundAnswer:
        """Send once. Raises `UrlError`, `ForbiddenAddressError` or `DeliveryError`."""
        started = time.perf_counter()
        request = _Request("POST", _parsed(url), body, headers)
        response, start_of_body = await self._answered(request)
        elapsed = timedelta(seconds=time.perf_counter() - started)
        return _answer(response, start_of_body, elapsed)

    async def fetch(
        self,
        url: str,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> tuple[int, bytes]:
        """GET, or with a form POST: the status and the whole body, of at most
        `BODY_LIMIT_BYTES`. Raises as `post` does.
        """
        body = b"" if form is None else urlencode(form).encode()
        sent = dict(headers)
        if form is not None:
            sent["content-type"] = "application/x-www-form-urlencoded"
        method = "GET" if form is None else "POST"
        request = _Request(method, _parsed(url), body, sent)
        response, answered = await self._answered(request)
        _refuse_redirect(response)
        if len(answered) >= BODY_LIMIT_BYTES:
            raise DeliveryError(f"answered more than {BODY_LIMIT_BYTES:,} bytes")
        return response.status_code, answered

    async def _answered(self, request: "_Request") -> tuple[httpx.Response, bytes]:
        target = request.target
        try:
            async with asyncio.timeout(self._timeout_s):
                addresses = await self._checked(target)
                requests = _requests(request, addresses, self._timeout_s)
                return await self._first_answer(requests)
        except (TimeoutError, httpx.TimeoutException) as error:
            reason = f"no full answer from {_host(target)} within {self._timeout_s:g} s"
            raise DeliveryError(reason) from error
        except _TRANSPORT_ERRORS as error:
            reason = f"request to {_host(target)} failed: {_words(error)}"
            raise DeliveryError(reason) from error

    async def _checked(self, target: httpx.URL) -> list[Address]:
        host = _host(target)
        port = target.port or _DEFAULT_PORTS[target.scheme]
        try:
            found = await self._resolver(host, port)
        except (OSError, ValueError) as error:
            raise DeliveryError(f"the name {host} does not resolve") from error
        if not found:
            raise DeliveryError(f"the name {host} has no address")
        addresses = [_inner(ipaddress.ip_address(text)) for text in found]
        for address in addresses:
            if why := refusal(address, self._allow):
                raise ForbiddenAddressError(host, address, why)
        return addresses

    async def _first_answer(
        self, requests: Sequence[httpx.Request]
    ) -> tuple[httpx.Response, bytes]:
        *earlier, last = requests
        for request in earlier:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):  # nothing was sent
                return await self._send(request)
        return await self._send(last)

    async def _send(self, request: httpx.Request) -> tuple[httpx.Response, bytes]:
        # The transport alone: httpx.AsyncClient logs URLs, with the secrets in them,
        # and obeys proxy variables.
        async with httpx.AsyncHTTPTransport(verify=self._tls) as door:
            response = await door.handle_async_request(request)
            async with aclosing(response):
                return response, await _start_of_body(response)


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: httpx.URL
    body: bytes
    headers: Mapping[str, str]


def _requests(
    request: _Request, addresses: Sequence[Address], timeout_s: float
) -> list[httpx.Request]:
    """The same for each address of the host."""
    target = request.target
    given = {name.lower(): value for name, value in request.headers.items()}
    sent = {"user-agent": "Pledge", **given}
    for name in _DROPPED_HEADERS & sent.keys():
        del sent[name]
    sent |= {"host": target.netloc.decode("ascii"), **_OUR_HEADERS}
    raw_headers = [(name.encode(), value.encode()) for name, value in sent.items()]
    extensions = {
        "sni_hostname": _host(target).rstrip("."),
        # An address that swallows packets leaves the others their share of the time.
        "timeout": {"connect": timeout_s / len(addresses)},
    }
    return [
        httpx.Request(
            request.method,
            target.copy_with(host=str(address)),
            headers=raw_headers,
            content=request.body,
            extensions=extensions,
        )
        for address in addresses
    ]


async def _start_of_body(response: httpx.Response) -> bytes:
    """Read at most up to the limit, and decompress nothing: few bytes may expand to
    many.
    """
    held = bytearray()
    if not response.is_redirect:
        async for chunk in response.aiter_raw():
            held += chunk
            if len(held) >= BODY_LIMIT_BYTES:
                break
    return bytes(held[:BODY_LIMIT_BYTES])


def _words(error: Exception) -> str:
    if isinstance(error, httpx.LocalProtocolError | UnicodeError):
        return "a header cannot be sent"  # the error quotes it, and it may be a secret
    return str(error) or "the connection broke"


def _refuse_redirect(response: httpx.Response) -> None:
    if response.is_redirect:
        place = response.headers.get("location", "elsewhere")[:VALUE_LIMIT_CHARS]
        raise DeliveryError(
            f"answered {response.status_code}, a redirect to {place}: redirects are"
            " not followed, so name the final URL",
            response.status_code,
        )


def _answer(
    response: httpx.Response, body: bytes, duration: timedelta
) -> OutboundAnswer:
    _refuse_redirect(response)
    kept = {
        name: response.headers[name][:VALUE_LIMIT_CHARS]
        for name in KEPT_HEADERS
        if name in response.headers
    }
    # PostgreSQL's text and jsonb refuse the character zero.
    text = body.decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    snippet = text[:SNIPPET_LIMIT_CHARS]
    return OutboundAnswer(response.status_code, kept, snippet, duration)


def _parsed(url: str) -> httpx.URL:
    if len(url) > URL_LIMIT_CHARS:
        raise UrlError(f"the URL is longer than {URL_LIMIT_CHARS} characters")
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        raise UrlError(f"not a URL: {error}") from error
    if parsed.scheme not in _DEFAULT_PORTS:
        raise UrlError("the URL must start with http:// or https://")
    if not _host(parsed):
        raise UrlError("the URL names no host")
    if parsed.userinfo:
        raise UrlError("the URL may not hold a user name or password")
    if parsed.port is not None and parsed.port not in _PORTS:
        raise UrlError("the port must be from 1 to 65535")
    return parsed


def _host(url: httpx.URL) -> str:
    """As it is requested. `httpx.URL.host` is for display and raises for names that
    cannot be shown, registered ones among them.
    """
    return url.raw_host.decode("ascii")


def _literal(host: str) -> Address | None:
    """Parse ``10.1`` and ``0x7f000001`` too: the system accepts them as addresses."""
    with suppress(ValueError):
        return ipaddress.ip_address(host)
    with suppress(OSError):
        return ipaddress.ip_address(socket.inet_aton(host))
    return None


def _inner(address: Address) -> Address:
    """Unwrap ``::ffff:a.b.c.d``: it is routed to the IPv4 address inside."""
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
