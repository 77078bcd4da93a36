"""A macro done to a ticket, action by action, each an event that names the macro.

A person is told what cannot be done, and nothing is. A step of a ladder does what can
be done and records the rest: it must not fail because somebody has left since.
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
from domain.lifecycle.facts import Author, TicketMacroRun, TicketWatched
from domain.lifecycle.macro import Macro
from domain.lifecycle.ports import Draft, TicketView
from domain.people.directory import Directory, may_act, refuse_absent

PLEDGE = Author(kind="system", id=SYSTEM.id)


@dataclass(frozen=True, kw_only=True)
class RunMacro:
    """A command to a ticket: by this agent, now."""

    name: str
    by: str


def run_by_hand(
    draft: Draft, macro: Macro, by: str, at: datetime, directory: Directory
) -> None:
    """Raises InvalidError for who is not there, RuleError for what the ticket's state
    does not allow.
    """
    if faults := _faults(macro, draft.ticket, directory):
        raise InvalidError(faults).under("/macro")
    if macro.message is not None:
        refuse_absent(directory, by, "/agent")
    cause = draft.record(TicketMacroRun(macro=macro.ref), at, policy=macro.ref)
    origin = Origin(cause=cause, policy=macro.ref)
    _Run(draft, macro, at, directory, origin).run(Author(kind="agent", id=by))


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
    _Run(draft, macro, at, directory, origin).run(PLEDGE)


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


@dataclass(frozen=True)
class _Run:
    draft: Draft
    macro: Macro
    at: datetime
    directory: Directory
    origin: Origin

    def run(self, author: Author) -> None:
        macro = self.macro
        handling = Handling(
            draft=self.draft, at=self.at, directory=self.directory, origin=self.origin
        )
        handling.do(_change(macro, self.draft.ticket))
        if macro.message is not None:
            message = AddMessage(
                author=author,
                body=macro.message.text(_words(self.draft.ticket)),
                visibility=macro.message.visibility,
                automatic=macro.message.automatic,
            )
            handling.do(message)
        if macro.team is not None or macro.agent is not None:
            reason = f"macro {macro.ref.name}"
            handling.do(Assign(team=macro.team, agent=macro.agent, reason=reason))
        self._watch()
        if macro.status is not None:
            handling.turn(macro.status, f"macro {macro.ref.name}")

    def _watch(self) -> None:
        for person in self.macro.watch:
            if person not in self.draft.ticket.watchers:
                self.draft.record(
                    TicketWatched(person=person),
                    self.at,
                    cause=self.origin.cause,
                    policy=self.origin.policy,
                    by_rule=self.origin.by_rule,
                )


def _words(ticket: TicketView) -> dict[str, str]:
    customer = ticket.customer
    return {
        "number": str(ticket.number),
        "subject": ticket.details.subject,
        "customer": customer.name or customer.external_id,
        "assignee": ticket.assignee or "",
    }


def _change(macro: Macro, ticket: TicketView) -> Change:
    kept = tuple(tag for tag in ticket.details.tags if tag not in macro.remove_tags)
    tags = tuple(dict.fromkeys((*kept, *macro.add_tags)))
    return Change(
        priority=macro.priority,
        tier=macro.tier,
        fields={
            **macro.fields,
            "tags": tags,
            "attributes": {**ticket.details.attributes, **macro.attributes},
        },
        reason=f"macro {macro.ref.name}",
    )
