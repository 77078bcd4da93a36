"""A chain of managers: who is in it, how far it goes, where it ends."""

from dataclasses import replace

import pytest

from domain.errors import InvalidError
from domain.escalation.facts import EscalationStepFired
from domain.oncall.override import Leave
from domain.ticket.decide import Assign
from tests.support.dsl import instant
from tests.support.escalation_policies import book, given, told


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ({"team": "empty"}, "empty has no members"),
        ({"lead_of": "empty"}, "empty has no lead"),
        ({"assignee": True}, "the ticket has no assignee"),
        (
            {"manager_of": "assignee"},
            "the ticket has no assignee, so no manager is known",
        ),
        ({"on_call_next": "front"}, "there is no schedule front"),
    ],
)
def test_a_target_that_means_nobody_at_all_says_why(target, why):
    story = given({"after": "0s", "targets": [target]})
    assert story.enforce("61m").one(EscalationStepFired).unresolved_targets == (why,)


def test_a_chain_of_managers_that_is_too_short_says_so():
    step = {"after": "0s", "targets": [{"manager_of": "assignee", "depth": 3}]}
    story = given(step).when("1m", Assign(agent="ann")).enforce("61m")
    assert story.one(EscalationStepFired).unresolved_targets == (
        "no manager at level 3 above ann: top has no manager",
    )


def chain(up_to, agents=None, **kw):
    """The record of a step for so many managers of Ann."""
    target = {"manager_of": "assignee", "up_to": up_to}
    story = given({"after": "0s", "targets": [target]}, **kw)
    directory = story.world.directory
    known = {n: replace(directory.agents[n], **a) for n, a in (agents or {}).items()}
    directory = replace(directory, agents={**directory.agents, **known})
    story.world = replace(story.world, directory=directory)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    return story.one(EscalationStepFired)


def test_a_whole_chain_of_managers_is_notified_with_the_level_of_each():
    fired = chain(2)
    assert [(c.person, c.reasons) for c in fired.chosen] == [
        ("mia", ("manager of ann, level 1",)),
        ("top", ("manager of ann, level 2",)),
    ]
    assert fired.unresolved_targets == ()


def test_a_whole_chain_goes_no_further_up_than_asked():
    assert [c.person for c in chain(1).chosen] == ["mia"]


def test_a_chain_goes_on_above_who_is_passed_over():
    leave = Leave(person="mia", begin=instant("-1h"), end=instant("48h"))
    fired = chain(2, oncall=book(leaves={"mia": (leave,)}))
    assert [(c.person, c.reasons) for c in fired.chosen] == [
        ("top", ("manager of ann, level 2",))
    ]
    assert [p.person for p in fired.excluded] == ["mia"]
    assert fired.unresolved_targets == ()


def test_a_chain_that_ends_before_the_level_asked_for_is_notified_and_says_so():
    fired = chain(5)
    assert [c.person for c in fired.chosen] == ["mia", "top"]
    assert fired.unresolved_targets == (
        "no manager at level 5 above ann: top has no manager",
    )


def test_a_circle_ends_a_chain_and_says_so():
    """Refused today; a log may hold one from when it was not."""
    fired = chain(5, agents={"top": {"manager": "ann"}})
    assert [c.person for c in fired.chosen] == ["mia", "top"]
    assert fired.unresolved_targets == (
        "no manager at level 5 above ann: top is managed by ann, which is a circle",
    )


def test_nobody_is_notified_as_their_own_manager():
    story = given(
        {"after": "0s", "targets": [{"manager_of": "assignee", "depth": 3}]},
    )
    agents = story.world.directory.agents
    circle = {**agents, "top": replace(agents["top"], manager="ann")}
    directory = replace(story.world.directory, agents=circle)
    story.world = replace(story.world, directory=directory)
    story.when("1m", Assign(agent="ann")).enforce("61m")
    assert told(story) == []


def test_a_chain_without_an_assignee_says_so():
    step = {"after": "0s", "targets": [{"manager_of": "assignee", "up_to": 2}]}
    assert given(step).enforce("61m").one(EscalationStepFired).unresolved_targets == (
        "the ticket has no assignee, so no manager is known",
    )


@pytest.mark.parametrize(
    ("levels", "pointer"),
    [
        ({"up_to": 0}, "/up_to"),
        ({"up_to": 11}, "/up_to"),
        ({"up_to": 2, "depth": 2}, ""),
    ],
)
def test_levels_of_managers_that_make_no_sense_are_refused(levels, pointer):
    step = {"after": "0s", "targets": [{"manager_of": "assignee", **levels}]}
    with pytest.raises(InvalidError) as refused:
        given(step)
    where = f"/steps/0/targets/0{pointer}"
    assert [e.pointer for e in refused.value.errors] == [where]
