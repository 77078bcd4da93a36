"""The identity provider: its discovery document and the keys by which it signs.

Both are kept, and read again regularly: a key that was withdrawn opens nothing after
`REFRESH_S`. A token that names an unknown key makes them be read at once, because keys
rotate; a flood of such tokens does so once in `AGAIN_S`. While the provider is away the
keys that are known stay in use, and `/readyz` says so.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from jwt import PyJWK
from jwt.exceptions import InvalidKeyError, PyJWKError

from activities.identity import ProviderAwayError
from infra.followers.loops import for_ever
from infra.http.outbound import OutboundClient, OutboundError

REFRESH_S = 300.0
AGAIN_S = 5.0
RETRY_S = 10.0
"""After a failure, by the loop."""
DISCOVERY = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
OK = 200
LOG = logging.getLogger(__name__)
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")
_CURVES = {
    ("EC", "P-256"): ("ES256",),
    ("EC", "P-384"): ("ES384",),
    ("EC", "P-521"): ("ES512",),
    ("OKP", "Ed25519"): ("EdDSA",),
}
ALGORITHMS = (*_RSA, "ES256", "ES384", "ES512", "EdDSA")
"""All with a public key: neither `none`, nor HS256 with a public key as the secret."""


class _UnreadableError(Exception):
    """What the provider answered is not what it should be."""


@dataclass(frozen=True)
class Published:
    """What the provider says of itself. `keys`: by `kid` and algorithm."""

    document: Mapping[str, Any]
    keys: Mapping[tuple[str | None, str], PyJWK]

    def key(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """Without a `kid` only if there is no choice."""
        if kid is not None:
            return self.keys.get((kid, algorithm))
        fitting = [key for (_, fits), key in self.keys.items() if fits == algorithm]
        return fitting[0] if len(fitting) == 1 else None


class Provider:
    """`wrong`: why it was not reached when it was asked last; None: it was."""

    def __init__(
        self,
        issuer: str,
        outbound: OutboundClient,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer, self._outbound, self._clock = issuer, outbound, clock
        self.wrong: str | None = "not reached yet"
        self._published: Published | None = None
        self._failed_at = self._searched_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def published(self) -> Published:
        """Raises ProviderAwayError."""
        if self._published is None and self._clock() - self._failed_at >= AGAIN_S:
            await self._read()
        if self._published is None:
            raise ProviderAwayError
        return self._published

    async def key(self, kid: str | None, algorithm: str) -> PyJWK | None:
        """None: the provider publishes no such key. Raises ProviderAwayError."""
        found = (await self.published()).key(kid, algorithm)
        if found is not None or self._clock() - self._searched_at < AGAIN_S:
            return found
        self._searched_at = self._clock()
        await self._read()
        return (await self.published()).key(kid, algorithm)

    async def fetch(
        self, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes]:
        """Raises ProviderAwayError."""
        try:
            return await self._outbound.fetch(url, form, headers)
        except OutboundError as error:
            LOG.warning("the identity provider did not answer: %s", error.reason)
            raise ProviderAwayError from error

    async def run(self) -> NoReturn:
        await for_ever("the identity provider", self._once)

    async def _once(self) -> float:
        await self._read()
        return RETRY_S if self.wrong else REFRESH_S

    async def _read(self) -> None:
        """All callers share one reading. Shielded: who gives up cancels no other's."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._refreshed())
            self._reading.add_done_callback(self._done)
        await asyncio.shield(self._reading)

    def _done(self, _: asyncio.Task[None]) -> None:
        self._reading = None

    async def _refreshed(self) -> None:
        try:
            self._published = await read_published(self.issuer, self._get)
        except (OutboundError, _UnreadableError) as error:
            self._failed_at = self._clock()
            kept = "no token can be verified"
            if self._published is not None:
                kept = "the keys that were read before stay in use"
            self.wrong = f"cannot be read; {kept}"
            LOG.warning("the identity provider cannot be read: %s; %s", error, kept)
        else:
            self.wrong = None

    async def _get(self, url: str) -> Mapping[str, Any]:
        status, body = await self._outbound.fetch(url)
        if status != OK:
            raise _UnreadableError(f"{url} answered {status}")
        try:
            found = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise _UnreadableError(f"{url} answered no JSON") from error
        if not isinstance(found, dict):
            raise _UnreadableError(f"{url} answered no JSON object")
        return found


async def read_published(
    issuer: str, get: Callable[[str], Awaitable[Mapping[str, Any]]]
) -> Published:
    """OpenID Connect Discovery 1.0, section 4, and RFC 7517."""
    document = await get(f"{issuer.rstrip('/')}{DISCOVERY}")
    if document.get("issuer") != issuer:
        raise _UnreadableError("its discovery document names another issuer")
    for name in ENDPOINTS:
        url = document.get(name)
        if not isinstance(url, str) or not _as_safe(url, issuer):
            raise _UnreadableError(f"its discovery document has no valid {name}")
    listed = (await get(document["jwks_uri"])).get("keys")
    keys = dict(_usable(listed if isinstance(listed, list) else []))
    if not keys:
        raise _UnreadableError("it publishes no key that can be used")
    return Published(document, keys)


def _as_safe(url: str, issuer: str) -> bool:
    return url.startswith("https://") or issuer.startswith("http://")


def _usable(listed: list[Any]) -> Iterator[tuple[tuple[str | None, str], PyJWK]]:
    """Those that sign, for each algorithm they can be used with. Others are passed
    over: a provider may publish what we cannot read.
    """
    for jwk in listed:
        if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
            continue
        for algorithm in _fitting(jwk):
            try:
                key = PyJWK(jwk, algorithm)
            except (InvalidKeyError, PyJWKError):
                LOG.warning("a key of the identity provider is not usable")
                continue
            kid = jwk.get("kid")
            yield (kid if isinstance(kid, str) else None, algorithm), key


def _fitting(jwk: Mapping[str, Any]) -> tuple[str, ...]:
    curve = (str(jwk.get("kty")), str(jwk.get("crv")))
    able = _RSA if jwk.get("kty") == "RSA" else _CURVES.get(curve, ())
    named = jwk.get("alg")
    return able if named is None else tuple(one for one in able if one == named)
