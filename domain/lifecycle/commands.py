"""What people and rules do to a ticket: add a message, assign, pause, change, resolve,
close, reopen.
"""

import json
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Literal

from domain.duration import LONGEST
from domain.errors import FieldError, InvalidError, RuleError, UnknownNameError
from domain.event import Fact, Json, PolicyRef
from domain.lifecycle.facts import (
    Author,
    Channel,
    Priority,
    TicketClosed,
    TicketDetails,
    TicketMessageAdded,
    TicketPaused,
    TicketPriorityChanged,
    TicketReopened,
    TicketResolved,
    TicketResumed,
    TicketTierChanged,
    TicketUpdated,
    TicketWatched,
    Visibility,
)
from domain.lifecycle.ports import Draft, TicketView
from domain.lifecycle.status import StatusChange
from domain.people.directory import Directory, absent, refuse_absent
from domain.people.facts import TicketAssigned


@dataclass(frozen=True, kw_only=True)
class AddMessage:
    author: Author
    body: str
    visibility: Visibility
    channel: Channel | None = None
    expects_reply: bool = True
    automatic: bool = False


@dataclass(frozen=True, kw_only=True)
class Assign:
    team: str | None = None
    agent: str | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class PauseTicket:
    reason: str
    status: Literal["pending", "on_hold"] = "pending"
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Resume:
    reason: str = "resumed"


@dataclass(frozen=True, kw_only=True)
class Change:
    """`fields`: new values by the names of `TicketDetails`; the others stay."""

    priority: Priority | None = None
    tier: str | None = None
    fields: Json = field(default_factory=dict)
    reason: str = "changed by hand"


@dataclass(frozen=True, kw_only=True)
class Resolve:
    code: str | None = None
    note: str | None = None


@dataclass(frozen=True, kw_only=True)
class Close:
    pass


@dataclass(frozen=True, kw_only=True)
class Reopen:
    reason: str


