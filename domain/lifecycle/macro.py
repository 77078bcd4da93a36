"""Macros: what is done to a ticket in one go, by a person or an escalation step.

    set: {priority: high, type: complaint, product_area: billing, tier: key_account,
          attributes: {late: true}}      # attributes are laid over those there are
    add_tags: [late]
    remove_tags: [fresh]
    message: {body: "Dear {{customer}}, #{{number}} …", visibility: public}
    assign: {team: second}
    watch: [mia]
    status: {to: on_hold, reason: "waits for the vendor", lasts: PT4H}

In this order. Of what it names only what is there when it runs can be used; whoever
runs it says what becomes of the rest (`macro_run`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import get_args

from domain.documents.reader import Reader
from domain.errors import UnknownWordError
from domain.event import Json, PolicyRef
from domain.lifecycle.facts import PRIORITIES, Priority, Visibility
from domain.lifecycle.status import StatusChange, read_status
from domain.nearest import did_you_mean

ACTIONS = ("set", "add_tags", "remove_tags", "message", "assign", "watch", "status")
PLACES = ("number", "subject", "customer", "assignee")
VISIBILITIES: tuple[Visibility, ...] = get_args(Visibility)
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")


@dataclass(frozen=True, kw_only=True)
class MacroMessage:
    """`automatic`: it answers nobody; False only where a person sends it."""

    body: str
    visibility: Visibility
    automatic: bool = True

    def text(self, words: Mapping[str, str]) -> str:
        """`words`: of the ticket, by each of `PLACES`."""
        return _PLACE.sub(lambda found: words[found[1]], self.body)


@dataclass(frozen=True, kw_only=True)
class Macro:
    """`fields`: type and product_area, as far as they are set."""

    ref: PolicyRef
    priority: Priority | None = None
    tier: str | None = None
    fields: Json = field(default_factory=dict)
    attributes: Json = field(default_factory=dict)
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    message: MacroMessage | None = None
    team: str | None = None
    agent: str | None = None
    watch: tuple[str, ...] = ()
    status: StatusChange | None = None


def read_macro(ref: PolicyRef, reader: Reader) -> Macro:
    given, assign = reader["set"], reader["assign"]
    sets = any(member.value for member in given.members().values())
    if not sets and not any(reader[action].value for action in ACTIONS[1:]):
        reader.fault(f"does nothing: name at least one of {', '.join(ACTIONS)}")
    return Macro(
        ref=ref,
        priority=given.optional("priority", lambda word: word.one_of(PRIORITIES)),
        tier=given["tier"].text(),
        fields={n: given[n].value for n in ("type", "product_area") if given[n].text()},
        attributes={n: a.value for n, a in given["attributes"].members().items()},
        add_tags=reader["add_tags"].words(),
        remove_tags=reader["remove_tags"].words(),
        message=_read_message(reader["message"]),
        team=assign["team"].name("teams"),
        agent=assign["agent"].name("agents"),
        watch=reader["watch"].names("agents"),
        status=reader.optional("status", read_status),
    )


def _read_message(reader: Reader) -> MacroMessage | None:
    if not isinstance(reader.value, dict):
        return None
    body = str(reader.get("body", "").value)
    if not body.strip():
        reader["body"].fault("is empty")
    visibility = reader.get("visibility", "internal").one_of(VISIBILITIES)
    for place in {found for found in _PLACE.findall(body) if found not in PLACES}:
        known = ", ".join(f"{{{{{name}}}}}" for name in PLACES)
        message = f"{{{{{place}}}}} is not one of {known}{did_you_mean(place, PLACES)}"
        reader["body"].fault(message, UnknownWordError)
    automatic = reader.get("automatic", True).value is True
    return MacroMessage(body=body, visibility=visibility, automatic=automatic)
