"""An identity provider: a real HTTP server on loopback that signs with joserfc, another
library than the one that Pledge verifies with. It checks PKCE, and gives a code once.

Claims can be changed for each token, so that it can also be a hostile one.
"""

import base64
import hashlib
import json
import secrets
import threading
import time
import warnings
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry
from typing_extensions import override

AUDIENCE, CLIENT, SECRET = "pledge-api", "pledge-console", "client-sesame-4711"
ROLES = {
    "pledge-admins": "admin",
    "pledge-ops": "ops",
    "pledge-agents": "agent",
    "pledge-product": "product",
    "pledge-auditors": "auditor",
}
GROUPS = {role: group for group, role in ROLES.items()}
Key = RSAKey | ECKey | OKPKey
_ANY_HEADER = JWSRegistry(
    algorithms=["RS256", "ES256", "EdDSA"], strict_check_header=False
)


def new_key(kind: str = "RSA", kid: str | None = None) -> Key:
    parameters = {"kid": kid or secrets.token_hex(4), "use": "sig"}
    if kind == "RSA":
        return RSAKey.generate_key(2048, parameters)
    if kind == "EC":
        return ECKey.generate_key("P-256", parameters)
    return OKPKey.generate_key("Ed25519", parameters)


ALGORITHMS = {"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}


class IdentityProvider:
    """`asked`: how often each path was asked for. `away`: it answers 503."""

    def __init__(self, port: int = 0) -> None:
        self.keys: list[Key] = [new_key()]
        self.asked: dict[str, int] = {}
        self.away = False
        self.nonce: str | None = None
        self.person: dict[str, Any] = {
            "sub": "u-1",
            "realm_access": {"roles": ["pledge-agents"]},
        }
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}/realm"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def settings(self) -> dict[str, str]:
        return {
            "PLEDGE_OIDC_ISSUER": self.issuer,
            "PLEDGE_OIDC_AUDIENCE": AUDIENCE,
            "PLEDGE_OIDC_CLIENT_ID": CLIENT,
            "PLEDGE_OIDC_CLIENT_SECRET": SECRET,
            "PLEDGE_OIDC_ROLE_CLAIM": "realm_access.roles",
            "PLEDGE_OIDC_ROLES": json.dumps(ROLES),
            "PLEDGE_OIDC_AGENT_CLAIM": "pledge_agent",
            "PLEDGE_OIDC_ACTS_FOR_CLAIM": "pledge_acts_for",
        }

    def rotate(self, kind: str = "RSA") -> None:
        """From now on another key signs; those before are withdrawn."""
        self.keys = [new_key(kind)]

    def claims(self, *roles: str, **more: Any) -> dict[str, Any]:
        """Of an access token for these roles of Pledge; None leaves a claim out."""
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "u-1",
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 300,
            "realm_access": {"roles": ["other", *(GROUPS[role] for role in roles)]},
            **more,
        }
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, *roles: str, **more: Any) -> str:
        return self.signed(self.claims(*roles, **more))

    def signed(
        self,
        claims: Mapping[str, Any],
        key: Key | None = None,
        **header: Any,
    ) -> str:
        key = key or self.keys[0]
        algorithm = ALGORITHMS[key.key_type]
        head = {"alg": algorithm, "typ": "at+jwt", "kid": key.kid, **header}
        head = {name: value for name, value in head.items() if value is not None}
        with warnings.catch_warnings():  # the name EdDSA is old, and what providers use
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode(head, dict(claims), key, registry=_ANY_HEADER)

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        }

    def _jwks(self) -> dict[str, Any]:
        return {"keys": [key.as_dict(private=False) for key in self.keys]}

    def _authorized(self, asked: dict[str, str]) -> str:
        """Where the browser is sent: the person has consented at once."""
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.issuer}
        return f"{asked['redirect_uri']}?{urlencode(told)}"

    def _redeemed(self, form: dict[str, str], proof: str) -> dict[str, Any] | None:
        """None: refused, for example a code for the second time."""
        asked = self._codes.pop(form.get("code", ""), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if asked is None or proof != f"Basic {basic}":
            return None
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        same = asked["redirect_uri"] == form["redirect_uri"]
        if challenge != asked["code_challenge"] or not same:
            return None
        nonce = self.nonce or asked["nonce"]
        claims = self.claims(**{"aud": CLIENT, "nonce": nonce, **self.person})
        return {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.signed(claims, typ="JWT"),
        }

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, asked = self._asked()
                if path == "/authorize" and not provider.away:
                    self.send_response(302)
                    self.send_header("Location", provider._authorized(asked))
                    self.end_headers()
                    return
                pages = {
                    "/.well-known/openid-configuration": provider._discovery,
                    "/keys": provider._jwks,
                }
                self._answer(pages[path]() if path in pages else None)

            def do_POST(self) -> None:
                self._asked()
                length = int(self.headers["content-length"])
                form = _flat(self.rfile.read(length).decode())
                proof = self.headers.get("authorization", "")
                self._answer(provider._redeemed(form, proof))

            def _asked(self) -> tuple[str, dict[str, str]]:
                parts = urlsplit(self.path)
                path = parts.path.removeprefix("/realm")
                provider.asked[path] = provider.asked.get(path, 0) + 1
                return path, _flat(parts.query)

            def _answer(self, found: Mapping[str, Any] | None) -> None:
                body = json.dumps(found or {"error": "invalid_grant"}).encode()
                status = 400 if found is None else 200
                self.send_response(503 if provider.away else status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            @override
            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _flat(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
