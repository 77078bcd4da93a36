"""The page behind a link in a message, in Chinese or English. It works without
JavaScript, on a phone, and asks nobody else for anything.
"""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape

from activities.notification.answer import Answerable, State
from domain.notification.links import Action
from domain.notification.message import rows
from domain.notification.templates import language

_STYLE = """
body{font:1.05rem/1.5 system-ui,sans-serif;margin:0;background:#f4f5f7;color:#1c2430}
*{box-sizing:border-box}
main{max-width:34rem;margin:2rem auto;padding:1.5rem;background:#fff;border-radius:8px}
h1{font-size:1.3rem;margin:0 0 1rem}
dl{margin:0 0 1.5rem}dt{color:#5a6472;font-size:.85rem}dd{margin:0 0 .6rem}
dd,h1{overflow-wrap:anywhere}
button{font:inherit;padding:.8rem 1.4rem;width:100%;border:0;border-radius:6px}
button{background:#1456b8;color:#fff;cursor:pointer}
button:focus{outline:3px solid #8ab4f8}
@media(max-width:36rem){main{margin:0;border-radius:0;min-height:100vh}}
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, kw_only=True)
class Words:
    """`asks`, `buttons`, `dones` by action; `states` where there is nothing to do."""

    html_lang: str
    asks: Mapping[Action, str]
    buttons: Mapping[Action, str]
    dones: Mapping[Action, str]
    states: Mapping[State, str]


_WORDS = {
    "en": Words(
        html_lang="en",
        asks={
            "acknowledge": "Acknowledge this ticket? You are then working on it, "
            "and the escalation stops.",
            "accept": "Accept this ticket? It will be assigned to you.",
            "decline": "Decline this ticket? It is offered to the next agent.",
            "approve": "Approve the {kind} of {amount} {currency}?",
            "reject": "Reject the {kind} of {amount} {currency}?",
        },
        buttons={
            "acknowledge": "Acknowledge",
            "accept": "Accept",
            "decline": "Decline",
            "approve": "Approve",
            "reject": "Reject",
        },
        dones={
            "acknowledge": "You have acknowledged the ticket. The escalation stopped.",
            "accept": "You have accepted the ticket. It is assigned to you.",
            "decline": "You have declined the ticket.",
            "approve": "You have approved it.",
            "reject": "You have rejected it.",
        },
        states={
            "outdated": "There is nothing to do here any more: somebody else answered, "
            "or the ticket has changed.",
            "expired": "This link has expired.",
            "unknown": "This link is not valid.",
        },
    ),
    "zh": Words(
        html_lang="zh",
        asks={
            "acknowledge": "确认处理该工单？确认后由您跟进，升级将停止。",
            "accept": "接下该工单？工单将分配给您。",
            "decline": "不接该工单？将询问下一位。",
            "approve": "批准{kind} {amount} {currency}？",
            "reject": "拒绝{kind} {amount} {currency}？",
        },
        buttons={
            "acknowledge": "确认处理",
            "accept": "接单",
            "decline": "不接单",
            "approve": "批准",
            "reject": "拒绝",
        },
        dones={
            "acknowledge": "您已确认处理该工单，升级已停止。",
            "accept": "您已接单，工单已分配给您。",
            "decline": "您已选择不接单。",
            "approve": "您已批准。",
            "reject": "您已拒绝。",
        },
        states={
            "outdated": "此处已无需处理：其他人已答复，或工单已有新进展。",
            "expired": "该链接已过期。",
            "unknown": "该链接无效。",
        },
    ),
}


def page(found: Answerable, accepted: str, now: datetime) -> str:
    """`accepted`: the languages that the browser asks for, where it is not known whose
    link it is.
    """
    locale = found.reader.locale if found.reader else accepted.strip()
    words = _WORDS[language(locale)]
    title, button = _title(found, words), ""
    if found.state == "open" and found.link is not None:
        label = escape(words.buttons[found.link.action])
        button = f'<form method="post"><button>{label}</button></form>'
    return (
        f'<!doctype html><html lang="{words.html_lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>{escape(title)}</h1>{_details(found, now)}{button}</main></body></html>"
    )


def _title(found: Answerable, words: Words) -> str:
    if found.link is None or found.item is None:
        return words.states[found.state]
    if found.state == "done":
        return words.dones[found.link.action]
    if found.state != "open":
        return words.states[found.state]
    asked = found.item.approval
    kinds = (
        {"refund": "退款", "compensation": "补偿"} if words.html_lang == "zh" else {}
    )
    return words.asks[found.link.action].format(
        kind=asked and kinds.get(asked.kind, asked.kind),
        amount=asked and asked.amount,
        currency=asked and asked.currency,
    )


def _details(found: Answerable, now: datetime) -> str:
    """What the message says, as of now. Not of a link that has expired: the ticket may
    be nobody's business any more who has it.
    """
    if found.item is None or found.reader is None or found.state == "expired":
        return ""
    inside = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>"
        for label, value in rows(found.item, found.reader, now)
    )
    return f"<dl>{inside}</dl>"
