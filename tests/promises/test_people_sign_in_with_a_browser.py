"""A browser is let in by the identity provider (code with PKCE) or by an API key, keeps
a cookie that says nothing, and changes something only from pages of Pledge itself.
"""

import base64
import hashlib
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from domain.identity import person_id
from infra.embedded.postgres import OWNER
from tests.support.api_client import Api, eventually
from tests.support.identity_provider import SECRET, IdentityProvider, new_key

COOKIE, TICKET = "pledge_session", "pledge_sign_in"
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture(scope="module")
def idp():
    with IdentityProvider() as made:
        yield made


@pytest.fixture(scope="module")
def door(installation, idp):
    with installation.another_api(**idp.settings()) as http:
        yield http


@pytest.fixture
def browser(door):
    """Keeps cookies, and goes where it is sent only when told to."""
    with Api(door, "") as made:
        yield made


@pytest.fixture(autouse=True)
def as_it_was(idp):
    person, keys = idp.person, idp.keys
    yield
    idp.person, idp.keys, idp.nonce, idp.away = person, keys, None, False


def sent_away(browser, then="/tickets"):
    """To the provider, with what the provider is asked."""
    answer = browser.get(f"/v1/auth/login?next={then}")
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def consented(url):
    """Where the provider sends the browser back to."""
    return httpx.get(url, verify=False).headers["Location"]


def signed_in(browser):
    back = browser.get(consented(sent_away(browser)))
    assert back.status_code == 303, back.text
    return back


def asked_of(url):
    return {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}


def test_the_provider_is_asked_with_state_nonce_and_a_challenge(idp, browser, door):
    url = sent_away(browser)
    asked = asked_of(url)
    assert url.startswith(f"{idp.issuer}/authorize?")
    assert asked["redirect_uri"] == f"{door}/v1/auth/callback"
    assert (asked["response_type"], asked["scope"]) == ("code", "openid")
    assert asked["code_challenge_method"] == "S256"
    once = {asked["state"], asked["nonce"], asked["code_challenge"]}
    again = asked_of(sent_away(browser))
    assert not once & {again["state"], again["nonce"], again["code_challenge"]}


def test_who_comes_back_is_signed_in_and_goes_where_they_wanted(idp, browser):
    back = signed_in(browser)
    assert back.headers["Location"] == "/tickets"
    who = browser.ok("GET", "/v1/auth/session")
    assert (who["role"], who["name"]) == ("agent", person_id(idp.issuer, "u-1"))


def signings(installation, holder):
    """What the log holds of them: the fact, and who is named as the actor."""
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        query = (
            "SELECT convert_from(state, 'UTF8')::jsonb FROM stored_events WHERE topic ="
            " 'session.started' AND originator_id = %s ORDER BY originator_version"
        )
        rows = connection.execute(query, (f"sessions/{holder}",)).fetchall()
    return [(row["data"], row["meta"]["actor"]["id"]) for (row,) in rows]


def test_the_log_keeps_who_was_let_in_with_which_role(installation, idp, browser, word):
    for role in ("pledge-agents", "pledge-ops"):
        idp.person = {"sub": word, "realm_access": {"roles": [role]}}
        signed_in(browser)
    name = person_id(idp.issuer, word)
    found = signings(installation, name)
    assert [data["role"] for data, _ in found] == ["agent", "ops"]
    assert {(data["holder"], actor) for data, actor in found} == {(name, name)}


def test_the_cookie_is_for_this_site_alone_and_no_page_reads_it(idp, browser):
    idp.person = {**idp.person, "email": "ann@shop.example", "name": "Ann"}
    back = signed_in(browser)
    [cookie] = [
        c for c in back.headers.get_list("set-cookie") if c.startswith(f"{COOKIE}=")
    ]
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/"} <= attributes
    assert "max-age=3599" in attributes or "max-age=3600" in attributes
    assert "ann" not in cookie.partition(";")[0].lower()


def test_over_tls_the_cookie_travels_over_tls_only(installation):
    secure = {"PLEDGE_PUBLIC_URL": "https://desk.shop.example"}
    with installation.another_api(**secure) as http, Api(http, "") as browser:
        key = {"Authorization": f"Bearer {installation.admin_key}"}
        answer = browser.post("/v1/auth/session", headers=key)
        [cookie] = answer.headers.get_list("set-cookie")
    assert cookie.startswith("__Host-pledge_session=")
    assert "secure" in cookie.lower()


def test_a_session_reads_and_changes_from_our_own_pages(idp, browser, api, door):
    signed_in(browser)
    ticket = api.open_ticket()
    assert browser.get(f"/v1/tickets/{ticket['id']}").status_code == 200
    path = f"/v1/tickets/{ticket['id']}/resolve"
    assert browser.post(path, json={}, headers=SAME).status_code == 200
    close, ours = f"/v1/tickets/{ticket['id']}/close", {"Origin": door}
    assert browser.post(close, json={}, headers=ours).status_code == 200
    actor = api.history(ticket)[-1]["actor"]
    assert actor["id"] == actor["key_id"] == person_id(idp.issuer, "u-1")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "HERE"},
    ],
    ids=str,
)
def test_a_page_of_somebody_else_changes_nothing(browser, api, door, headers):
    signed_in(browser)
    ticket = api.open_ticket()
    sent = {name: value.replace("HERE", door) for name, value in headers.items()}
    path = f"/v1/tickets/{ticket['id']}/resolve"
    refused = browser.post(path, json={}, headers=sent)
    assert (refused.status_code, refused.json()["code"]) == (403, "cross_origin")
    assert api.ok("GET", f"/v1/tickets/{ticket['id']}")["status"] == ticket["status"]


