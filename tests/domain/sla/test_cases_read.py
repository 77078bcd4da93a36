"""Cases that others published in words only, each named by its id: what our rules make
of them. The others run as they are, in `test_published_cases`.
"""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from domain.errors import InvalidError
from domain.sla.facts import SlaAttached, SlaMet
from domain.ticket.decide import Assign, PauseTicket, RestatePromises, Resume
from tests.support.dsl import ANSWER, CUSTOMER, Story, published, world

DESK = {
    "tz": "UTC",
    "hours": {"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]]},
}
EIGHT_HOURS = {"match": [{"targets": {"resolution": "PT8H"}}], "calendar": "desk"}
WAIT = PauseTicket(reason="waiting")


def desk(**documents):
    config = published(world().config, "calendars", "desk", DESK)
    for name, document in documents.items():
        config = published(config, "sla-policies", name, document)
    return replace(world(), config=config)


def monday(time):
    return datetime.fromisoformat(f"2026-11-23T{time}").replace(tzinfo=UTC)


def due(story, metric="resolution"):
    return f"{story.clock(metric).due_at:%a %H:%M}"


def refused(document):
    with pytest.raises(InvalidError) as raised:
        published(world().config, "sla-policies", "care", document)
    return [error.pointer for error in raised.value.errors]


def test_dynamics365_001_a_pause_before_opening_adds_nothing():
    story = Story(desk(care=EIGHT_HOURS), monday("05:00"))
    story.when(monday("06:00"), WAIT).when(monday("08:00"), Resume())
    assert due(story) == "Mon 17:00"


def test_dynamics365_003_of_a_pause_over_closing_only_the_part_until_it_counts():
    story = Story(desk(care=EIGHT_HOURS), monday("09:00"))
    story.when(monday("16:00"), WAIT).when(monday("22:00"), Resume())
    assert due(story) == "Tue 10:00"


@pytest.mark.parametrize("blank", [{}, "", [{}]])
def test_frappe_helpdesk_024_a_blank_condition_is_no_wildcard(blank):
    rule = {"when": blank, "targets": {"resolution": "PT1H"}}
    assert refused({"match": [rule]})[0].startswith("/match/0/when")


def test_frappe_helpdesk_024_a_rule_for_all_is_one_that_asks_nothing():
    urgent = {"when": {"priority": "urgent"}, "targets": {"resolution": "PT1H"}}
    story = Story(desk(care={**EIGHT_HOURS, "match": [urgent, *EIGHT_HOURS["match"]]}))
    assert story.one(SlaAttached).rule == 1


@pytest.mark.parametrize(
    ("orders", "policy"), [((1, 2), "zzz"), ((2, 1), "aaa"), ((1, 1), "aaa")]
)
def test_zammad_061_the_order_decides_before_the_name_does(orders, policy):
    zzz, aaa = ({**EIGHT_HOURS, "order": order} for order in orders)
    assert Story(desk(zzz=zzz, aaa=aaa)).one(SlaAttached).policy.name == policy


@pytest.mark.parametrize("begins", ["09:00", "14:00"])
def test_glpi_037_a_team_s_clock_begins_when_the_team_gets_the_ticket(begins):
    policy = {"match": [{"targets": {"team": "PT1H"}}]}
    story = Story(desk(care=policy), monday("09:00"))
    story.when(monday(begins), Assign(team="front"))
    assert story.clock("team").started_at == monday(begins)


def test_servicenow_005_a_clock_pauses_though_what_started_it_no_longer_holds():
    work = {
        "start": {"status": "open"},
        "pause": {"status": "on_hold"},
        "stop": {"finished": True},
    }
    policy = {"match": [{"targets": {"work": "PT8H"}}], "clocks": {"work": work}}
    story = Story(desk(care=policy), monday("09:00"))
    story.when(monday("10:00"), PauseTicket(reason="parts", status="on_hold"))
    assert [clock.state for clock in story.ticket.clocks] == ["paused"]


def test_zendesk_001_an_edited_policy_reaches_a_ticket_to_which_nothing_happens():
    story = Story(desk(care=EIGHT_HOURS), monday("09:00"))
    edited = {**EIGHT_HOURS, "match": [{"targets": {"resolution": "PT2H"}}]}
    config = published(story.world.config, "sla-policies", "care", edited)
    story.world = replace(story.world, config=config)
    told = RestatePromises(policies=True, calendars=False, reason="a new contract")
    assert due(story.when(monday("10:00"), told)) == "Mon 11:00"


FIRST = {"match": [{"targets": {"first_response": "PT1H"}}]}


def test_zendesk_003_an_agent_s_opening_word_is_not_the_first_reply():
    story = Story(desk(care=FIRST), monday("09:00"), opened_by="agent")
    story.when(monday("10:00"), ANSWER).when(monday("11:00"), CUSTOMER)
    story.when(monday("11:30"), ANSWER)
    assert story.event(SlaMet).timestamp == monday("11:30")


def test_zendesk_003_a_policy_may_count_to_the_agent_s_second_word():
    clock = {"start": {"finished": False}, "stop": {"reply": True}}
    policy = {**FIRST, "clocks": {"first_response": clock}}
    story = Story(desk(care=policy), monday("09:00"), opened_by="agent")
    story.when(monday("09:30"), ANSWER).when(monday("09:40"), ANSWER)
    assert story.event(SlaMet).timestamp == monday("09:30")


@pytest.mark.parametrize("length", ["-PT2H", "2 Years", "P2Y", "many", "", "PT0S", "5"])
def test_znuny_056_a_length_that_is_none_is_refused_by_name(length):
    rule = {"targets": {"resolution": length}}
    assert refused({"match": [rule]}) == ["/match/0/targets/resolution"]
