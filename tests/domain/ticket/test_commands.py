"""What can be asked of a ticket, when, and what the log says about who and why."""

from dataclasses import replace

import pytest

from domain.configuration.facts import PolicyRetired
from domain.errors import InvalidError, NotFoundError, RuleError, UnreadableError
from domain.escalation.commands import Acknowledge
from domain.event import SYSTEM
from domain.lifecycle.facts import (
    FeedbackCaptured,
    TicketClosed,
    TicketMessageAdded,
    TicketOpened,
    TicketResumed,
    TicketUpdated,
)
from domain.sla.facts import SlaBreached, SlaMet, SlaWarned
from domain.ticket.decide import (
    Assign,
    CaptureFeedback,
    Change,
    Close,
    PauseTicket,
    Reopen,
    Resolve,
    Resume,
    decide,
)
from domain.ticket.draft import Draft
from domain.ticket.evolve import evolve, fold
from tests.support.dsl import (
    AGENTS,
    ANSWER,
    CUSTOMER,
    NOON,
    Story,
    instant,
    promising,
    world,
)

PAUSE = PauseTicket(reason="asked")


def given():
    return Story(world())


def refusal(story, command, at="1h"):
    with pytest.raises((RuleError, InvalidError)) as refused:
        story.when(at, command)
    return str(refused.value)


# when


@pytest.mark.parametrize(
    ("before", "command", "words"),
    [
        ([], Resume(), "the ticket is not paused"),
        ([PAUSE], PAUSE, "the ticket is paused already"),
        ([Resolve()], PAUSE, "the ticket is resolved: reopen it first"),
        ([Resolve()], Resolve(), "the ticket is resolved: reopen it first"),
        ([Resolve()], Acknowledge(by="bo"), "the ticket is resolved: reopen it first"),
        ([Resolve()], Assign(agent="bo"), "the ticket is resolved: reopen it first"),
        ([Close()], Close(), "the ticket is closed already"),
        ([Close()], Resolve(), "the ticket is closed: reopen it first"),
        ([Close()], Change(priority="low"), "the ticket is closed: reopen it first"),
        ([], Reopen(reason="r"), "the ticket is open, there is nothing to reopen"),
    ],
)
def test_what_cannot_be_done_now_is_refused_with_the_reason(before, command, words):
    assert refusal(given().when("1m", *before), command) == words


def test_a_refused_command_leaves_the_ticket_as_it_was():
    story = given()
    refusal(story, Resume())
    assert story.log() == ["PT0S ticket.opened", "PT0S sla.not_matched"]


@pytest.mark.parametrize("command", [Resolve(), Close()])
def test_a_paused_ticket_can_be_finished(command):
    assert given().when("1m", PAUSE, command).ticket.pause is None


def test_a_resolved_ticket_can_be_closed():
    assert given().when("1m", Resolve(), Close()).ticket.status == "closed"


def test_a_resolved_ticket_still_takes_messages_of_agents():
    assert given().when("1m", Resolve(), ANSWER).ticket.status == "resolved"


def test_a_customer_who_writes_to_a_closed_ticket_opens_it_again():
    assert given().when("1m", Close(), CUSTOMER).ticket.status == "open"


# what they name


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (Assign(), "the body: name a team, an agent, or both"),
        (Assign(team="third"), "/team: there is no team 'third'"),
        (Assign(agent="dan"), "/agent: there is no agent 'dan'"),
        (
            PauseTicket(reason="r", until=instant("1h")),
            "/until: must be in the future, within five years",
        ),
        (
            PauseTicket(reason="r", until=NOON.replace(year=9999)),
            "/until: must be in the future, within five years",
        ),
    ],
)
def test_a_command_that_names_what_cannot_be_is_refused_by_field(command, words):
    assert refusal(given(), command) == words


def test_nothing_is_assigned_to_who_is_not_active():
    agents = AGENTS | {"bo": {"name": "Bo", "active": False}}
    story = Story(world(agents=agents))
    assert refusal(story, Assign(agent="bo")) == "/agent: 'bo' is not active"


def test_assigning_an_agent_keeps_the_team():
    story = given().when("1m", Assign(team="second"), Assign(agent="bo"))
    assert (story.ticket.team, story.ticket.assignee) == ("second", "bo")


def test_assigning_a_team_alone_takes_it_from_the_agent():
    story = given().when("1m", Assign(agent="bo"), Assign(team="second"))
    assert story.ticket.assignee is None


def test_a_ticket_from_the_future_is_refused():
    with pytest.raises(InvalidError, match="/occurred_at: lies in the future"):
        Story(world(), occurred_at=instant("1h"))


# what is recorded