def test_who_signs_out_is_out_also_with_a_copy_of_the_cookie(browser):
    signed_in(browser)
    copied = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    assert browser.post("/v1/auth/logout").status_code == 204
    assert COOKIE not in browser.cookies
    assert browser.get("/v1/tickets", headers=copied).status_code == 401


def test_an_invented_cookie_opens_nothing(browser):
    for invented in ("a", "a.b", f"{'a' * 43}.{'0' * 16}"):
        cookie = {"Cookie": f"{COOKIE}={invented}"}
        assert browser.get("/v1/tickets", headers=cookie).status_code == 401


def refused(browser, url):
    answer = browser.get(url)
    assert COOKIE not in browser.cookies
    assert answer.status_code == 401, answer.text
    return answer.json()["detail"]


def test_a_return_that_nobody_began_here_is_refused(browser, door):
    with Api(door, "") as other:
        back = consented(sent_away(other))
    assert "not begun here" in refused(browser, back)


def test_another_state_is_refused(browser):
    back = httpx.URL(consented(sent_away(browser)))
    assert "not begun here" in refused(
        browser, str(back.copy_set_param("state", "another"))
    )


def test_another_issuer_is_refused(browser):
    back = httpx.URL(consented(sent_away(browser)))
    url = str(back.copy_set_param("iss", "https://login.other.example"))
    assert "another identity provider" in refused(browser, url)


def test_another_nonce_is_refused(idp, browser):
    idp.nonce = "another"
    assert "nonce" in refused(browser, consented(sent_away(browser)))


def test_a_code_opens_once(browser):
    back = consented(sent_away(browser))
    ticket = {"Cookie": f"{TICKET}={browser.cookies[TICKET]}"}
    assert browser.get(back).status_code == 303
    browser.cookies.clear()
    answer = browser.get(back, headers=ticket)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert "does not accept the code" in answer.json()["detail"]


def test_a_stolen_code_is_worth_nothing_without_its_verifier(browser, door):
    with Api(door, "") as other:
        stolen = httpx.URL(consented(sent_away(other))).params["code"]
    mine = httpx.URL(consented(sent_away(browser)))
    url = str(mine.copy_set_param("code", stolen))
    assert "does not accept the code" in refused(browser, url)


def test_a_person_who_is_not_let_in_is_told_so(browser):
    state = asked_of(sent_away(browser))["state"]
    said = refused(browser, f"/v1/auth/callback?error=access_denied&state={state}")
    assert said == "the identity provider did not let the person in"


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"aud": "another"}, "another audience"),
        ({"aud": ["pledge-console", "b"], "azp": "b"}, "another client (azp)"),
        ({"iss": "https://login.other.example"}, "another issuer"),
        ({"exp": int(time.time()) - 60}, "expired"),
    ],
)
def test_an_id_token_for_somebody_else_signs_nobody_in(idp, browser, claims, said):
    idp.person = {**idp.person, **claims}
    assert said in refused(browser, consented(sent_away(browser)))


def test_an_id_token_by_a_foreign_key_signs_nobody_in(idp, browser, monkeypatch):
    foreign, published = new_key(), idp._jwks()
    monkeypatch.setattr(idp, "_jwks", lambda: published)
    idp.keys = [foreign]
    said = refused(browser, consented(sent_away(browser)))
    assert "does not publish" in said


def test_who_has_no_role_is_told_so(idp, browser):
    idp.person = {"sub": "u-2", "realm_access": {"roles": ["other"]}}
    answer = browser.get(consented(sent_away(browser)))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert COOKIE not in browser.cookies


