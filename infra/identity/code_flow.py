"""Signing in at the identity provider: authorization code with PKCE, S256 (RFC 7636,
RFC 9700; OpenID Connect Core 3.1).

What has to be the same before and after (state, nonce, verifier, where to go) travels
in a cookie that only we can read, so that strangers who begin and never return leave
nothing behind here.
"""

import base64
import hashlib
import hmac
import json
import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

from cryptography.fernet import Fernet, InvalidToken

from activities.identity import Departure, ProviderAwayError, TokenRefusedError
from domain.identity import Person, person_of
from infra.identity.provider import Provider, Published
from infra.identity.setup import Setup
from infra.identity.tokens import verified

LOG = logging.getLogger(__name__)
LASTS_S = 600
"""Within which a person has to come back."""
OK, SERVER_FAULT = 200, 500
NOT_BEGUN = "this sign-in was not begun here, or too long ago: begin again"
NOT_THE_CODE = "the identity provider does not accept the code of this sign-in"


@dataclass(frozen=True)
class _Pending:
    state: str
    nonce: str
    verifier: str
    then: str


class Flow:
    """`redirect_uri`: ours, as the provider knows it; `key`: of this installation."""

    def __init__(
        self, provider: Provider, setup: Setup, redirect_uri: str, key: bytes
    ) -> None:
        self._provider, self._setup = provider, setup
        own_key = hmac.new(key, b"sign-in", "sha256").digest()
        self._seal = Fernet(base64.urlsafe_b64encode(own_key))
        self._redirect_uri = redirect_uri

    async def depart(self, then: str) -> Departure:
        published = await self._provider.published()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        pending = _Pending(state, nonce, verifier, then)
        asked = {
            "response_type": "code",
            "client_id": self._setup.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": self._setup.scope,
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge_of(pending.verifier),
            "code_challenge_method": "S256",
        }
        endpoint = published.document["authorization_endpoint"]
        joint = "&" if "?" in endpoint else "?"
        sealed = self._seal.encrypt(json.dumps(asdict(pending)).encode())
        return Departure(f"{endpoint}{joint}{urlencode(asked)}", sealed.decode())

    async def arrive(self, ticket: str, told: Mapping[str, str]) -> tuple[Person, str]:
        pending = self._opened(ticket)
        if not hmac.compare_digest(
            told.get("state", "").encode(), pending.state.encode()
        ):
            raise TokenRefusedError(NOT_BEGUN)
        if told.get("iss", self._provider.issuer) != self._provider.issuer:  # RFC 9207
            raise TokenRefusedError("another identity provider answered")
        if "code" not in told:
            raise TokenRefusedError("the identity provider did not let the person in")
        id_token = await self._redeemed(told["code"], pending.verifier)
        claims = await verified(self._provider, id_token, self._setup.client_id)
        self._check(claims, pending)
        return person_of(claims, self._setup.rules), pending.then

    def _opened(self, ticket: str) -> _Pending:
        try:
            return _Pending(**json.loads(self._seal.decrypt(ticket, ttl=LASTS_S)))
        except InvalidToken:
            raise TokenRefusedError(NOT_BEGUN) from None

    def _check(self, claims: Mapping[str, Any], pending: _Pending) -> None:
        nonce = str(claims.get("nonce", ""))
        if not hmac.compare_digest(nonce.encode(), pending.nonce.encode()):
            raise TokenRefusedError("the token is of another sign-in (nonce)")
        if claims.get("azp", self._setup.client_id) != self._setup.client_id:
            raise TokenRefusedError("the token was issued to another client (azp)")

    async def _redeemed(self, code: str, verifier: str) -> str:
        """The ID token for the code."""
        published = await self._provider.published()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "client_id": self._setup.client_id,
            "code_verifier": verifier,
        }
        proof, headers = self._client_proof(published)
        endpoint = published.document["token_endpoint"]
        status, body = await self._provider.fetch(endpoint, form | proof, headers)
        if status >= SERVER_FAULT:
            raise ProviderAwayError
        if status != OK:
            LOG.warning("the identity provider answered a code with %d", status)
            raise TokenRefusedError(NOT_THE_CODE)
        try:
            id_token = json.loads(body)["id_token"]
        except (ValueError, RecursionError, LookupError, TypeError):
            id_token = None
        if not isinstance(id_token, str):
            raise TokenRefusedError(
                "the identity provider answered without an ID token"
            )
        return id_token

    def _client_proof(
        self, published: Published
    ) -> tuple[dict[str, str], dict[str, str]]:
        """The secret, in the form or as a header; nothing for a public client."""
        client_id, secret = self._setup.client_id, self._setup.client_secret
        if not secret:
            return {}, {}
        taken = published.document.get("token_endpoint_auth_methods_supported")
        if isinstance(taken, list) and "client_secret_basic" not in taken:
            return {"client_secret": secret}, {}
        pair = f"{quote(client_id, safe='')}:{quote(secret, safe='')}"
        basic = base64.b64encode(pair.encode()).decode()
        return {}, {"authorization": f"Basic {basic}"}


def challenge_of(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
