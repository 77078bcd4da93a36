"""The book of who is on call, folded from the log, and what is refused from it."""

from dataclasses import replace

import pytest

from domain.configuration.configuration import fold_config
from domain.configuration.facts import PolicyPublished, PolicyRetired
from domain.configuration.on_call_book import fold_oncall
from domain.configuration.publishing import publish
from domain.configuration.retiring import retire
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.oncall.changes import add_override, cancel_override, cancel_swap, offer_swap
from domain.oncall.facts import AgentLeaveCancelled, ScheduleOverrideCancelled
from domain.oncall.leaves import add_leave, cancel_leave
from domain.oncall.override import Leave
from domain.ticket.world import World
from tests.support.dsl import configured
from tests.support.oncall import at, layer, override, plan, told
from tests.support.oncall_book import (
    AGENTS,
    BARE,
    FRONT,
    OFFERED,
    TAKEN,
    added,
    book,
    document,
    gone,
    log,
    published,
    swap,
    take,
)

NOW = at(0)
EVERYBODY = {"agents": {name: {"name": name} for name in sorted(AGENTS)}}


def test_a_version_reigns_from_when_it_was_published():
    found = book(published(0, "ann"), published(6, "bo", version=2))
    assert told(found.plan(FRONT)) == [("ann", 0, 6), ("bo", 6, 24)]


def test_of_times_before_all_versions_the_first_is_asked():
    found = book(published(0, "ann"), published(6, "bo", version=2)).plan(FRONT)
    assert told(found, -6) == [("ann", -6, 6), ("bo", 6, 24)]
    assert found.published_at == NOW


def test_nobody_is_on_call_after_it_was_retired_and_the_past_stays():
    found = book(published(0, "ann"), (6, PolicyRetired(kind="schedules", name=FRONT)))
    assert told(found.plan(FRONT)) == [("ann", 0, 6)]


def test_a_schedule_can_come_back():
    retired = (6, PolicyRetired(kind="schedules", name=FRONT))
    found = book(published(0, "ann"), retired, published(9, "bo", version=2))
    assert told(found.plan(FRONT)) == [("ann", 0, 6), ("bo", 9, 24)]


def test_a_clock_that_goes_back_does_not_put_versions_out_of_order():
    found = book(published(6, "ann"), published(5, "bo", version=2))
    assert told(found.plan(FRONT)) == [("ann", 0, 6), ("bo", 6, 24)]


def test_an_override_counts_from_when_it_was_made_until_it_is_cancelled():
    cancelled = ScheduleOverrideCancelled(schedule=FRONT, override_id="o-1")
    found = book(published(0, "ann"), added(3, "replace", "bo", 2, 9), (7, cancelled))
    assert told(found.plan(FRONT)) == [("ann", 0, 3), ("bo", 3, 7), ("ann", 7, 24)]


def test_a_swap_counts_once_it_is_taken():
    offered = book(published(0, "ann"), OFFERED)
    assert told(offered.plan(FRONT)) == [("ann", 0, 24)]
    taken = book(published(0, "ann"), OFFERED, (1, TAKEN))
    assert told(taken.plan(FRONT)) == [("ann", 0, 2), ("bo", 2, 5), ("ann", 5, 24)]


def test_a_leave_counts_on_every_schedule_until_it_is_cancelled():
    back = (4, AgentLeaveCancelled(agent="ann", leave_id="l-1"))
    found = book(published(0, "ann", "bo"), gone(0, "ann", 2, 9), back)
    assert told(found.plan(FRONT)) == [("ann", 0, 2), ("bo", 2, 4), ("ann", 4, 24)]


def test_the_leave_of_somebody_who_only_comes_by_an_override_counts_too():
    found = book(published(0, "ann"), gone(0, "bo", 2, 4), added(0, "add", "bo", 2, 6))
    assert told(found.plan(FRONT)) == [("ann", 0, 24), ("bo", 4, 6)]


def test_a_plan_has_the_leaves_of_its_own_people_only():
    found = book(published(0, "ann"), gone(0, "bo", 2, 4))
    assert found.plan(FRONT).leaves == ()


def test_what_is_not_about_schedules_leaves_the_very_same_book():
    found = book(published(0, "ann"))
    team = PolicyRetired(kind="teams", name=FRONT)
    assert fold_oncall(log((1, team)), found) is found


def test_a_schedule_that_never_was_is_not_found():
    with pytest.raises(NotFoundError, match="there is no schedule 'front'"):
        World().oncall.plan(FRONT)


def faults(decide):
    with pytest.raises(InvalidError) as refused:
        decide()
    return {error.pointer: error.message for error in refused.value.errors}


def test_what_is_overridden_by_nobody_known_or_in_the_past_is_refused():
    wanted = override("replace", "dai", -9, -3, replaces="dai")
    assert set(faults(lambda: add_override(BARE, FRONT, wanted, AGENTS, NOW))) == {
        "/to", "/person", "/replaces"
    }  # fmt: skip


