"""Tokens of the identity provider, verified (RFC 7519, RFC 8725, RFC 9068)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from activities.identity import TokenRefusedError
from domain.identity import ClaimRules, Person, person_of
from infra.identity.provider import ALGORITHMS, Provider

LEEWAY_S = 5.0
"""By which the clocks of two machines may differ."""
LONGEST = 16_384
REQUIRED = ["iss", "sub", "aud", "exp"]
_KINDS = (None, "jwt", "at+jwt", "application/at+jwt")
_SAID: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "the token has expired",
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: "the token is for another audience",
    jwt.InvalidIssuerError: "the token is of another issuer",
    jwt.InvalidSignatureError: "the signature of the token is wrong",
    jwt.InvalidKeyError: "the token is signed by a key that is too short",
}
MALFORMED = "the token is malformed"


@dataclass(frozen=True)
class AccessTokens:
    """The tokens of one audience, as bearer tokens of the API."""

    provider: Provider
    audience: str
    rules: ClaimRules

    async def person(self, token: str) -> Person:
        claims = await verified(self.provider, token, self.audience)
        return person_of(claims, self.rules)


async def verified(provider: Provider, token: str, audience: str) -> Mapping[str, Any]:
    """The claims of a token of this provider for this audience. Raises
    TokenRefusedError, ProviderAwayError.
    """
    kid, algorithm = _head(token)
    key = await provider.key(kid, algorithm)
    if key is None:
        raise TokenRefusedError(
            "the token is signed by a key that the issuer does not publish"
        )
    try:
        return jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            audience=audience,
            issuer=provider.issuer,
            leeway=LEEWAY_S,
            options={"require": REQUIRED, "enforce_minimum_key_length": True},
        )
    except jwt.MissingRequiredClaimError as error:
        raise TokenRefusedError(f"the token has no claim {error.claim!r}") from None
    except jwt.PyJWTError as error:
        said = next((s for kind, s in _SAID.items() if isinstance(error, kind)), None)
        raise TokenRefusedError(said or MALFORMED) from None


def _head(token: str) -> tuple[str | None, str]:
    """The id of the key, and the algorithm, which has to be one of ours."""
    if len(token) > LONGEST:
        raise TokenRefusedError(MALFORMED)
    try:
        head = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError):
        raise TokenRefusedError(MALFORMED) from None
    algorithm, kind, kid = head.get("alg"), head.get("typ"), head.get("kid")
    if algorithm not in ALGORITHMS:
        known = ", ".join(ALGORITHMS)
        raise TokenRefusedError(f"the token is not signed by one of {known}")
    if (kind.lower() if isinstance(kind, str) else kind) not in _KINDS:
        raise TokenRefusedError("the token is of a kind that opens no API")
    return kid, algorithm
