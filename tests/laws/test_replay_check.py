"""Every decision of a history comes out again as it was recorded, whatever people did;
and one that was changed afterwards is found.
"""

from hypothesis import given

from domain.audit.replay_check import MADE_AGAIN, check
from tests.laws.test_any_history import COMMANDS, MOMENT, RULES, told
from tests.laws.test_replay import LIVES, SHORT, histories, ruled


def checked(events, world):
    numbered = [(event, 100 + n) for n, event in enumerate(events)]
    return check(numbered, lambda _: [world])


def shown(found):
    return [
        (d.event.originator_version, d.event.fact.topic, d.what, d.recorded, d.made)
        for d in found.differences
    ]


@given(COMMANDS)
@MOMENT
def test_a_life_of_promises_and_escalations_comes_out_as_it_was(commands):
    events = told(commands).enforce("9h").events
    found = checked(events, RULES)
    assert shown(found) == []
    assert found.decisions == sum(type(e.fact) in MADE_AGAIN for e in events)


@given(ruled(), LIVES)
@SHORT
def test_so_does_one_in_which_tickets_are_offered_and_escalated_and_merged(
    around, life
):
    for events in histories(around, life).values():
        assert shown(checked(events, around)) == []
