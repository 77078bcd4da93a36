"""What is said of a document when it is published, in few words."""

from domain.configuration.publishing import publish
from domain.configuration.warnings import config_warnings
from domain.oncall.book import OnCallBook
from tests.support.dsl import AGENTS, NOON, configured

FIRST = {"first_response": "1h"}
BOTH = {"first_response": "1h", "resolution": "8h"}
TOLD = {"name": "Told", "email": "told@shop.example"}
ASSIGNEE = {"targets": [{"assignee": True}]}
PEOPLE = {name: {**agent, "email": "a@shop.example"} for name, agent in AGENTS.items()}


def given(**documents):
    kinds = {"agents": PEOPLE, "teams": {"second": {"members": ["bo", "chen"]}}}
    for kind, named in documents.items():
        kinds[kind.replace("_", "-")] = kinds.get(kind, {}) | named
    return configured(kinds)


def said(kind, document, config=None, name="new", at=None):
    """Pointer and message of each warning."""
    fact = publish(given() if config is None else config, kind, name, document, at=at)
    return {warning.pointer: warning.message for warning in fact.warnings}


def sla(*rules, **fields):
    return {"match": list(rules) or [{"targets": BOTH}], **fields}


def rule(targets=FIRST, **when):
    return {"targets": targets} | ({"when": when} if when else {})


def escalation_policy(*steps, **fields):
    return {"steps": list(steps), **fields}


def to(*targets, **fields):
    return {"targets": list(targets), **fields}


def warned(config):
    found = config_warnings(config, OnCallBook(), NOON)
    return {(w.kind, w.name, w.pointer) for w in found}