def test_who_has_left_the_company_can_still_be_taken_off():
    wanted = override("remove", "ann", 2, 5)
    assert add_override(BARE, FRONT, wanted, {}, NOW).kind == "remove"


def test_hours_that_an_override_leaves_to_nobody_are_named():
    wanted = override("remove", "ann", 2, 5)
    [said] = add_override(BARE, FRONT, wanted, AGENTS, NOW).warnings
    assert said.message == (
        "leaves nobody on call from 2026-03-02T02:00Z to 2026-03-02T05:00Z"
    )


def test_of_a_longer_gap_only_the_hours_that_an_override_opens_are_named():
    beside = plan(layer("ann", restrict=[{"from": "00:00", "to": "03:00"}]))
    wanted = override("remove", "ann", 2, 5)
    [said] = add_override(beside, FRONT, wanted, AGENTS, NOW).warnings
    assert said.message.endswith("from 2026-03-02T02:00Z to 2026-03-02T03:00Z")


def test_hours_that_nobody_had_before_are_no_news():
    beside = plan(layer("ann", "bo", restrict=[{"from": "00:00", "to": "03:00"}]))
    wanted = override("add", "chen", 4, 5)
    assert add_override(beside, FRONT, wanted, AGENTS, NOW).warnings == ()


@pytest.mark.parametrize(("kind", "said"), [("add", ["/person"]), ("remove", [])])
def test_who_comes_and_is_not_active_is_warned_of(kind, said):
    wanted = override(kind, "ann", 26, 27)
    away = {**AGENTS, "ann": False}
    found = add_override(BARE, FRONT, wanted, away, NOW).warnings
    assert [w.pointer for w in found if w.pointer] == said


def leave(person, begin, end):
    [_, fact] = gone(0, person, begin, end)
    return fact


def test_a_leave_names_the_hours_that_it_leaves_to_nobody_on_each_schedule():
    plans = {"night": plan(layer("ann")), "front": plan(layer("ann", "ann"))}
    said = add_leave(leave("ann", 2, 5), plans, NOW).warnings
    hours = "from 2026-03-02T02:00Z to 2026-03-02T05:00Z"
    assert [(w.pointer, w.message) for w in said] == [
        ("", f"leaves nobody on call for front {hours}"),
        ("", f"leaves nobody on call for night {hours}"),
    ]


def test_a_leave_that_somebody_stands_in_for_is_not_warned_of():
    plans = {"front": plan(layer("ann", "bo")), "other": plan(layer("bo"))}
    assert add_leave(leave("ann", 2, 5), plans, NOW).warnings == ()


def test_a_leave_at_the_time_of_another_opens_only_what_is_new():
    earlier = Leave(person="bo", begin=at(3), end=at(9))
    plans = {"front": plan(layer("ann", "bo"), leaves=(earlier,))}
    [said] = add_leave(leave("ann", 2, 5), plans, NOW).warnings
    assert said.message.endswith("from 2026-03-02T03:00Z to 2026-03-02T05:00Z")


def test_a_leave_from_a_retired_schedule_leaves_nobody_without_anybody():
    plans = {"front": plan(layer("ann")).revised(None, at(0))}
    assert add_leave(leave("ann", 2, 5), plans, at(1)).warnings == ()


def test_a_long_leave_names_the_first_hours_and_counts_the_rest():
    hours = [{"from": "09:00", "to": "17:00"}]
    plans = {"front": plan(layer("ann", restrict=hours))}
    [*named, rest] = add_leave(leave("ann", 0, 24 * 30), plans, NOW).warnings
    assert len(named) == 10
    assert rest.message == (
        "leaves nobody on call for front 20 more times until 2026-03-31T17:00Z"
    )


def test_of_two_overrides_that_clash_the_second_is_refused_and_the_first_named():
    first = override("replace", "chen", 2, 5, replaces="ann")
    second = override("remove", "ann", 4, 6)
    beside = replace(BARE, changes=(first,))
    with pytest.raises(RuleError, match=f"override {first.id}, 2026-03-02T02:00Z"):
        add_override(beside, FRONT, second, AGENTS, NOW)


def test_an_override_that_changes_nothing_is_recorded_with_a_warning():
    wanted = override("replace", "chen", 2, 5, replaces="bo")
    [said] = add_override(BARE, FRONT, wanted, AGENTS, NOW).warnings
    assert said.message == "has no effect on who is on call"


def test_what_is_cancelled_or_over_cannot_be_cancelled():
    made = override("add", "chen", 2, 5)
    beside = replace(BARE, changes=(made,))
    assert cancel_override(beside, FRONT, made.id, at(4))
    with pytest.raises(RuleError, match="is over"):
        cancel_override(beside, FRONT, made.id, at(5))
    gone = replace(BARE, changes=(replace(made, cancelled_at=at(1)),))
    with pytest.raises(RuleError, match="is cancelled already"):
        cancel_override(gone, FRONT, made.id, at(1))
    with pytest.raises(NotFoundError):
        cancel_override(BARE, FRONT, made.id, at(1))
    with pytest.raises(NotFoundError):
        cancel_swap(beside, FRONT, made.id, at(1))
    with pytest.raises(NotFoundError):
        cancel_leave([], "l-1", at(1))


