"""A token opens Pledge only if the issuer signed it, for us, and it is valid now."""

import base64
import hmac
import json
import time

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from activities.identity import ProviderAwayError, TokenRefusedError
from domain.identity import ClaimRules, NoRoleError, person_id
from infra.http.outbound import OutboundClient, parse_networks
from infra.identity.provider import AGAIN_S, Provider
from infra.identity.tokens import AccessTokens
from tests.support.identity_provider import (
    AUDIENCE,
    ROLES,
    IdentityProvider,
    new_key,
)

RULES = ClaimRules(role_claim="realm_access.roles", roles=ROLES)


class Clock:
    def __init__(self):
        self.at = 1000.0

    def __call__(self):
        return self.at


@pytest.fixture
def idp():
    with IdentityProvider() as made:
        yield made


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def provider(idp, clock):
    outbound = OutboundClient(parse_networks("127.0.0.0/8"), timeout_s=5)
    return Provider(idp.issuer, outbound, clock)


@pytest.fixture
def tokens(provider):
    return AccessTokens(provider, AUDIENCE, RULES)


@pytest.mark.parametrize("kind", ["RSA", "EC", "OKP"])
async def test_a_token_that_the_issuer_signed_for_us_is_believed(idp, tokens, kind):
    idp.rotate(kind)
    person = await tokens.person(idp.token("ops"))
    assert (person.role, person.id) == ("ops", person_id(idp.issuer, "u-1"))


def part(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(claims):
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims)}."


def by_the_public_key(idp):
    """HS256 with the published key as its secret: a verifier that lets the token choose
    the algorithm believes it. Made by hand, since no library does it.
    """
    secret = idp.keys[0].as_pem(private=False)
    head = {"alg": "HS256", "kid": idp.keys[0].kid}
    signed = f"{part(head)}.{part(idp.claims('admin'))}"
    return f"{signed}.{part(hmac.digest(secret, signed.encode(), 'sha256'))}"


def altered(token):
    head, claims, signature = token.split(".")
    padded = claims + "=" * (-len(claims) % 4)
    text = base64.urlsafe_b64decode(padded).replace(b"-agents", b"-admins")
    return f"{head}.{part(text)}.{signature}"


HOSTILE = {
    "for another audience": (
        lambda idp: idp.token("admin", aud="another"),
        "the token is for another audience",
    ),
    "for nobody": (lambda idp: idp.token("admin", aud=None), "no claim 'aud'"),
    "of another issuer": (
        lambda idp: idp.token("admin", iss="http://127.0.0.1:1/realm"),
        "the token is of another issuer",
    ),
    "expired": (
        lambda idp: idp.token("admin", exp=int(time.time()) - 10),
        "the token has expired",
    ),
    "without an end": (lambda idp: idp.token("admin", exp=None), "no claim 'exp'"),
    "not valid yet": (
        lambda idp: idp.token("admin", nbf=int(time.time()) + 60),
        "the token is not valid yet",
    ),
    "issued in the future": (
        lambda idp: idp.token("admin", iat=int(time.time()) + 60),
        "the token is not valid yet",
    ),
    "of nobody": (lambda idp: idp.token("admin", sub=None), "no claim 'sub'"),
    "unsigned": (lambda idp: unsigned(idp.claims("admin")), "not signed by one of"),
    "signed by the public key": (by_the_public_key, "not signed by one of"),
    "signed by an unknown key": (
        lambda idp: idp.signed(idp.claims("admin"), new_key()),
        "a key that the issuer does not publish",
    ),
    "signed by another key of the same name": (
        lambda idp: idp.signed(idp.claims("admin"), new_key(kid=idp.keys[0].kid)),
        "the signature of the token is wrong",
    ),
    "altered": (lambda idp: altered(idp.token("agent")), "the signature"),
    "critical in an unknown way": (
        lambda idp: idp.signed(idp.claims("admin"), crit=["kid"]),
        "the token is malformed",
    ),
    "for another purpose": (
        lambda idp: idp.signed(idp.claims("admin"), typ="logout+jwt"),
        "of a kind that opens no API",
    ),
    "no token at all": (lambda _: "a.b.c", "the token is malformed"),
    "enormous": (lambda _: f"{'a' * 50_000}.b.c", "the token is malformed"),
}


