"""A macro run on a ticket: each of its actions is an event that names the macro.

A person who runs it gets an error if any action is impossible, and nothing is done. An
escalation step does what is possible and records the rest: it must not fail because
somebody has left since.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from domain.errors import FieldError, InvalidError
from domain.event import SYSTEM
from domain.lifecycle.commands import (
    AddMessage,
    Assign,
    Change,
    Handling,
    Origin,
    assign_faults,
)
from domain.lifecycle.facts import Author, TicketMacroRun
from domain.lifecycle.macro import Macro
from domain.lifecycle.ports import Draft, TicketView
from domain.people.directory import Directory, may_act, refuse_absent

PLEDGE = Author(kind="system", id=SYSTEM.id)


@dataclass(frozen=True, kw_only=True)
class RunMacro:
    name: str
    by: str


def run_by_hand(
    draft: Draft, macro: Macro, by: str, at: datetime, directory: Directory
) -> None:
    """Raises InvalidError for people and teams that do not exist, RuleError where the
    ticket's state does not allow an action.
    """
    if faults := _faults(macro, draft.ticket, directory):
        raise InvalidError(faults).under("/macro")
    if macro.message is not None:
        refuse_absent(directory, by, "/agent")
    cause = draft.record(TicketMacroRun(macro=macro.ref), at, policy=macro.ref)
    origin = Origin(cause=cause, policy=macro.ref)
    handling = Handling(draft=draft, at=at, directory=directory, origin=origin)
    _perform(macro, handling, Author(kind="agent", id=by))


def run_by_step(
    draft: Draft, macro: Macro, at: datetime, directory: Directory, cause: int
) -> None:
    faults = _faults(macro, draft.ticket, directory)
    fact = TicketMacroRun(
        macro=macro.ref, left_out=tuple(f"{f.pointer}: {f.message}" for f in faults)
    )
    run = draft.record(fact, at, cause=cause, policy=macro.ref, by_rule=True)
    origin = Origin(cause=run, policy=macro.ref, by_rule=True)
    if any(fault.pointer.startswith("/assign") for fault in faults):
        macro = replace(macro, team=None, agent=None)
    there = tuple(p for p in macro.watch if may_act(directory, p) is None)
    macro = replace(macro, watch=there)
    if macro.message is not None:
        macro = replace(macro, message=replace(macro.message, automatic=True))
    handling = Handling(draft=draft, at=at, directory=directory, origin=origin)
    _perform(macro, handling, PLEDGE)


def _faults(macro: Macro, ticket: TicketView, directory: Directory) -> list[FieldError]:
    assign, customer = Assign(team=macro.team, agent=macro.agent), ticket.customer
    faults = assign_faults(assign, customer.external_id, directory)
    return [
        *InvalidError(faults).under("/assign").errors,
        *(
            FieldError(f"/watch/{place}", f"{person!r}: {why}")
            for place, person in enumerate(macro.watch)
            if (why := may_act(directory, person))
        ),
    ]


def _perform(macro: Macro, handling: Handling, author: Author) -> None:
    ticket, reason = handling.draft.ticket, f"macro {macro.ref.name}"
    handling.do(_change(macro, ticket, reason))
    if macro.message is not None:
        message = AddMessage(
            author=author,
            body=macro.message.text(_words(handling.draft.ticket)),
            visibility=macro.message.visibility,
            automatic=macro.message.automatic,
        )
        handling.do(message)
    if macro.team is not None or macro.agent is not None:
        handling.do(Assign(team=macro.team, agent=macro.agent, reason=reason))
    for person in macro.watch:
        handling.watch(person)
    if macro.status is not None:
        handling.turn(macro.status, reason)


def _words(ticket: TicketView) -> dict[str, str]:
    customer = ticket.customer
    return {
        "number": str(ticket.number),
        "subject": ticket.subject,
        "customer": customer.name or customer.external_id,
        "assignee": ticket.assignee or "",
    }


def _change(macro: Macro, ticket: TicketView, reason: str) -> Change:
    details = ticket.details
    kept = tuple(tag for tag in details.tags if tag not in macro.remove_tags)
    tags = tuple(dict.fromkeys((*kept, *macro.add_tags)))
    return Change(
        priority=macro.priority,
        tier=macro.tier,
        fields={
            **macro.fields,
            "tags": tags,
            "attributes": {**details.attributes, **macro.attributes},
        },
        reason=reason,
    )
