"""What happened, in English. What is in brackets is left out where a value is missing.
No sentence holds a personal field.
"""

from collections.abc import Mapping
from typing import Final

SENTENCES: Final[Mapping[str, str]] = {
    "access.denied": "{count} calls by {who} were refused between {since} and {until}.",
    "agent.calendar_url_made": "{who} made a calendar URL for {agent}.",
    "agent.calendar_url_revoked": "{who} revoked the calendar URL of {agent}.",
    "agent.leave_added": "{who} recorded a leave of {agent} from {begin} to {end}.",
    "agent.leave_cancelled": "{who} cancelled a leave of {agent}.",
    "agent.notification_tested": "{who} sent {agent} a test message.",
    "agent.webhook_secret_read": "{who} was shown the webhook secret of {agent}.",
    "approval.escalated": "Approval {number} went on[ from {from_approver}]"
    "[ to {approver}]: {reason}.",
    "approval.granted": "{actor} approved a {kind} of {amount} {currency}, number "
    "{number}, by the authority of {principal} as {limit.role}, whose limit is "
    "{limit.amount} {limit.currency}.",
    "approval.rejected": "{actor} rejected approval {number}: {reason}.",
    "approval.requested": "{requested_by} asked for a {kind} of {amount} {currency}, "
    "number {number}[; {approver} was asked to approve it].",
    "assignment.accepted": "{agent} accepted the ticket.",
    "assignment.declined": "{agent} declined the ticket: {reason}.",
    "assignment.offer_expired": "{agent} did not answer the offer in time.",
    "assignment.offered": "The ticket was offered to {agent} of the team {team} until "
    "{expires_at}, chosen by {strategy}.",
    "assignment.overflowed": "The ticket moved from the queue of {from_team} to that "
    "of {to_team}.",
    "assignment.queued": "The ticket was put into the queue of the team {team}: "
    "{reason}.",
    "assignment.relaxed": "The skill {dropped} is no longer asked for in the team "
    "{team}.",
    "assignment.revoked": "The {held} was taken away from {agent}: {reason}.",
    "assignment.unanswered": "In {rounds} rounds nobody of the team {team} took the "
    "ticket: {reason}.",
    "assignment.waiting": "Nobody of the team {team} could take the ticket: {reason}.",
    "audit.log_restarted": "{requested_by} began the tree of the log anew as "
    "{new_origin}, after {size} events of {origin}: {reason}.",
    "authority.delegated": "{principal} let {delegate} approve {kinds} up to {amount} "
    "{currency} from {begin} to {end}: {reason}.",
    "authority.revoked": "{who} revoked the delegation {delegation_id}.",
    "escalation.acknowledged": "{by} acknowledged the escalation of {clock}"
    "[, which rests until {until}].",
    "escalation.breached": "The promise {clock}, already escalated, was broken at "
    "{breach_at}.",
    "escalation.catch_all_fired": "Step {step} of the escalation of {clock} reached "
    "nobody, so the catch-all chose {chosen}.",
    "escalation.ended": "The escalation of {clock} ended: {reason}.",
    "escalation.exhausted": "The escalation of {clock} has no step left.",
    "escalation.forced": "{by} moved the escalation of {clock} from step {from_step} "
    "to step {to_step}: {reason}.",
    "escalation.migrated": "The escalation of {clock} follows {new} instead of {old}: "
    "{reason}.",
    "escalation.notified": "{person} was notified about {clock} by {channel}, for step "
    "{step}: {reason}.",
    "escalation.paused": "The escalation of {clock} was paused[ until {until}].",
    "escalation.pinned": "The ticket keeps the escalation policy {policy.ref}.",
    "escalation.reassigned": "Step {step} of the escalation of {clock} assigned the "
    "ticket to {to_agent}[, instead of {from_agent}], chosen by {strategy}.",
    "escalation.reassignment_failed": "Step {step} of the escalation of {clock} found "
    "nobody to assign the ticket to.",
    "escalation.resumed": "The escalation of {clock} went on: {reason}.",
    "escalation.started": "The escalation of {clock} began by {policy}, at step "
    "{step}.",
    "escalation.step_fired": "Step {step} of the escalation of {clock}, due at "
    "{due_at}, chose {chosen}[, and not {excluded}].",
    "escalation.step_skipped": "Step {step} of the escalation of {clock} did nothing: "
    "{reason}.",
    "escalation.undelivered": "No message of step {step} of {clock} reached "
    "{people}: {reason}.",
    "escalation.waiting": "Step {step} of the escalation of {clock} reaches nobody and "
    "waits until {until}.",
    "export.completed": "An export of {events} events was completed, with the SHA-256 "
    "{sha256}.",
    "export.failed": "An export failed: {error}.",
    "export.requested": "{who} asked for an export[ of the tickets {tickets}]"
    "[ since {since}][ until {until}], personal fields {personal}[: {reason}].",
    "feedback.captured": "{who} recorded a {kind} of the customer"
    "[ about {product_area}].",
    "key.created": "{who} made the API key {name} with the role {role}"
    "[ for {agent}][, valid until {expires_at}].",
    "key.revoked": "{who} revoked the API key {key_id}.",
    "notification.deferred": "The message was put off until {until}: {reason}.",
    "notification.failed": "A message by {channel} failed at try {attempt}: {code}.",
    "notification.planned": "{person} is to be notified of version {about} of the "
    "ticket {ticket_id}.",
    "notification.sent": "A message by {channel} was accepted at try {attempt}.",
    "notification.suppressed": "A message by {channel} was not sent: {reason}.",
    "notification.unreachable": "The person could not be notified: {reason}.",
    "personal.revealed": "{who} was shown personal data[ of the ticket {ticket_id}]: "
    "{reason}.",
    "policy.published": "{who} published version {version} of {name} ({kind}).",
    "policy.restated": "{who} ordered that running promises follow version {version} "
    "of {name} ({kind}): {reason}.",
    "policy.retired": "{who} retired {name} ({kind}).",
    "retention.applied": "A retention run erased {erased} customers; {held} were kept "
    "by a legal hold, and {kept} were not due any more.",
    "retention.failed": "A retention run failed: {error}.",
    "retention.requested": "{who} asked for a retention run[ over customers untouched "
    "for {transactions}][, over records of operation older than {logs}]: {reason}.",
    "schedule.override_added": "{who} recorded that {person} is on call in {schedule} "
    "from {begin} to {end}[ instead of {replaces}].",
    "schedule.override_cancelled": "{who} cancelled the override {override_id} of "
    "{schedule}.",
    "schedule.swap_cancelled": "{who} cancelled the swap {swap_id} of {schedule}.",
    "schedule.swap_offered": "{asker} offered the shift from {begin} to {end} of "
    "{schedule}[ to {offered_to}].",
    "schedule.swap_taken": "{taker} took the swap {swap_id} of {schedule}.",
    "session.started": "{holder} signed in with the role {role}[ as {agent}], until "
    "{expires_at}.",
    "sla.attached": "The clock {metric}, cycle {cycle}, started at {started_at} with a "
    "target of {target}, by rule {rule} of {policy}[; it is due at {due_at}].",
    "sla.breached": "The promise {metric}, cycle {cycle}, was broken: it was due at "
    "{due_at}.",
    "sla.cancelled": "The clock {metric}, cycle {cycle}, ended without a verdict: "
    "{reason}.",
    "sla.excused": "{approved_by} excused the breach of {metric}, cycle {cycle}: "
    "{reason}.",
    "sla.matched": "The SLA policies were matched: {promises}.",
    "sla.met": "The promise {metric}, cycle {cycle}, was kept: {elapsed} of {target} "
    "were used.",
    "sla.missed": "The promise {metric}, cycle {cycle}, was missed by {overrun}: "
    "{elapsed} of {target} were used.",
    "sla.not_matched": "The SLA policies were matched, and no rule promises anything.",
    "sla.paused": "The clock {metric}, cycle {cycle}, was paused: {reason}.",
    "sla.restated": "The target of {metric}, cycle {cycle}, changed from {old_target} "
    "to {new_target} by {policy} ({rule_of_change})[; it was due at {old_due_at}]"
    "[ and is due at {new_due_at}][: {reason}].",
    "sla.resumed": "The clock {metric}, cycle {cycle}, went on: {reason}"
    "[; it is due at {due_at}].",
    "sla.warned": "{threshold} of the promise {metric}, cycle {cycle}, were reached; "
    "it is due at {due_at}.",
    "subject.erased": "{who} erased a person's data, as {requested_by} had asked: "
    "{reason}.",
    "subject.hold_placed": "{who} placed a legal hold: {reason}.",
    "subject.hold_released": "{who} released a legal hold[: {reason}].",
    "subscription.changed": "{who} changed the subscription {subscription_id}.",
    "subscription.created": "{who} made the subscription {subscription_id} to {types}.",
    "subscription.deleted": "{who} deleted the subscription {subscription_id}.",
    "subscription.disabled": "The subscription {subscription_id} was disabled: its "
    "endpoint answered {status_code}.",
    "subscription.paused": "{who} paused the subscription {subscription_id}"
    "[: {reason}].",
    "subscription.resumed": "{who} resumed the subscription {subscription_id}; of what "
    "was held back: {held}.",
    "subscription.retried": "{who} asked for a try of the subscription "
    "{subscription_id} at once.",
    "ticket.absorbed": "Ticket {number} was merged into this one.",
    "ticket.acknowledged": "{by} acknowledged the ticket.",
    "ticket.assigned": "{who} assigned the ticket[ to the team {team}]"
    "[ to {agent}][: {reason}].",
    "ticket.closed": "{who} closed the ticket.",
    "ticket.macro_run": "{who} ran the macro {macro}[; left out: {left_out}].",
    "ticket.merged": "{who} merged the ticket into ticket {into_number}.",
    "ticket.message_added": "A message of the {author.kind} {author.id} was added "
    "({visibility}).",
    "ticket.opened": "{who} opened ticket {number} for the customer "
    "{customer.external_id}: type {type}, priority {priority}, tier {customer.tier}, "
    "channel {channel}.",
    "ticket.paused": "{who} paused the ticket ({status})[ until {until}]: {reason}.",
    "ticket.priority_changed": "{who} changed the priority from {old} to {new}: "
    "{reason}.",
    "ticket.reopened": "{who} reopened the ticket: {reason}.",
    "ticket.resolved": "{who} resolved the ticket[ with the code {code}].",
    "ticket.resumed": "{who} resumed the ticket: {reason}.",
    "ticket.separated": "Ticket {number}, which had been merged into this one, is on "
    "its own again: {reason}.",
    "ticket.split": "{who} made a message of this ticket ticket {number}.",
    "ticket.tier_changed": "{who} changed the customer's tier from {old} to {new}.",
    "ticket.unmerged": "{who} took the ticket apart from ticket {number}: {reason}.",
    "ticket.updated": "{who} changed {changed}.",
    "ticket.watched": "{person} watches the ticket.",
}
