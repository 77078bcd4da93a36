"""What changed between two versions of a ticket is all that changed."""

import json
from dataclasses import asdict

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from api.tickets.history import changed
from api.tickets.responses import ticket_json
from domain.documents.diff import differences
from domain.ticket.evolve import fold
from tests.laws.test_any_history import COMMANDS, MOMENT, RULES, told
from tests.support.facts import JSON
from tests.support.json_patch import applied

VERSIONS = st.integers(0, 200)


def plain_json(value):
    """As it is after its way over the wire."""
    return json.loads(msgspec.json.encode(value))


def shown(events):
    ticket = fold(events)
    made = ticket_json(ticket, ticket.updated_at, RULES.config) if ticket else None
    return plain_json(made)


def found(events, since):
    return plain_json(changed(events, since, RULES.config))


@given(JSON, JSON)
def test_made_in_order_the_differences_turn_any_document_into_the_other(before, after):
    changes = [asdict(one) for one in differences(before, after)]
    assert json.dumps(applied(before, changes), sort_keys=True) == json.dumps(
        after, sort_keys=True
    )


@given(COMMANDS, VERSIONS, VERSIONS)
@MOMENT
def test_made_in_order_the_changes_turn_one_version_into_the_other(commands, a, b):
    events = told(commands).enforce("9h").events
    end = b % len(events) + 1
    since = a % (end + 1)
    changes = found(events[:end], since)
    assert applied(shown(events[:since]), changes) == shown(events[:end])


@given(COMMANDS, VERSIONS)
@MOMENT
def test_between_a_version_and_itself_nothing_changed(commands, version):
    events = told(commands).enforce("9h").events
    end = version % len(events) + 1
    assert found(events[:end], end) == []


@given(COMMANDS)
@MOMENT
def test_each_value_is_named_once_for_each_event_that_changed_it(commands):
    events = told(commands).enforce("9h").events
    lines = [(c["version"], c["pointer"]) for c in found(events, 0)]
    assert len(lines) == len(set(lines))
    assert [version for version, _ in lines] == sorted(version for version, _ in lines)
