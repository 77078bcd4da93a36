"""The texts of messages, by language and by the cause of the notification."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Mapping
from dataclasses import dataclass

from domain.notification.facts import Cause
from domain.notification.links import Action


@dataclass(frozen=True, kw_only=True)
class Phrases:
    """`subjects` and `heads` by cause; for a step, `late`, `soon` and `stopped` say
    where its promise stands. `needed`, `news`: the subject of a message about many
    tickets, of which some need the reader's action, or none. `labels`, `words`: fields
    of the ticket and their values. `because` by kind of target, by cause, and by how
    somebody was chosen.
    """

    subjects: Mapping[Cause, str]
    heads: Mapping[Cause, str]
    late: str
    soon: str
    stopped: str
    late_subject: str
    soon_subject: str
    needed: str
    news: str
    colon: str
    comma: str
    labels: Mapping[str, str]
    words: Mapping[str, str]
    metrics: Mapping[str, str]
    cycle: str
    events: Mapping[str, str]
    kinds: Mapping[str, str]
    because: Mapping[str, str]
    actions: Mapping[Action, str]
    units: tuple[str, str, str, str]
    offer_ends: str


_EN = Phrases(
    subjects={
        "step": "{promise} escalated: {ticket}",
        "offered": "Offered to you until {until}: {ticket}",
        "assigned_by_rule": "Assigned to you: {ticket}",
        "unanswered": "Nobody accepted {ticket}",
        "approval": "Approval needed, {kind} of {amount} {currency}: {ticket}",
        "decided": "{kind} of {amount} {currency} {news}: {ticket}",
        "unresolved": "No approver for a {kind} of {amount} {currency}: {ticket}",
        "watched": "{news}: {ticket}",
    },
    heads={
        "step": "{promise} is escalated to you.",
        "offered": "This ticket is offered to you until {until}.",
        "assigned_by_rule": "This ticket was assigned to you by a rule.",
        "unanswered": "It was offered to the whole team, and nobody accepted it.",
        "approval": "A {kind} of {amount} {currency} waits for your approval.",
        "decided": "The {kind} of {amount} {currency} was {news} by {actor}.",
        "unresolved": "A {kind} of {amount} {currency} waits, and no approver is "
        "available. It is sent to an approver as soon as one is.",
        "watched": "{news}.",
    },
    late="{promise} is overdue by {late}.",
    soon="{promise} is due in {left}.",
    stopped="{promise} was overdue.",
    late_subject="{promise} overdue: {ticket}",
    soon_subject="{promise} due soon: {ticket}",
    needed="{count} tickets need your action",
    news="Updates on {count} tickets",
    colon=": ",
    comma=", ",
    labels={
        "ticket": "Ticket",
        "customer": "Customer",
        "priority": "Priority",
        "due": "Due",
        "since": "Offered since",
        "requested_by": "Requested by",
        "wanted": "Reason",
        "decision": "Reason for the decision",
        "why": "Why you",
        "others": "Also notified",
        "id": "Id",
    },
    words={"key_account": "key account"},
    metrics={
        "first_response": "first response",
        "next_response": "next response",
        "periodic_update": "periodic update",
        "pausable_update": "periodic update",
        "resolution": "resolution",
        "requester_wait": "customer's waiting time",
        "agent_work": "agent's working time",
        "assignment": "assignment",
        "team": "team's time",
    },
    cycle="{promise} (no. {cycle})",
    events={
        "sla.breached": "{promise} is overdue",
        "escalation.exhausted": "the escalation of {promise} ended without an answer",
        "ticket.resolved": "it is resolved",
        "approval.granted": "granted",
        "approval.rejected": "rejected",
    },
    kinds={},
    because={
        "assignee": "you are the assignee",
        "agent": "the escalation policy names you",
        "webhook": "the escalation policy names you",
        "team": "you are a member of {name}",
        "lead_of": "you are the lead of {name}",
        "manager_of": "you are the manager of {name}",
        "manager_above": "you are {level} levels above {name}",
        "on_call": "you are on call for {name}",
        "on_call_next": "you are next on call for {name}",
        "on_call_previous": "you were on call for {name} before",
        "least_loaded": "you have the fewest tickets in {name}",
        "round_robin": "it is your turn in {name}",
        "skilled": "you have the best skills for it in {name}",
        "catch_all": "nobody else could be reached, and {why}",
        "least loaded": "you have the fewest tickets in the team",
        "longest without new work": "you have waited longest for a new ticket",
        "next in turn": "it is your turn",
        "best skilled": "you have the best skills for it",
        "had this ticket before": "you had this ticket before",
        "had the customer before": "you served this customer before",
        "rule": "you were chosen by a rule of the team",
        "unanswered": "you are the team lead",
        "approval": "you are the next manager with a high enough limit",
        "decided": "you requested it",
        "asked": "you requested it",
        "lead": "you are the lead of the ticket's team",
        "watched": "you watch the ticket",
    },
    actions={
        "acknowledge": "Acknowledge: the escalation stops",
        "accept": "Accept",
        "decline": "Decline: it is offered to the next agent",
        "approve": "Approve",
        "reject": "Reject",
    },
    units=("{} d", "{} h", "{} min", "{} s"),
    offer_ends="Without an answer it is then offered to the next agent.",
)
_ZH = Phrases(
    subjects={
        "step": "{promise}已升级：{ticket}",
        "offered": "待您接单，截止 {until}：{ticket}",
        "assigned_by_rule": "已分配给您：{ticket}",
        "unanswered": "无人接单：{ticket}",
        "approval": "待您审批，{kind} {amount} {currency}：{ticket}",
        "decided": "{kind} {amount} {currency} {news}：{ticket}",
        "unresolved": "{kind} {amount} {currency} 无人可审批：{ticket}",
        "watched": "{news}：{ticket}",
    },
    heads={
        "step": "{promise}已升级，需要您处理。",
        "offered": "工单待您接单，截止 {until}。",
        "assigned_by_rule": "工单已按规则分配给您。",
        "unanswered": "已询问团队所有成员，无人接单。",
        "approval": "{kind} {amount} {currency} 待您审批。",
        "decided": "{kind} {amount} {currency} {news}，审批人 {actor}。",
        "unresolved": "{kind} {amount} {currency} 待审批，目前无人可审批。"
        "一旦有人可审批，将立即询问。",
        "watched": "{news}。",
    },
    late="{promise}已逾期 {late}。",
    soon="{promise}将在 {left}后到期。",
    stopped="{promise}曾逾期。",
    late_subject="{promise}已逾期：{ticket}",
    soon_subject="{promise}即将到期：{ticket}",
    needed="{count} 个工单需要您处理",
    news="{count} 个工单有新动态",
    colon="：",
    comma="、",
    labels={
        "ticket": "工单",
        "customer": "客户",
        "priority": "优先级",
        "due": "截止时间",
        "since": "派单时间",
        "requested_by": "申请人",
        "wanted": "申请理由",
        "decision": "审批意见",
        "why": "通知您的原因",
        "others": "同时通知",
        "id": "编号",
    },
    words={
        "low": "低",
        "normal": "普通",
        "high": "高",
        "urgent": "紧急",
        "standard": "普通客户",
        "key_account": "大客户",
    },
    metrics={
        "first_response": "首次响应",
        "next_response": "后续响应",
        "periodic_update": "定期更新",
        "pausable_update": "定期更新",
        "resolution": "解决",
        "requester_wait": "客户等待时间",
        "agent_work": "客服处理时间",
        "assignment": "分配",
        "team": "团队处理时间",
    },
    cycle="{promise}（第 {cycle} 次）",
    events={
        "sla.breached": "{promise}已逾期",
        "escalation.exhausted": "{promise}的升级已到最后一步，仍无人处理",
        "ticket.resolved": "工单已解决",
        "approval.granted": "已批准",
        "approval.rejected": "已拒绝",
    },
    kinds={"refund": "退款", "compensation": "补偿"},
    because={
        "assignee": "您是该工单的负责人",
        "agent": "升级策略指定了您",
        "webhook": "升级策略指定了您",
        "team": "您是团队 {name} 的成员",
        "lead_of": "您是团队 {name} 的组长",
        "manager_of": "您是 {name} 的直属上级",
        "manager_above": "您是 {name} 的第 {level} 级上级",
        "on_call": "您正在 {name} 值班",
        "on_call_next": "您是 {name} 的下一位值班人",
        "on_call_previous": "您是 {name} 的上一位值班人",
        "least_loaded": "您在团队 {name} 中手头工单最少",
        "round_robin": "团队 {name} 轮到您",
        "skilled": "您具备团队 {name} 所需技能",
        "catch_all": "无法通知其他人，且{why}",
        "least loaded": "您在团队中手头工单最少",
        "longest without new work": "您最久没有新工单",
        "next in turn": "轮到您",
        "best skilled": "您具备所需技能",
        "had this ticket before": "您曾处理该工单",
        "had the customer before": "您曾服务该客户",
        "rule": "按团队规则选择了您",
        "unanswered": "您是该团队的组长",
        "approval": "您是下一位有足够权限的审批人",
        "decided": "您提出了申请",
        "asked": "您提出了申请",
        "lead": "您是该工单所属团队的组长",
        "watched": "您关注了该工单",
    },
    actions={
        "acknowledge": "确认处理（升级将停止）",
        "accept": "接单",
        "decline": "不接单（将询问下一位）",
        "approve": "批准",
        "reject": "拒绝",
    },
    units=("{} 天", "{} 小时", "{} 分钟", "{} 秒"),
    offer_ends="到期未答复将询问下一位。",
)
LANGUAGES: Mapping[str, Phrases] = {"en": _EN, "zh": _ZH}


def language(locale: str | None) -> str:
    """English where the language is not known."""
    found = (locale or "")[:2].lower()
    return found if found in LANGUAGES else "en"


def phrases(locale: str | None) -> Phrases:
    return LANGUAGES[language(locale)]