def test_what_differs_is_named_with_the_details_before_and_after():
    change = Change(fields={"subject": "Hot", "type": "question"})
    fact = given().when("1m", change).one(TicketUpdated)
    assert fact.changed == ("subject",)
    assert (fact.old.subject, fact.new.subject) == ("Cold", "Hot")


def test_a_subject_that_did_not_change_is_not_recorded_again():
    story = given().when("1m", Change(fields={"type": "complaint"}))
    fact = story.one(TicketUpdated)
    assert (fact.changed, fact.old.subject, fact.new.subject) == (("type",), None, None)
    assert story.ticket.subject == "Cold"


def test_a_change_of_nothing_records_nothing():
    story = given()
    before = story.log()
    assert story.when("1m", Change(fields={"subject": "Cold"})).log() == before


def test_feedback_falls_to_the_ticket_s_product_area():
    captured = CaptureFeedback(feedback_id="f", text="Loud", kind="bug")
    story = Story(world(), product_area="heaters").when("1m", captured)
    assert story.one(FeedbackCaptured).product_area == "heaters"


def test_what_is_due_is_recorded_before_the_command():
    story = Story(promising({"first_response": "1h"}, warn_at=["50%"]))
    assert story.when("2h", Close()).log(SlaWarned, SlaBreached, TicketClosed) == [
        "PT30M sla.warned",
        "PT1H sla.breached",
        "PT2H ticket.closed",
    ]


def test_what_people_did_carries_their_name_and_what_rules_did_the_system_s():
    story = Story(promising({"first_response": "1h"})).when("1m", ANSWER)
    assert story.event(TicketMessageAdded).meta.actor.id == "ann"
    assert story.event(SlaMet).meta.actor == SYSTEM


def test_what_a_rule_did_carries_the_policy_version():
    story = Story(promising({"first_response": "1h"})).when("1m", ANSWER)
    policy = story.event(SlaMet).meta.policy
    assert (policy.name, policy.version) == ("care", 1)


def test_a_ticket_s_first_cause_is_its_command():
    assert given().event(TicketOpened).meta.causation_id == "c-1"


def test_versions_go_on_by_one():
    story = given().when("1m", ANSWER, PAUSE, Resume(), Resolve())
    versions = [event.originator_version for event in story.events]
    assert versions == list(range(1, len(versions) + 1))


# time


def test_the_log_s_time_never_runs_backwards():
    story = given().when("2h", ANSWER).when("1h", PAUSE)
    assert story.event(TicketMessageAdded).timestamp == story.ticket.pause.since


def test_a_command_with_a_clock_that_is_behind_is_judged_at_the_log_s_time():
    story = Story(promising({"resolution": "1h"})).when("50m", ANSWER)
    story.when("10m", Resolve())
    assert story.one(SlaMet).elapsed == story.clock("resolution").stopped_at - NOON


def test_a_draft_sees_each_fact_at_once():
    draft = Draft("t-1", given().ticket)
    draft.record(TicketClosed(), instant("1h"))
    assert draft.ticket.status == "closed"


def test_a_draft_never_dates_a_fact_before_the_last():
    draft = Draft("t-1", given().when("1h", ANSWER).ticket)
    draft.record(TicketClosed(), instant("1m"))
    assert draft.steps[0].at == instant("1h")


def test_no_fact_comes_before_the_ticket_was_opened():
    with pytest.raises(NotFoundError):
        evolve(None, TicketResumed(reason="r"), NOON, "t-1")


def test_a_decision_changes_nothing_it_was_given():
    ticket = given().ticket
    decide(ticket, Resolve(), instant("1h"), world())
    assert ticket.status == "open"


def test_folding_on_from_the_middle_is_folding_the_whole():
    events = given().when("1m", ANSWER, PAUSE).when("9m", Resume(), Resolve()).events
    assert fold(events[3:], fold(events[:3])) == fold(events)


def test_an_empty_history_is_no_ticket():
    assert fold([]) is None


def test_an_update_changes_nothing_but_the_details():
    before = given().ticket
    new = replace(before.details, tags=("a", "b"), product_area="heaters")
    fact = TicketUpdated(changed=("tags", "product_area"), old=before.details, new=new)
    after = evolve(before, fact, before.updated_at, before.id)
    version = before.version + 1
    wanted = replace(before, version=version, tags=new.tags, product_area="heaters")
    assert after == wanted


def test_a_fact_that_is_none_of_a_ticket_s_is_refused_not_forgotten():
    fact = PolicyRetired(kind="teams", name="front")
    with pytest.raises(UnreadableError, match=r"policy\.retired does not happen to"):
        evolve(given().ticket, fact, NOON, "t-1")
