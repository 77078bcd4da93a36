"""A snapshot is a shorter way to the same ticket, whatever happened to it."""

import contextlib
import subprocess
import sys
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.lifecycle.facts import TicketOpened
from domain.ticket.evolve import fold
from infra.eventstore.codec import decode, encode
from infra.eventstore.sealing import PersonKey
from infra.eventstore.snapshot import SOURCES, freeze, thaw, version_of
from infra.eventstore.topics import FACTS
from tests.laws.test_any_history import COMMANDS, MOMENT, told
from tests.support.facts import event, facts

OPENING = facts(TicketOpened.topic)
ANYTHING = st.lists(
    st.sampled_from(sorted(topic for topic in FACTS if topic != TicketOpened.topic))
    .flatmap(facts),
    max_size=30,
)  # fmt: skip


KEY = PersonKey("of-one-customer-", "c-1", bytes(32), b"")


def stored(event):
    """As it comes back from the log."""
    topic, state = event.fact.topic, encode(event)
    return decode(event.originator_id, event.originator_version, topic, state)


def check(events, cut):
    """By its `repr` too: a list is no tuple, and 1 is not 1.0."""
    before, after = events[:cut], events[cut:]
    ticket = fold(before)
    again = thaw(ticket.id, freeze(ticket, KEY), KEY.secret)
    assert again == ticket
    assert repr(again) == repr(ticket)
    assert repr(fold(after, again)) == repr(fold(events))


@given(COMMANDS, st.data())
@MOMENT
def test_a_history_may_go_on_from_a_snapshot_taken_anywhere(commands, data):
    events = [stored(one) for one in told(commands).enforce("9h").events]
    check(events, data.draw(st.integers(1, len(events))))


@given(OPENING, ANYTHING, st.data())
@settings(max_examples=200, deadline=None)
def test_and_so_may_one_in_which_anything_happened(opening, found, data):
    events = [stored(event("t-1", 1, opening))]
    ticket = fold(events)
    for fact in found:
        following = stored(event("t-1", ticket.version + 1, fact))
        with contextlib.suppress(Exception):  # it could not happen to this ticket
            ticket = fold([following], ticket)
            events.append(following)
    check(events, data.draw(st.integers(1, len(events))))


def test_whoever_changes_a_line_makes_another_version(tmp_path):
    module = tmp_path / "fold.py"
    module.write_text("x = 1\n")
    first = version_of([tmp_path])
    assert version_of([tmp_path]) == first
    module.write_text("x = 2\n")
    second = version_of([tmp_path])
    (tmp_path / "state.py").touch()
    assert len({first, second, version_of([tmp_path])}) == 3


IMPORTED = """
import sys
import domain.ticket.evolve, infra.eventstore.snapshot
print(*(m.__file__ for m in sys.modules.values() if getattr(m, "__file__", None)))
"""


def test_no_source_that_makes_a_ticket_of_events_is_left_out_of_the_version():
    root = SOURCES[0].parent
    found = subprocess.run(
        [sys.executable, "-c", IMPORTED], check=True, capture_output=True, text=True
    )
    ours = [Path(name) for name in found.stdout.split() if name.startswith(str(root))]
    ours = [p for p in ours if ".venv" not in p.parts and p.stat().st_size]
    assert len(ours) > 20
    assert [p for p in ours if not any(p.is_relative_to(s) for s in SOURCES)] == []
