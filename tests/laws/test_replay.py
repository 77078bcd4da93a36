"""A history that is replayed under the rules that were in force is the history that
there was: whatever people did, whoever was asked to take it, whatever climbed, and
whichever ticket went into which.
"""

import contextlib
import itertools
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.configuration.bundle import Bundle
from domain.errors import DomainError
from domain.escalation.commands import Escalate, StepUndelivered
from domain.simulation.comparison import compare
from domain.simulation.overlay import with_draft
from domain.ticket.decide import PauseTicket, RestatePromises, RetryWaiting
from domain.ticket.draft import seal
from domain.ticket.enforce import EPOCH, plan
from domain.ticket.merge import merge
from tests.laws.test_any_history import CHANGES, GAPS, LADDERS, POLICIES, WHOLE
from tests.laws.test_offers import DONE, arounds
from tests.support.dsl import BY_ANN, NOON, Story, configured

LATER = NOON + timedelta(days=3)
NOTIFYING = {
    "targets": [{"least_loaded": "second"}, {"round_robin": "front"}],
    "after": "1m",
}
STEPS = {
    "climb": {
        "steps": [
            {"after": "0s", "targets": [{"assignee": True}, {"team": "front"}]},
            NOTIFYING,
            {"after": "2m", "reassign": {"team": "second"}, "raise_priority": 1},
            {"after": "5m", "targets": [{"agent": "mia"}], "status": "on_hold"},
        ],
        "repeat": 1,
    },
    "short": LADDERS["short"],
}
ORDERS = st.sampled_from(
    [
        RestatePromises(policies=True, calendars=True, reason="r"),
        Escalate(by="mia", reason="r"),
        StepUndelivered(
            clock="resolution/1", step=0, repetition=0, people=("ann",), reason="n"
        ),
        RetryWaiting(),
    ]
)
ANY = st.one_of(WHOLE, CHANGES, ORDERS, GAPS, DONE, DONE)
LIVES = st.lists(
    st.tuples(GAPS, st.integers(0, 2), st.one_of(ANY, ANY, ANY, st.none())),
    max_size=14,
)
SHORT = settings(max_examples=20)
NUMBERS = itertools.count()


@st.composite
def ruled(draw):
    """With promises and ladders, in a world where people take tickets."""
    around = draw(arounds())
    documents = {"escalation-policies": STEPS, "sla-policies": POLICIES}
    config = configured(documents, around.config)
    directory = replace(config.directory, loads=around.directory.loads)
    return replace(around, config=config, directory=directory)


class Life(Story):
    """Each command has an id of its own, as in the log."""

    def __init__(self, world, ticket_id):
        self.id = ticket_id
        super().__init__(world)

    def _add(self, draft):
        meta = replace(BY_ANN, command_id=f"c-{next(NUMBERS)}")
        meta = replace(meta, causation_id=meta.command_id)
        draft.ticket_id = self.id
        self.events += seal(draft, meta)
        self.ticket = replace(draft.ticket, id=self.id)


class Floor:
    """Three tickets of one world: each is decided with the others in the hands of those
    who have them.
    """

    def __init__(self, around):
        self.around = around
        self.lives = [Life(around, f"t-{number}") for number in range(3)]

    def until(self, when):
        """What is due is done, each at its instant, whichever ticket it is of."""
        while due := self._due():
            at = EPOCH + timedelta(milliseconds=due[0])
            if at > when:
                return
            self.known(due[1]).late(at)

    def _due(self):
        plans = [(plan(s.ticket).next_due_ms, n) for n, s in enumerate(self.lives)]
        return min((p for p in plans if p[0] is not None), default=None)

    def known(self, number):
        world = self.around
        for other, life in enumerate(self.lives):
            if other != number:
                world = world.handed(None, life.ticket)
        self.lives[number].world = world
        return self.lives[number]

    def do(self, number, when, command):
        life = self.known(number)
        with contextlib.suppress(DomainError):
            life.when(when, command(life.ticket) if callable(command) else command)

    def merge(self, number, when):
        absorbed, survivor = self.known(number), self.lives[(number + 1) % 3]
        with contextlib.suppress(DomainError):
            drafts = merge(absorbed.ticket, survivor.ticket, when, absorbed.world)
            for life, draft in zip((absorbed, survivor), drafts, strict=True):
                life._add(draft)


def histories(around, life):
    floor, when = Floor(around), NOON
    for gap, number, command in life:
        when += timedelta(seconds=gap)
        floor.until(when)
        if command is None:
            floor.merge(number, when)
        elif isinstance(command, int):
            until = when + timedelta(seconds=command)
            floor.do(number, when, PauseTicket(reason="r", until=until))
        else:
            floor.do(number, when, command)
    floor.until(LATER)
    return {life.id: life.events for life in floor.lives}


def compared(around, known, documents=None):
    draft = Bundle(documents=documents or {}, expansions={})
    trial = with_draft(draft, around.config, around.oncall, LATER)
    return [compare(events, trial, LATER, known) for events in known.values()]


@given(ruled(), LIVES)
@SHORT
def test_what_is_published_would_have_done_what_it_did(around, life):
    known = histories(around, life)
    for found in compared(around, known):
        for clock in found.clocks:
            assert clock.published == clock.actual, (found.ticket_id, clock.metric)
            assert not clock.differs