HandlingCommand = (
    AddMessage | Assign | PauseTicket | Resume | Change | Resolve | Close | Reopen
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Why it happens. `cause`: version of the event that led here; None = the command.
    `by_rule`: Pledge does it, not whoever sent the command.
    """

    cause: int | None = None
    policy: PolicyRef | None = None
    by_rule: bool = False


BY_PEOPLE = Origin()


@dataclass(frozen=True, kw_only=True)
class Handling:
    """Changes one ticket at one instant. Raises RuleError where the ticket's state does
    not allow it, InvalidError where a command names somebody who does not exist.
    """

    draft: Draft
    at: datetime
    directory: Directory
    origin: Origin = BY_PEOPLE

    def do(  # noqa: C901 - one case a command
        self, command: HandlingCommand
    ) -> None:
        match command:
            case AddMessage():
                self._message(command)
            case Assign():
                self._assign(command)
            case PauseTicket():
                self._pause(command)
            case Resume():
                self._resume(command)
            case Change():
                self._change(command)
            case Resolve():
                refuse_finished(self.draft.ticket)
                self._record(TicketResolved(code=command.code, note=command.note))
            case Close():
                self._close()
            case Reopen():
                self._reopen(command.reason)

    def turn(self, change: StatusChange, reason: str) -> None:
        """Changes the status, from any other. `reason`: used if the change has none."""
        ticket, reason = self.draft.ticket, change.reason or reason
        if ticket.status == change.to:
            return
        match change.to:
            case "resolved":
                self.do(Resolve(note=reason))
            case "closed":
                self.do(Close())
            case "open" if ticket.finished:
                self.do(Reopen(reason=reason))
            case "open":
                self.do(Resume(reason=reason))
            case "pending" | "on_hold":
                if ticket.pause is not None:
                    self.do(Resume(reason=reason))
                until = self.at + change.lasts if change.lasts else None
                self.do(PauseTicket(reason=reason, status=change.to, until=until))

    def watch(self, person: str) -> None:
        if person not in self.draft.ticket.watchers:
            self._record(TicketWatched(person=person))

    def _message(self, command: AddMessage) -> None:
        if command.author.kind == "agent":
            refuse_absent(self.directory, command.author.id, "/author/id")
        self._record(
            TicketMessageAdded(
                author=command.author,
                body=command.body,
                visibility=command.visibility,
                channel=command.channel,
                expects_reply=command.expects_reply,
                automatic=command.automatic,
            )
        )
        from_customer = command.author.kind == "customer"
        if not from_customer or command.visibility != "public" or command.automatic:
            return
        if self.draft.ticket.finished and command.expects_reply:
            self._reopen("the customer wrote again")
        elif self.draft.ticket.status == "pending":
            answered = TicketResumed(reason="the customer answered")
            self.draft.record(answered, self.at, by_rule=True)

    def _assign(self, command: Assign) -> None:
        if command.team is None and command.agent is None:
            raise InvalidError.at("", "name a team, an agent, or both")
        customer = self.draft.ticket.customer.external_id
        if faults := assign_faults(command, customer, self.directory):
            raise InvalidError(faults)
        refuse_finished(self.draft.ticket)
        self._record(
            TicketAssigned(
                team=command.team or self.draft.ticket.team,
                agent=command.agent,
                reason=command.reason,
            )
        )

    def _pause(self, command: PauseTicket) -> None:
        refuse_finished(self.draft.ticket)
        if self.draft.ticket.pause is not None:
            raise RuleError("the ticket is paused already")
        until = command.until
        if until is not None and not self.at < until <= self.at + LONGEST:
            raise InvalidError.at("/until", "must be in the future, within five years")
        self._record(
            TicketPaused(status=command.status, reason=command.reason, until=until)
        )

    def _resume(self, command: Resume) -> None:
        if self.draft.ticket.pause is None:
            raise RuleError("the ticket is not paused")
        self._record(TicketResumed(reason=command.reason))

    def _change(self, command: Change) -> None:
        ticket = self.draft.ticket
        if ticket.status == "closed":
            raise RuleError("the ticket is closed: reopen it first")
        priority = command.priority or ticket.priority
        old_tier, tier = ticket.customer.tier, command.tier or ticket.customer.tier
        details = replace(ticket.details, **command.fields)  # type: ignore[arg-type]
        update = updated(ticket.details, details)
        if update.changed:
            self._record(update)
        if tier != old_tier:
            self._record(TicketTierChanged(old=old_tier, new=tier))
        if priority != ticket.priority:
            self._record(
                TicketPriorityChanged(
                    old=ticket.priority, new=priority, reason=command.reason
                )
            )

    def _close(self) -> None:
        if self.draft.ticket.status == "closed":
            raise RuleError("the ticket is closed already")
        self._record(TicketClosed())

    def _reopen(self, reason: str) -> None:
        ticket = self.draft.ticket
        if not ticket.finished:
            raise RuleError(
                f"the ticket is {ticket.status}, there is nothing to reopen"
            )
        if ticket.merged_into is not None:
            raise RuleError(
                f"the ticket was merged into {ticket.merged_into}: continue there"
            )
        self._record(TicketReopened(reason=reason))

    def _record(self, fact: Fact) -> None:
        origin = self.origin
        self.draft.record(
            fact,
            self.at,
            cause=origin.cause,
            policy=origin.policy,
            by_rule=origin.by_rule,
        )


def assign_faults(
    command: Assign, customer: str, directory: Directory
) -> list[FieldError]:
    """Faults: a team or an agent that does not exist, or has a conflict of interest."""
    faults: list[FieldError] = []
    if command.team is not None and command.team not in directory.teams:
        known = directory.teams
        faults.append(UnknownNameError.of("/team", "team", command.team, known))
    if command.agent is not None:
        if fault := absent(directory, command.agent):
            faults.append(FieldError("/agent", fault))
        elif customer in directory.agents[command.agent].conflicts:
            message = f"{command.agent!r} has a conflict of interest"
            faults.append(FieldError("/agent", message))
    return faults


def refuse_finished(ticket: TicketView) -> None:
    if ticket.finished:
        raise RuleError(f"the ticket is {ticket.status}: reopen it first")


def updated(old: TicketDetails, new: TicketDetails) -> TicketUpdated:
    changed = tuple(
        each.name
        for each in fields(TicketDetails)
        if each.name != "personal_attributes"
        and _differs(getattr(old, each.name), getattr(new, each.name))
    )
    if "subject" not in changed:
        old, new = replace(old, subject=None), replace(new, subject=None)
    return TicketUpdated(changed=changed, old=old, new=new)


def _differs(old: object, new: object) -> bool:
    """As JSON, because to Python `true`, `1` and `1.0` are equal."""
    return json.dumps(old, sort_keys=True) != json.dumps(new, sort_keys=True)
