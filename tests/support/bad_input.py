"""A body for each route, and what an answer that refuses must say."""

import json
import re

PROBLEM = "application/problem+json"
TICKET = {
    "subject": "s",
    "body": "b",
    "channel": "email",
    "type": "question",
    "customer": {"external_id": "c-1"},
}


def problem(answer, status, pointer=None):
    """The answer is a problem with this status, and names this field."""
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == PROBLEM
    body = answer.json()
    assert body["status"] == status
    assert body["code"]
    if pointer is not None:
        assert pointer in [e["pointer"] for e in body["errors"]], body
    return body


SLA = {"match": [{"when": {"type": "t"}, "targets": {"resolution": "PT1H"}}]}
OFFICE = {"tz": "UTC", "hours": {"mon": [["09:00", "17:00"]]}}
TURNS = {"start": "2026-01-05T09:00", "unit": "day", "people": ["nobody"]}
DUTY = {"tz": "UTC", "layers": [{"name": "base", "rotation": TURNS}]}
HOURS = {"from": "2199-01-01T00:00:00Z", "to": "2199-01-02T00:00:00Z"}
LADDER = {"steps": [{"targets": [{"assignee": True}]}]}
BODIES = {
    "POST /v1/tickets": TICKET,
    "PATCH /v1/tickets/{ticket_id}": {"subject": "s"},
    "POST /v1/tickets/{ticket_id}/messages": {
        "author": {"kind": "agent", "id": "ann"},
        "body": "b",
    },
    "POST /v1/tickets/{ticket_id}/assign": {"agent": "nobody"},
    "POST /v1/tickets/{ticket_id}/accept": {"agent": "nobody"},
    "POST /v1/tickets/{ticket_id}/decline": {"agent": "nobody", "reason": "r"},
    "POST /v1/tickets/{ticket_id}/acknowledge": {},
    "POST /v1/tickets/{ticket_id}/pause": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/resume": {},
    "POST /v1/tickets/{ticket_id}/resolve": {"code": "c"},
    "POST /v1/tickets/{ticket_id}/close": {},
    "POST /v1/tickets/{ticket_id}/reopen": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/feedback": {"text": "t", "kind": "k"},
    "POST /v1/tickets/{ticket_id}/escalate": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/clocks/{metric}/excuse": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/merge": {"into": "bad-input"},
    "POST /v1/tickets/{ticket_id}/split": {"message": 2, "subject": "s"},
    "POST /v1/config/plan": {"agents": {}},
    "POST /v1/config/apply": {"agents": {}},
    "PUT /v1/calendars/{name}": OFFICE,
    "POST /v1/calendars/evaluate": {
        "calendar": OFFICE,
        "start": "2026-01-12T09:00:00Z",
        "budget": "PT1H",
    },
    "POST /v1/calendars/{name}/restate": {"reason": "r"},
    "POST /v1/sla-policies/{name}/restate": {"reason": "r"},
    "POST /v1/escalation-policies/{name}/restate": {"reason": "r"},
    "PUT /v1/macros/{name}": {"add_tags": ["t"]},
    "POST /v1/tickets/{ticket_id}/macros/{name}": {"agent": "a"},
    "PUT /v1/sla-policies/{name}": SLA,
    "PUT /v1/escalation-policies/{name}": LADDER,
    "PUT /v1/schedules/{name}": DUTY,
    "POST /v1/schedules/preview": {"schedule": DUTY, **HOURS},
    "POST /v1/schedules/{name}/overrides": {
        "kind": "add",
        "person": "p",
        "reason": "r",
        **HOURS,
    },
    "POST /v1/schedules/{name}/swaps": {"person": "p", **HOURS},
    "POST /v1/schedules/{name}/swaps/{swap_id}/take": {"person": "p"},
    "PUT /v1/teams/{name}": {"members": []},
    "PUT /v1/authorities/{name}": {"refund": {"currency": "CNY", "amount": "5"}},
    "POST /v1/delegations": {
        "principal": "p",
        "delegate": "d",
        "scope": {"types": ["refund"], "currency": "CNY", "amount": "5"},
        "from": HOURS["from"],
        "until": HOURS["to"],
        "reason": "r",
    },
    "POST /v1/tickets/{ticket_id}/approvals": {
        "kind": "refund",
        "amount": "5",
        "currency": "CNY",
        "reason": "r",
        "requested_by": "nobody",
    },
    "POST /v1/tickets/{ticket_id}/approvals/{number}/approve": {
        "by": "nobody",
        "reason": "r",
    },
    "POST /v1/tickets/{ticket_id}/approvals/{number}/reject": {
        "by": "nobody",
        "reason": "r",
    },
    "PUT /v1/agents/{name}": {"name": "n"},
    "POST /v1/agents/{name}/leaves": HOURS,
    "POST /v1/simulations": {
        "draft": {"teams": {"bad-input": {"members": []}}},
        "tickets": ["bad-input"],
    },
    "POST /v1/subscriptions": {"url": "http://127.0.0.1:9/", "types": ["sla.*"]},
    "PATCH /v1/subscriptions/{subscription_id}": {"format": "thin"},
    "POST /v1/subscriptions/{subscription_id}/pause": {"reason": "r"},
    "POST /v1/subscriptions/{subscription_id}/resume": {"held": "all"},
    "POST /v1/tickets/{ticket_id}/unmerge": {"reason": "r"},
    "POST /v1/keys": {"name": "n", "role": "agent"},
    "POST /v1/retention/preview": {},
    "POST /v1/retention/runs": {"reason": "r"},
    "POST /v1/audit/exports": {"tickets": ["bad-input"]},
    "POST /v1/subjects/{external_id}/erase": {"reason": "r", "requested_by": "r"},
    "POST /v1/subjects/{external_id}/reveal": {"reason": "r"},
    "PUT /v1/subjects/{external_id}/legal-hold": {"reason": "r"},
    "DELETE /v1/subjects/{external_id}/legal-hold": {"reason": "r"},
    "POST /v1/tickets/{ticket_id}/reveal": {"reason": "r"},
}


def raw(api, route, content, **headers):
    """Sends these bytes; what is not there yet is named so that nothing is changed."""
    method, path = route.split()
    path = re.sub(r"\{\w+}", "bad-input", path)
    headers = {"Content-Type": "application/json"} | headers
    return api.request(method, path, content=content, headers=headers)


def send(api, route, body, **headers):
    return raw(api, route, json.dumps(body), **headers)