@pytest.mark.parametrize("case", HOSTILE)
async def test_any_other_token_is_refused_in_words(idp, tokens, case):
    made, said = HOSTILE[case]
    token = made(idp)
    with pytest.raises(TokenRefusedError) as refused:
        await tokens.person(token)
    assert said in str(refused.value)
    assert all(part not in str(refused.value) for part in token.split(".") if part[20:])


async def test_a_key_that_is_too_short_signs_nothing(idp, tokens):
    short = rsa.generate_private_key(65537, 1024)
    with pytest.warns(SecurityWarning):
        idp.keys = [RSAKey.import_key(short, {"kid": "short"})]
    with pytest.raises(TokenRefusedError, match="too short"):
        await tokens.person(idp.token("admin"))


async def test_a_token_without_a_role_of_ours_opens_nothing(idp, tokens):
    with pytest.raises(NoRoleError, match=r"realm_access\.roles"):
        await tokens.person(idp.token())


async def test_the_keys_are_read_once_for_many_tokens(idp, tokens):
    for _ in range(20):
        await tokens.person(idp.token("agent"))
    assert idp.asked["/keys"] == 1


async def test_a_new_key_is_believed_at_once_and_the_old_one_no_longer(idp, tokens):
    before = idp.token("agent")
    await tokens.person(before)
    idp.rotate()
    assert (await tokens.person(idp.token("ops"))).role == "ops"
    with pytest.raises(TokenRefusedError, match="does not publish"):
        await tokens.person(before)


async def test_a_flood_of_unknown_keys_does_not_flood_the_issuer(idp, tokens, clock):
    await tokens.person(idp.token("agent"))
    for _ in range(50):
        with pytest.raises(TokenRefusedError):
            await tokens.person(idp.signed(idp.claims("admin"), new_key("EC")))
    assert idp.asked["/keys"] == 2
    idp.rotate()
    clock.at += AGAIN_S
    assert await tokens.person(idp.token("agent"))
    assert idp.asked["/keys"] == 3


async def test_an_issuer_that_is_away_leaves_the_known_keys_in_use(
    idp, tokens, provider
):
    await tokens.person(idp.token("agent"))
    assert provider.wrong is None
    idp.away = True
    with pytest.raises(TokenRefusedError):
        await tokens.person(idp.signed(idp.claims("agent"), new_key()))
    assert await tokens.person(idp.token("agent"))
    assert (
        provider.wrong == "cannot be read; the keys that were read before stay in use"
    )


async def test_an_issuer_that_was_never_reached_is_no_fault_of_the_token(
    idp, tokens, provider, clock
):
    idp.away = True
    for _ in range(5):
        with pytest.raises(ProviderAwayError):
            await tokens.person(idp.token("agent"))
    assert idp.asked == {"/.well-known/openid-configuration": 1}
    assert provider.wrong == "cannot be read; no token can be verified"
    idp.away = False
    clock.at += AGAIN_S
    assert await tokens.person(idp.token("agent"))


async def test_keys_that_cannot_be_read_do_not_hide_the_others(
    idp, tokens, monkeypatch
):
    odd = [
        "text",
        {},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "s", "alg": "HS256"},
        {"kty": "RSA", "n": 5, "e": None, "kid": "n"},
        {"kty": "RSA", "n": "%", "e": "AQAB", "kid": "m"},
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "c"},
        {"kty": "EC", "crv": ["P-256"]},
    ]
    ours = idp._jwks()["keys"]
    monkeypatch.setattr(idp, "_jwks", lambda: {"keys": [*odd, *ours]})
    assert await tokens.person(idp.token("agent"))


async def test_no_key_is_read_from_a_document_of_another_issuer(
    idp, tokens, monkeypatch
):
    document = {**idp._discovery(), "issuer": "https://login.other.example"}
    monkeypatch.setattr(idp, "_discovery", lambda: document)
    with pytest.raises(ProviderAwayError):
        await tokens.person(idp.token("agent"))
