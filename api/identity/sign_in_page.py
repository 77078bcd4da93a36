"""The page on which people sign in, in Chinese or English. The key that is typed goes
into a header of one request, never into an address or a form that a browser keeps.
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from domain.notification.templates import language

_STYLE = """
body{font:1.05rem/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}
main{max-width:26rem;margin:4rem auto;padding:1.5rem;background:#fff;border-radius:8px}
*{box-sizing:border-box}h1{font-size:1.3rem;margin:0 0 1.5rem}
label{display:block;margin:1.5rem 0 .3rem}
input,button,a{font:inherit;display:block;width:100%;padding:.7rem;border-radius:6px}
input{border:1px solid #8a94a3}
button,a{border:0;margin-top:.8rem;background:#1456b8;color:#fff;text-align:center}
a{text-decoration:none}button{cursor:pointer}
:focus-visible{outline:3px solid #8ab4f8}
p{color:#a3201d;min-height:1.5em;margin:.8rem 0 0}
"""
_SCRIPT = """
const form = document.querySelector("form"), told = document.querySelector("p");
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  told.textContent = "";
  const key = form.elements.key.value.trim();
  const told_of = (status) =>
    status === 401 || status === 403 ? form.dataset.wrong : form.dataset.failed;
  try {
    const headers = { Authorization: "Bearer " + key };
    const answer = await fetch("session", { method: "POST", headers });
    if (answer.ok) location.assign(form.dataset.next);
    else told.textContent = told_of(answer.status);
  } catch {
    told.textContent = form.dataset.failed;
  }
});
"""


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_hash(_STYLE)}'"
    f"; script-src 'sha256-{_hash(_SCRIPT)}'; connect-src 'self'; img-src data:;"
    " form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "X-Robots-Tag": "noindex, nofollow",
}


@dataclass(frozen=True)
class Words:
    title: str
    company: str
    key: str
    by_key: str
    wrong: str
    failed: str


_WORDS = {
    "en": Words(
        title="Sign in to Pledge",
        company="With your company account",
        key="API key",
        by_key="With this key",
        wrong="This key is not valid.",
        failed="This did not work; try again in a moment.",
    ),
    "zh": Words(
        title="登录 Pledge",
        company="使用公司账号登录",
        key="API 密钥",
        by_key="使用密钥登录",
        wrong="密钥无效。",
        failed="登录没有成功，请稍后再试。",
    ),
}


def page(locale: str, then: str, *, by_provider: bool) -> str:
    """`then`: where to go afterwards, a path of ours; `by_provider`: an identity
    provider is set up for people.
    """
    shown = language(locale)
    words, provider = _WORDS[shown], ""
    if by_provider:
        url = f"login?next={quote(then, safe='')}"
        provider = f'<a href="{escape(url)}">{words.company}</a>'
    return (
        f'<!doctype html><html lang="{shown}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<title>{words.title}</title><link rel="icon" href="data:,">'
        f"<style>{_STYLE}</style></head><body><main><h1>{words.title}</h1>{provider}"
        f'<form data-next="{escape(then)}" data-wrong="{words.wrong}"'
        f' data-failed="{words.failed}"><label for="key">{words.key}</label>'
        '<input id="key" name="key" type="password" required autocomplete="off">'
        f'<button>{words.by_key}</button><p role="alert"></p></form></main>'
        f"<script>{_SCRIPT}</script></body></html>"
    )
