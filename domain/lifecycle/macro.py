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

from domain.errors import FieldError, InvalidError, UnknownWordError
from domain.event import Json, PolicyRef
from domain.lifecycle.facts import PRIORITIES, Priority, Visibility
from domain.lifecycle.status import StatusChange, parse_status
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


def parse_macro(ref: PolicyRef, document: Json) -> Macro:
    """Raises InvalidError that names the field of the document."""
    errors: list[FieldError] = []
    sets = _object(document, "set").values()
    if not any(document.get(action) for action in ACTIONS[1:]) and not any(sets):
        message = f"does nothing: name at least one of {', '.join(ACTIONS)}"
        errors.append(FieldError("", message))
    given, assign = _object(document, "set"), _object(document, "assign")
    priority = given.get("priority")
    if priority is not None and priority not in PRIORITIES:
        errors.append(UnknownWordError.of("/set/priority", priority, PRIORITIES))
        priority = None
    macro = Macro(
        ref=ref,
        priority=priority,
        tier=_word(given, "tier"),
        fields={n: given[n] for n in ("type", "product_area") if _word(given, n)},
        attributes=_object(given, "attributes"),
        add_tags=_words(document, "add_tags"),
        remove_tags=_words(document, "remove_tags"),
        message=_message(document.get("message"), errors),
        team=_word(assign, "team"),
        agent=_word(assign, "agent"),
        watch=_words(document, "watch"),
        status=parse_status(document.get("status"), "/status", errors),
    )
    if errors:
        raise InvalidError(errors)
    return macro


def _message(value: object, errors: list[FieldError]) -> MacroMessage | None:
    if not isinstance(value, dict):
        return None
    body, visibility = str(value.get("body", "")), value.get("visibility", "internal")
    if not body.strip():
        errors.append(FieldError("/message/body", "is empty"))
    if visibility not in VISIBILITIES:
        where = "/message/visibility"
        errors.append(UnknownWordError.of(where, visibility, VISIBILITIES))
        visibility = "internal"
    for place in {found for found in _PLACE.findall(body) if found not in PLACES}:
        known = ", ".join(f"{{{{{name}}}}}" for name in PLACES)
        hint = did_you_mean(place, PLACES)
        message = f"{{{{{place}}}}} is not one of {known}{hint}"
        errors.append(UnknownWordError("/message/body", message))
    automatic = value.get("automatic", True) is True
    return MacroMessage(body=body, visibility=visibility, automatic=automatic)


def _object(document: Json, name: str) -> Json:
    value = document.get(name)
    return dict(value) if isinstance(value, dict) else {}


def _word(document: Json, name: str) -> str | None:
    value = document.get(name)
    return value if isinstance(value, str) else None


def _words(document: Json, name: str) -> tuple[str, ...]:
    value = document.get(name)
    return tuple(str(word) for word in value) if isinstance(value, list | tuple) else ()
