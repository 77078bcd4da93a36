"""What happened, in Chinese. See `sentences_en`."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

from collections.abc import Mapping
from typing import Final

TERMS: Final[Mapping[str, str]] = {

        "first_response": "首次响应", "next_response": "后续响应",
        "periodic_update": "定期更新", "pausable_update": "定期更新",
        "resolution": "解决", "requester_wait": "客户等待时间",
        "agent_work": "客服处理时间", "assignment": "分配", "team": "团队处理时间"
    ,
    "customer": "客户", "agent": "客服", "bot": "机器人", "system": "系统",
    "public": "公开", "internal": "内部",
    "pending": "等待客户", "on_hold": "等待第三方",
    "low": "低", "normal": "普通", "high": "高", "urgent": "紧急",
    "standard": "普通客户", "key_account": "大客户",

        "email": "电子邮件", "web": "网页", "api": "接口", "phone": "电话",
        "chat": "在线聊天", "social": "社交媒体", "messaging": "即时消息",
        "forum": "论坛", "face_to_face": "面谈", "video": "视频"
    ,
    "refund": "退款", "compensation": "补偿",
    "bug": "缺陷", "wish": "愿望", "praise": "表扬", "complaint": "投诉",

        "calendars": "日历", "sla-policies": "SLA 策略",
        "escalation-policies": "升级策略", "schedules": "值班表",
        "authorities": "审批权限", "teams": "团队", "agents": "客服", "macros": "宏"
    ,
}  # fmt: skip

SENTENCES: Final[Mapping[str, str]] = {
    "access.denied": "{since}至{until}，{who}的{count}次调用被拒绝。",
    "agent.calendar_url_made": "{who}为{agent}生成了日历地址。",
    "agent.calendar_url_revoked": "{who}撤销了{agent}的日历地址。",
    "agent.leave_added": "{who}登记了{agent}自{begin}至{end}的休假。",
    "agent.leave_cancelled": "{who}取消了{agent}的一次休假。",
    "agent.notification_tested": "{who}向{agent}发送了测试消息。",
    "agent.webhook_secret_read": "{who}查看了{agent}的 webhook 密钥。",
    "approval.escalated": "审批{number}[由{from_approver}][转给{approver}]：{reason}。",
    "approval.granted": "{actor}以{principal}的权限（角色{limit.role}，"
    "额度{limit.amount} {limit.currency}）"
    "批准了{kind}{amount} {currency}，编号{number}。",
    "approval.rejected": "{actor}拒绝了审批{number}：{reason}。",
    "approval.requested": "{requested_by}申请{kind}{amount} {currency}，"
    "编号{number}[，由{approver}审批]。",
    "assignment.accepted": "{agent}接受了工单。",
    "assignment.declined": "{agent}拒绝了工单：{reason}。",
    "assignment.offer_expired": "{agent}没有及时答复派单。",
    "assignment.offered": "工单派给团队{team}的{agent}，有效至{expires_at}，"
    "按{strategy}选出。",
    "assignment.overflowed": "工单从{from_team}的队列转到{to_team}的队列。",
    "assignment.queued": "工单进入团队{team}的队列：{reason}。",
    "assignment.relaxed": "团队{team}不再要求技能{dropped}。",
    "assignment.revoked": "从{agent}收回了{held}：{reason}。",
    "assignment.unanswered": "经过{rounds}轮，团队{team}无人接单：{reason}。",
    "assignment.waiting": "团队{team}暂时无人可以接单：{reason}。",
    "audit.log_restarted": "{requested_by}在{origin}的{size}个事件之后，"
    "以{new_origin}重新开始日志树：{reason}。",
    "authority.delegated": "{principal}授权{delegate}自{begin}至{end}审批{kinds}，"
    "上限{amount} {currency}：{reason}。",
    "authority.revoked": "{who}撤销了授权{delegation_id}。",
    "escalation.acknowledged": "{by}确认了{clock}的升级[，暂停至{until}]。",
    "escalation.breached": "已升级的承诺{clock}于{breach_at}违约。",
    "escalation.catch_all_fired": "{clock}升级的第{step}步没有通知到任何人，"
    "兜底规则选出{chosen}。",
    "escalation.ended": "{clock}的升级结束：{reason}。",
    "escalation.exhausted": "{clock}的升级已没有后续步骤。",
    "escalation.forced": "{by}把{clock}的升级从第{from_step}步移到第{to_step}步："
    "{reason}。",
    "escalation.migrated": "{clock}的升级由{old}改按{new}：{reason}。",
    "escalation.notified": "因第{step}步，通过{channel}就{clock}通知了{person}："
    "{reason}。",
    "escalation.paused": "{clock}的升级暂停[至{until}]。",
    "escalation.pinned": "工单固定使用升级策略{policy.ref}。",
    "escalation.reassigned": "{clock}升级的第{step}步把工单转给{to_agent}"
    "[，不再由{from_agent}处理]，按{strategy}选出。",
    "escalation.reassignment_failed": "{clock}升级的第{step}步找不到可以接手的人。",
    "escalation.resumed": "{clock}的升级继续：{reason}。",
    "escalation.started": "{clock}按{policy}开始升级，从第{step}步起。",
    "escalation.step_fired": "{clock}升级的第{step}步应于{due_at}执行，选出{chosen}"
    "[，排除{excluded}]。",
    "escalation.step_skipped": "{clock}升级的第{step}步没有执行：{reason}。",
    "escalation.undelivered": "{clock}第{step}步的消息没有送达{people}：{reason}。",
    "escalation.waiting": "{clock}升级的第{step}步暂时无人可通知，等到{until}。",
    "export.completed": "{events}个事件的导出已完成，SHA-256 为{sha256}。",
    "export.failed": "导出失败：{error}。",
    "export.requested": "{who}申请导出[工单{tickets}][，自{since}][，至{until}]，"
    "个人数据{personal}[：{reason}]。",
    "feedback.captured": "{who}记录了客户的{kind}[，涉及{product_area}]。",
    "key.created": "{who}创建了 API 密钥{name}，角色{role}[，归{agent}]"
    "[，有效至{expires_at}]。",
    "key.revoked": "{who}吊销了 API 密钥{key_id}。",
    "notification.deferred": "消息推迟到{until}：{reason}。",
    "notification.failed": "通过{channel}的消息第{attempt}次尝试失败：{code}。",
    "notification.planned": "将就工单{ticket_id}的第{about}版通知{person}。",
    "notification.sent": "通过{channel}的消息在第{attempt}次尝试时被接收。",
    "notification.suppressed": "通过{channel}的消息没有发送：{reason}。",
    "notification.unreachable": "无法通知此人：{reason}。",
    "personal.revealed": "{who}查看了[工单{ticket_id}的]个人数据：{reason}。",
    "policy.published": "{who}发布了{name}（{kind}）的第{version}版。",
    "policy.restated": "{who}要求进行中的承诺改按{name}（{kind}）第{version}版："
    "{reason}。",
    "policy.retired": "{who}停用了{name}（{kind}）。",
    "retention.applied": "一次保留期清理删除了{erased}名客户的数据；{held}名因法律保留"
    "而留存，{kept}名已不再到期。",
    "retention.failed": "一次保留期清理失败：{error}。",
    "retention.requested": "{who}要求执行保留期清理[，客户数据超过{transactions}"
    "未变动者][，运行记录早于{logs}者]：{reason}。",
    "schedule.override_added": "{who}登记：{begin}至{end}由{person}在{schedule}值班"
    "[，代替{replaces}]。",
    "schedule.override_cancelled": "{who}取消了{schedule}的临时值班{override_id}。",
    "schedule.swap_cancelled": "{who}取消了{schedule}的换班{swap_id}。",
    "schedule.swap_offered": "{asker}在{schedule}提出换出{begin}至{end}的班次"
    "[，给{offered_to}]。",
    "schedule.swap_taken": "{taker}接受了{schedule}的换班{swap_id}。",
    "session.started": "{holder}以角色{role}登录[，身份{agent}]，有效至{expires_at}。",
    "sla.attached": "计时{metric}第{cycle}轮于{started_at}开始，目标{target}，"
    "依据{policy}的规则{rule}[，应于{due_at}前完成]。",
    "sla.breached": "承诺{metric}第{cycle}轮违约：应于{due_at}前完成。",
    "sla.cancelled": "计时{metric}第{cycle}轮没有结论即结束：{reason}。",
    "sla.excused": "{approved_by}豁免了{metric}第{cycle}轮的违约：{reason}。",
    "sla.matched": "已匹配 SLA 策略：{promises}。",
    "sla.met": "承诺{metric}第{cycle}轮已兑现：{target}中用了{elapsed}。",
    "sla.missed": "承诺{metric}第{cycle}轮未兑现，超出{overrun}："
    "{target}中用了{elapsed}。",
    "sla.not_matched": "已匹配 SLA 策略，没有规则作出承诺。",
    "sla.paused": "计时{metric}第{cycle}轮暂停：{reason}。",
    "sla.restated": "{metric}第{cycle}轮的目标按{policy}由{old_target}改为{new_target}"
    "（{rule_of_change}）[，原应于{old_due_at}前完成][，现应于{new_due_at}前完成]"
    "[：{reason}]。",
    "sla.resumed": "计时{metric}第{cycle}轮继续：{reason}[，应于{due_at}前完成]。",
    "sla.warned": "承诺{metric}第{cycle}轮已到{threshold}，应于{due_at}前完成。",
    "subject.erased": "{who}按{requested_by}的要求删除了一个人的数据：{reason}。",
    "subject.hold_placed": "{who}设置了法律保留：{reason}。",
    "subject.hold_released": "{who}解除了法律保留[：{reason}]。",
    "subscription.changed": "{who}修改了订阅{subscription_id}。",
    "subscription.created": "{who}创建了订阅{subscription_id}，内容{types}。",
    "subscription.deleted": "{who}删除了订阅{subscription_id}。",
    "subscription.disabled": "订阅{subscription_id}已停用：对方返回{status_code}。",
    "subscription.paused": "{who}暂停了订阅{subscription_id}[：{reason}]。",
    "subscription.resumed": "{who}恢复了订阅{subscription_id}，积压的事件：{held}。",
    "subscription.retried": "{who}要求立即重试订阅{subscription_id}。",
    "ticket.absorbed": "工单{number}并入本工单。",
    "ticket.acknowledged": "{by}确认了工单。",
    "ticket.assigned": "{who}把工单分配给[团队{team}][{agent}][：{reason}]。",
    "ticket.closed": "{who}关闭了工单。",
    "ticket.macro_run": "{who}运行了宏{macro}[，未执行：{left_out}]。",
    "ticket.merged": "{who}把工单并入工单{into_number}。",
    "ticket.message_added": "{author.kind} {author.id} 的消息已加入（{visibility}）。",
    "ticket.opened": "{who}为客户{customer.external_id}创建了工单{number}：类型{type}，"
    "优先级{priority}，等级{customer.tier}，渠道{channel}。",
    "ticket.paused": "{who}暂停了工单（{status}）[至{until}]：{reason}。",
    "ticket.priority_changed": "{who}把优先级由{old}改为{new}：{reason}。",
    "ticket.reopened": "{who}重新打开了工单：{reason}。",
    "ticket.resolved": "{who}解决了工单[，代码{code}]。",
    "ticket.resumed": "{who}恢复了工单：{reason}。",
    "ticket.separated": "曾并入本工单的工单{number}重新独立：{reason}。",
    "ticket.split": "{who}把本工单的一条消息拆成工单{number}。",
    "ticket.tier_changed": "{who}把客户等级由{old}改为{new}。",
    "ticket.unmerged": "{who}把工单从工单{number}中拆出：{reason}。",
    "ticket.updated": "{who}修改了{changed}。",
    "ticket.watched": "{person}关注了工单。",
}
