"""A case played to its end: a ticket of ours that its events happen to.

An event without a time follows ten minutes after the one before it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from domain.calendar.calendar import Calendar
from domain.errors import RuleError
from domain.event import Json
from domain.ticket.decide import Command, PauseTicket, RestatePromises
from domain.ticket.merge import merge
from domain.ticket.ticket import Ticket
from tests.cases import ticket_policy
from tests.cases.edits import is_edit, new_calendar, new_targets, removes
from tests.cases.event_times import CREATED, T0, in_time, time_of, words_of
from tests.cases.model import Case, Event, UndrivableError, calendar_of
from tests.cases.ticket_commands import (
    BREACHED,
    by_staff,
    commands,
    finishing,
    is_customer,
    pausing,
    priority,
)
from tests.cases.ticket_policy import Setting, Target
from tests.support.dsl import Story, published, world

MERGED = re.compile(r"merged?\b")
STEP = timedelta(minutes=10)
LONG = timedelta(days=1)
MONTH_H = 30 * 24
MEASURED = {
    "metrics": ("response", "resolution", "waiting_on_agent"),
    "state_machine": ("requester_wait", "agent_work"),
}


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The ticket after one event of the case."""

    at: datetime
    words: tuple[str, ...]
    event: Event
    ticket: Ticket


class TicketStory:
    """`seen` has one entry an event."""

    def __init__(self, case: Case) -> None:
        self.case, self.seen = case, list[Seen]()
        self.calendar: Calendar | None = calendar_of(case)
        self.form: Json = case["calendar"] if self.calendar else {}
        first, *rest = events = in_time(case)
        self.targets = ticket_policy.targets_of(case) or _unpromised(case, events)
        self.now = time_of(first, case) or T0
        self.setting = Setting(
            calendar=self.calendar,
            opened_at=self.now,
            closing_pauses=any(e.get("pauses") and finishing(e) for e in events),
        )
        self._open(first)
        for event in rest if self._is_the_opening(first) else events:
            self._play(event)
        self.story.enforce(self.now)

    @property
    def ticket(self) -> Ticket:
        return self.story.ticket

    def _is_the_opening(self, event: Event) -> bool:
        """A customer's first message is the ticket."""
        word = words_of(event)[0]
        return CREATED.match(word) is not None or is_customer(word)

    def _open(self, first: Event) -> None:
        word = words_of(first)[0]
        config = world().config
        if self.calendar is not None:
            config = published(config, "calendars", "hours", self.form)
        config = published(config, "sla-policies", "care", self._policy())
        self.story = Story(
            replace(world(), config=config),
            self.now,
            priority=priority(first.get("priority", "normal")),
            opened_by="agent" if by_staff(word) else "customer",
        )
        if self._is_the_opening(first):
            if pausing({"to": first.get("state"), **first}):
                self.story.when(self.now, PauseTicket(reason="from the start"))
            self._look(first, (word,))

    def _policy(self) -> Json:
        return ticket_policy.policy_of(self.case, self.targets.values(), self.setting)

    def _play(self, event: Event) -> None:
        words = words_of(event)
        self.now = max(time_of(event, self.case) or self._next(words[0]), self.now)
        self.story.enforce(self.now)
        for word in words:
            if MERGED.match(word):
                self._merge()
                continue
            for command in self._commands(word, event):
                self._do(command, word)
        self._look(event, words)

    def _do(self, command: Command, word: str) -> None:
        try:
            self.story.when(self.now, command)
        except RuleError as error:
            reason = f"our ticket refuses {word!r}: {error}"
            raise UndrivableError(reason) from error

    def _merge(self) -> None:
        """Into another ticket, opened at that instant."""
        other = Story(self.story.world, self.now)
        survivor = replace(other.ticket, id="t-2")
        ending, _ = merge(self.ticket, survivor, self.now, self.story.world)
        self.story._add(ending)

    def _look(self, event: Event, words: tuple[str, ...]) -> None:
        seen = Seen(at=self.now, words=words, event=event, ticket=self.ticket)
        self.seen.append(seen)

    def _next(self, word: str) -> datetime:
        if found := BREACHED.fullmatch(word):
            clock = self.story.clock(ticket_policy.metric_of(found[1]))
            assert clock.breach_at is not None
            return clock.breach_at + STEP
        return self.now + (LONG if word == "time passes" else STEP)

    def _commands(self, word: str, event: Event) -> Iterator[Command]:
        if is_edit(word):
            yield self._edit(word, event)
        else:
            yield from commands(word, event, self.ticket)

    def _edit(self, word: str, event: Event) -> RestatePromises:
        """The new version is published, and open tickets are told to follow it."""
        config = self.story.world.config
        if new := new_calendar(event, self.form):
            self.form = {**self.form, **new}
            config = published(config, "calendars", "hours", self.form)
            self.calendar = calendar_of({**self.case, "calendar": self.form})
            self.setting = replace(self.setting, calendar=self.calendar)
        targets = new_targets(event)
        if targets or removes(word):
            self.case = {**self.case, "targets": {**self.case["targets"], **targets}}
            self.targets = ticket_policy.targets_of(self.case)
            policy = self._policy()
            if removes(word):
                nobody = {"tags": ["nobody"]}
                policy["match"] = [{**rule, "when": nobody} for rule in policy["match"]]
            config = published(config, "sla-policies", "care", policy)
        elif not new:
            raise UndrivableError(f"{word!r} does not say what is new")
        self.story.world = replace(self.story.world, config=config)
        return RestatePromises(policies=True, calendars=True, reason="edited")


def _unpromised(case: Case, events: list[Event]) -> dict[str, Target]:
    """A clock needs a target, also where a case only measures or has a breach."""
    if case["kind"] in MEASURED:
        return {m: _of_hours(m, MONTH_H) for m in MEASURED[case["kind"]]}
    found = [BREACHED.fullmatch(str(event["type"])) for event in events]
    metrics = [ticket_policy.metric_of(match[1]) for match in found if match]
    return {m: _of_hours(m, 1) for m in metrics}


def _of_hours(metric: str, hours: float) -> Target:
    return Target(metric=metric, unit="h", by_priority={"": hours}, pauses=False)
