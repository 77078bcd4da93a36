"""What letters are made of, by language and by why somebody is told."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.notification.facts import Cause


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """`one`: the subject of a letter of one line; `needed`, `news`: of many, some of
    which need the reader, or none. `lines`: what is said between a ticket's name and
    its id. `events` and `kinds` by topic and by kind of approval. `end`: after steps.
    """

    one: Mapping[Cause, str]
    needed: str
    news: str
    head: str
    lines: Mapping[Cause, str]
    why: str
    foot: str
    end: str
    events: Mapping[str, str]
    kinds: Mapping[str, str]


_ANSWER = "POST /v1/tickets/{ticket_id}"
_EN = Phrases(
    one={
        "step": "Ticket #{number} needs you: {clock}",
        "offered": "Ticket #{number} is offered to you until {until}",
        "handed_over": "Ticket #{number} is yours now",
        "unanswered": "Nobody took ticket #{number}",
        "approval": "Ticket #{number}: {kind} of {amount} {currency} to approve",
        "decided": "Ticket #{number}: {kind} of {amount} {currency} {news}",
        "unresolved": "Ticket #{number}: nobody to approve a {kind} of {amount} "
        "{currency}",
        "watched": "Ticket #{number}: {news}",
    },
    needed="{count} tickets need you",
    news="News of {count} tickets",
    head="Ticket #{number}, {subject}",
    lines={
        "step": "{clock}, escalation step {step}, {at}",
        "offered": "Offered to you until {until}\n"
        f"  To accept: {_ANSWER}/accept {{answer}}\n"
        f"  Else: {_ANSWER}/decline, or the next is asked then",
        "handed_over": "Given to you by a rule, {at}",
        "unanswered": "Everybody of the team was asked, and nobody took it, {at}\n"
        f"  To take it yourself: {_ANSWER}/accept {{answer}}\n"
        f"  To give it to somebody: {_ANSWER}/assign",
        "approval": "A {kind} of {amount} {currency} waits for your approval, {at}\n"
        "  Asked for by {requested_by}: {wanted}\n"
        f"  To decide: {_ANSWER}/approvals/{{approval}}/approve or …/reject",
        "decided": "The {kind} of {amount} {currency} was {news} by {actor}, {at}\n"
        "  For this reason: {because}",
        "unresolved": "A {kind} of {amount} {currency} waits, and nobody who may "
        "approve it is there, {at}\n"
        "  Asked for by {requested_by}: {wanted}\n"
        "  Whoever may is asked as soon as they are back, or are given the authority",
        "watched": "{news}, {at}",
    },
    why="Why you: {reason}",
    foot="Id: {ticket_id}",
    end="To stop the escalation, acknowledge the ticket.",
    events={
        "sla.breached": "the promise {clock} is broken",
        "escalation.exhausted": "the escalation of {clock} ended unanswered",
        "ticket.resolved": "it is resolved",
        "approval.granted": "granted",
        "approval.rejected": "rejected",
    },
    kinds={},
)
_ZH = Phrases(
    one={
        "step": "工单 #{number} 需要您处理：{clock}",  # noqa: RUF001 - Chinese
        "offered": "工单 #{number} 待您接单，截止 {until}",  # noqa: RUF001
        "handed_over": "工单 #{number} 已分配给您",
        "unanswered": "工单 #{number} 无人接单",
        "approval": "工单 #{number}：{kind} {amount} {currency} 待您审批",  # noqa: RUF001
        "decided": "工单 #{number}：{kind} {amount} {currency} {news}",  # noqa: RUF001
        "unresolved": "工单 #{number}：{kind} {amount} {currency} 无人可审批",  # noqa: RUF001
        "watched": "工单 #{number}：{news}",  # noqa: RUF001
    },
    needed="{count} 个工单需要您处理",
    news="{count} 个工单有新动态",
    head="工单 #{number}，{subject}",  # noqa: RUF001
    lines={
        "step": "{clock}，升级第 {step} 步，{at}",  # noqa: RUF001
        "offered": "待您接单，截止 {until}\n"  # noqa: RUF001
        f"  接单：{_ANSWER}/accept {{answer}}\n"  # noqa: RUF001
        f"  否则：{_ANSWER}/decline，或到期后询问下一位",  # noqa: RUF001
        "handed_over": "已按规则分配给您，{at}",  # noqa: RUF001
        "unanswered": "已询问团队所有成员，无人接单，{at}\n"  # noqa: RUF001
        f"  由您接单：{_ANSWER}/accept {{answer}}\n"  # noqa: RUF001
        f"  分配给他人：{_ANSWER}/assign",  # noqa: RUF001
        "approval": "{kind} {amount} {currency} 待您审批，{at}\n"  # noqa: RUF001
        "  申请人 {requested_by}：{wanted}\n"  # noqa: RUF001
        f"  审批：{_ANSWER}/approvals/{{approval}}/approve 或 …/reject",  # noqa: RUF001
        "decided": "{kind} {amount} {currency} {news}，{at}\n"  # noqa: RUF001
        "  审批人 {actor}：{because}",  # noqa: RUF001
        "unresolved": "{kind} {amount} {currency} 待审批，目前无人可审批，{at}\n"  # noqa: RUF001
        "  申请人 {requested_by}：{wanted}\n"  # noqa: RUF001
        "  一旦有人可审批，将立即询问",  # noqa: RUF001
        "watched": "{news}，{at}",  # noqa: RUF001
    },
    why="通知您的原因：{reason}",  # noqa: RUF001
    foot="编号：{ticket_id}",  # noqa: RUF001
    end="确认工单后将停止升级。",
    events={
        "sla.breached": "承诺 {clock} 已违约",
        "escalation.exhausted": "{clock} 的升级已到最后一步，仍无人处理",  # noqa: RUF001
        "ticket.resolved": "已解决",
        "approval.granted": "已批准",
        "approval.rejected": "已拒绝",
    },
    kinds={"refund": "退款", "compensation": "补偿"},
)
LANGUAGES: Mapping[str, Phrases] = {"en": _EN, "zh": _ZH}


def language(locale: str | None) -> str:
    """English where the language is not known."""
    found = (locale or "")[:2].lower()
    return found if found in LANGUAGES else "en"


def phrases(locale: str | None) -> Phrases:
    return LANGUAGES[language(locale)]