@pytest.mark.parametrize(
    "place", ["https://evil.example", "//evil.example", "/%5Cevil.example", "tickets"]
)
def test_nobody_is_sent_to_another_site_afterwards(browser, place):
    answer = browser.get(f"/v1/auth/login?next={place}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert answer.json()["errors"][0]["pointer"] == "?next"


def test_a_provider_that_is_away_is_said(idp, browser):
    back = consented(sent_away(browser))
    idp.away = True
    answer = browser.get(back)
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def test_where_no_provider_is_set_up_nobody_is_sent_to_one(api):
    answer = api.get("/v1/auth/login")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert "PLEDGE_OIDC_CLIENT_ID" in answer.json()["detail"]


# --- with an API key ------------------------------------------------------------------


def asked_with(browser, key):
    sent = {"Authorization": f"Bearer {key}"}
    return browser.post("/v1/auth/session", headers=sent)


def by_key(browser, key):
    """Each process of the API knows a new key a moment later."""
    eventually(lambda: asked_with(browser, key).status_code == 201, within_s=5)


def test_an_api_key_signs_a_browser_in(api, browser, word):
    made = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    by_key(browser, made["key"])
    who = browser.ok("GET", "/v1/auth/session")
    assert (who["name"], who["key_id"], who["role"]) == (word, made["id"], "agent")
    assert made["key"] not in browser.cookies[COOKIE]


def test_a_wrong_key_signs_nobody_in(browser):
    assert asked_with(browser, "plk_wrong").status_code == 401
    assert COOKIE not in browser.cookies


def test_the_session_of_a_key_ends_with_the_key(api, browser, word):
    made = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    by_key(browser, made["key"])
    api.ok("DELETE", f"/v1/keys/{made['id']}")
    eventually(lambda: browser.get("/v1/tickets").status_code == 401, within_s=5)


def test_the_session_of_a_key_ends_when_the_key_expires(api, browser, word):
    soon = (datetime.now(UTC) + timedelta(seconds=4)).isoformat()
    body = {"name": word, "role": "agent", "expires_at": soon}
    by_key(browser, api.ok("POST", "/v1/keys", body)["key"])
    kept = {"Cookie": f"{COOKIE}={browser.cookies[COOKIE]}"}
    assert browser.get("/v1/tickets", headers=kept).status_code == 200
    eventually(lambda: browser.get("/v1/tickets", headers=kept).status_code == 401)
    assert datetime.now(UTC) >= datetime.fromisoformat(soon)


def test_a_session_starts_no_other(api, browser, word):
    made = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    by_key(browser, made["key"])
    again = browser.post("/v1/auth/session", headers=SAME)
    assert (again.status_code, again.json()["code"]) == (401, "unauthenticated")
    assert again.headers.get_list("set-cookie") == []


def test_a_session_by_a_token_ends_with_the_token(idp, browser):
    token = idp.token("agent", exp=int(time.time()) + 60)
    answer = asked_with(browser, token)
    [cookie] = answer.headers.get_list("set-cookie")
    lasts = int(cookie.lower().partition("max-age=")[2].partition(";")[0])
    assert 0 < lasts <= 60


def test_a_session_ends_by_itself(installation, api, browser, word):
    made = api.ok("POST", "/v1/keys", {"name": word, "role": "agent"})
    by_key(browser, made["key"])
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        connection.execute(
            "UPDATE sessions SET expires_at = now() WHERE holder = %s", (made["id"],)
        )
    assert browser.get("/v1/tickets").status_code == 401


def test_nothing_secret_of_signing_in_is_kept_or_logged(installation, idp, browser):
    idp.person = {**idp.person, "email": "marked-4711@shop.example"}
    back = consented(sent_away(browser))
    ticket = browser.cookies[TICKET]
    browser.get(back)
    secret = {SECRET, ticket, browser.cookies[COOKIE], asked_of(back)["code"]}
    written = installation.data.log("another-api").read_text()
    with psycopg.connect(installation.postgres.url(OWNER)) as connection:
        rows = connection.execute("SELECT sessions::text FROM sessions").fetchall()
    kept = written + "".join(row for (row,) in rows)
    assert "/v1/auth/callback" in written
    assert not any(one in kept for one in (*secret, "marked-4711"))


# --- the page -------------------------------------------------------------------------


def test_the_page_offers_the_provider_and_a_key(browser):
    page = browser.get("/v1/auth/sign-in?next=/tickets?team=a%26b")
    assert page.headers["Content-Type"].startswith("text/html")
    assert 'href="login?next=%2Ftickets%3Fteam%3Da%26b"' in page.text
    assert 'data-next="/tickets?team=a&amp;b"' in page.text


def test_without_a_provider_the_page_offers_a_key_only(api):
    page = api.get("/v1/auth/sign-in").text
    assert "login?next" not in page
    assert 'name="key"' in page


@pytest.mark.parametrize(
    ("asked", "languages", "said"),
    [
        ("", "zh-CN,zh;q=0.9", "登录 Pledge"),
        ("", "de", "Sign in to Pledge"),
        ("?lang=zh", "en", "登录 Pledge"),
    ],
)
def test_the_page_is_in_the_language_of_the_browser(browser, asked, languages, said):
    sent = {"Accept-Language": languages}
    assert said in browser.get(f"/v1/auth/sign-in{asked}", headers=sent).text


def test_the_page_runs_its_own_script_and_no_other(browser):
    page = browser.get("/v1/auth/sign-in")
    script = page.text.partition("<script>")[2].partition("</script>")[0]
    sha256 = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = page.headers["Content-Security-Policy"]
    assert f"script-src 'sha256-{sha256}';" in policy
    assert "default-src 'none'" in policy


def test_the_page_leads_to_no_other_site(browser):
    for place in ("//evil.example", "javascript:alert(1)", '/"><script>'):
        sent = browser.get("/v1/auth/sign-in", params={"next": place})
        assert sent.status_code == 422 or "&quot;&gt;&lt;script&gt;" in sent.text