def test_only_who_is_on_call_has_something_to_offer():
    assert offer_swap(BARE, FRONT, swap(), AGENTS, NOW).asker == "ann"
    others = swap(asker="bo")
    assert faults(lambda: offer_swap(BARE, FRONT, others, AGENTS, NOW)) == {
        "/from": "'bo' is not on call then"
    }


def test_a_swap_that_makes_no_sense_is_refused_by_field():
    wanted = swap(back=(at(30), at(30)), offered_to="ann")
    found = faults(lambda: offer_swap(BARE, FRONT, wanted, AGENTS, NOW))
    assert set(found) == {"/back/to", "/with"}


def test_who_is_asked_to_give_back_what_they_have_not_is_named_at_once():
    wanted = swap(back=(at(3), at(4)), offered_to="bo")
    assert faults(lambda: offer_swap(BARE, FRONT, wanted, AGENTS, NOW)) == {
        "/back/from": "'bo' is not on call then"
    }


def test_a_swap_is_not_taken_by_who_offered_it():
    assert set(faults(lambda: take(swap(), "ann"))) == {"/person"}


def test_a_swap_is_refused_beside_an_override_that_came_before_it_was_taken():
    made = override("replace", "chen", 4, 6, replaces="ann")
    with pytest.raises(RuleError, match=f"override {made.id}"):
        take(swap(), "bo", 0, made)


def test_a_window_longer_than_two_years_is_a_mistake():
    wanted = override("add", "chen", 2, 2 + 24 * 733)
    assert set(faults(lambda: add_override(BARE, FRONT, wanted, AGENTS, NOW))) == {
        "/to"
    }


def advice(*people, hour=0, agents=EVERYBODY, **fields):
    config = configured(agents)
    wanted = document(*people, **fields)
    return publish(config, "schedules", FRONT, wanted, at=at(hour)).warnings


def test_a_schedule_may_name_agents_only():
    assert faults(lambda: advice("ann", "dai")) == {
        "/layers/0/rotation/people/1": "there is no agent 'dai'"
    }


def test_a_schedule_that_is_wrong_and_names_nobody_known_has_both_named():
    found = faults(lambda: advice("dai", restrict=[{"from": "9"}]))
    assert set(found) == {
        "/layers/0/rotation/people/0", "/layers/0/restrict/0/from"
    }  # fmt: skip


def test_a_schedule_with_hours_that_nobody_covers_is_published_with_a_warning():
    [said] = advice("ann", restrict=[{"from": "00:00", "to": "23:00"}])
    assert said.message == (
        "nobody is on call for 28 h 00 min of the next 28 days,"
        " first from 2026-03-02T23:00Z to 2026-03-03T00:00Z"
    )


def test_gaps_are_looked_for_from_the_instant_of_publishing_on():
    until = {"until": "2026-03-03T00:00"}
    assert advice("ann", hour=-24, **until)
    assert [w.pointer for w in advice("ann", hour=48, **until)] == [
        "/layers/0/until", "/layers"
    ]  # fmt: skip


def test_whoever_is_not_active_is_pointed_out():
    agents = {"agents": EVERYBODY["agents"] | {"bo": {"name": "Bo", "active": False}}}
    [said] = advice("ann", "bo", agents=agents)
    assert said.pointer == "/layers/0/rotation/people/1"
    assert said.message == "the agent 'bo' is not active"


def test_a_schedule_is_retired_if_no_escalation_policy_calls_by_it():
    config = configured(EVERYBODY | {"schedules": {FRONT: document("ann")}})
    assert retire(config, "schedules", FRONT).name == FRONT


def test_a_schedule_that_an_escalation_policy_calls_by_cannot_be_retired():
    config = configured(EVERYBODY | {"schedules": {FRONT: document("ann")}})
    escalation_policy = PolicyPublished(
        kind="escalation-policies",
        name="climb",
        version=1,
        sha256="0",
        document={"steps": [{"targets": [{"on_call": FRONT}]}]},
    )
    calling = fold_config(log((0, escalation_policy)), config)
    with pytest.raises(RuleError, match="escalation policy climb names it"):
        retire(calling, "schedules", FRONT)


def test_an_override_that_reaches_beyond_the_range_counts_within_it():
    beside = replace(BARE, changes=(override("replace", "chen", 2, 5),))
    assert told(beside, 3, 4) == [("chen", 3, 4)]


def test_an_override_of_another_time_changes_nothing_here():
    past = tuple(override("add", "chen", n, n + 1) for n in range(-5, 0))
    assert told(replace(BARE, changes=past)) == told(BARE)
