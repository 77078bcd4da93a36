"""Who is told of what, how urgently, and until when that is worth saying."""

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.event import Actor
from domain.notification.audience import tellings
from domain.notification.dispatch_order import SentRecord, in_order, since
from domain.notification.message import letter
from domain.notification.notification import fold, notification_stream, ticket_of
from domain.notification.payload import item
from domain.notification.planning import plan
from domain.notification.relevance import no_longer_true
from domain.notification.urgency import occasions
from domain.people.contact import parse_preferences
from domain.sla.excuse import ExcuseBreach
from domain.ticket.approvals import AskApproval, DecideApproval
from domain.ticket.assignment_offers import AcceptOffer, DeclineOffer, RevokeOffer
from domain.ticket.decide import Assign, Close, Reopen, Resolve
from domain.ticket.world import World
from tests.domain.notifications import MINUTE, events_of, outgoing, person, rule
from tests.dsl import (
    AGENTS,
    NOON,
    NOTE,
    Story,
    configured,
    instant,
    promising,
    published,
    world,
)

TEAM = Assign(team="second")
AS_ANN = parse_preferences("x", {"name": "X", "email": "x@shop.example"})


def queue(mode="offer", **policy):
    """A ticket of the team `second`, which is bo and chen."""
    assignment = {"mode": mode, "offer_timeout": "PT2M"}
    teams = {"second": {"members": ["bo", "chen"], "assignment": assignment}}
    return Story(world(policy, agents=AGENTS, teams=teams)).when("0s", TEAM)


def climb(*steps, target="PT30M"):
    return Story(promising({"first_response": target}, steps=list(steps)))


def watched():
    """Mia and Ann watch from the breach on; the ladder ends ten minutes later."""
    tell = {"targets": [{"agent": "bo"}]}
    first = {**tell, "watch": ["mia", "ann"]}
    return climb(first, {**tell, "after": "PT10M"}).enforce("2h")


ASK = AskApproval(
    kind="refund",
    amount="12.50",
    currency="CNY",
    reason="it came\nbroken",
    requested_by="ann",
)


def money(limit="1000"):
    """Mia may refund so much; Ann, whose manager she is, asks for 12.50 CNY."""
    documents = {
        "authorities": {"lead": {"refund": {"currency": "CNY", "amount": limit}}},
        "agents": {**AGENTS, "mia": {"name": "Mia", "role": "lead"}},
        "sla-policies": {"p": {"match": [{"targets": {"resolution": "PT1H"}}]}},
    }
    config = configured(documents)
    return Story(World(config=config, directory=config.directory))


def asked(limit="1000"):
    return money(limit).when("1m", ASK)


def told(story, *causes):
    """`<person> by <type>` in the order in which they are told."""
    return [
        f"{t.person} by {t.event.fact.topic}"
        for t in tellings(story.events)
        if not causes or t.cause in causes
    ]


def notification(wanted):
    facts = plan(wanted, person(rule("email")), wanted.at)
    stream = notification_stream(wanted.id)
    events = events_of(facts, wanted.at)
    return fold([replace(event, originator_id=stream) for event in events])


def upto(story, topic):
    """Its events to the first of these."""
    return story.events[: [e.fact.topic for e in story.events].index(topic) + 1]


def notified(story, who, topic):
    """The notification of this person about the first such event."""
    wanted = {o.person: o for o in occasions(upto(story, topic))}
    return notification(wanted[who])


def last_notified(story):
    [wanted] = occasions(story.events)
    return notification(wanted)


def urgency(story, topic):
    return {o.person: o.urgency for o in occasions(upto(story, topic))}


# who


def test_an_offer_tells_who_is_asked_and_urgently_because_it_runs_out():
    story = queue()
    assert told(story) == ["bo by assignment.offered"]
    assert urgency(story, "assignment.offered") == {"bo": "high"}


def test_who_gets_the_ticket_from_a_rule_is_told():
    assert told(queue("direct")) == ["bo by ticket.assigned"]
    story = climb({"reassign": {"team": "second"}}).enforce("31m")
    assert told(story) == ["bo by escalation.reassigned"]


def test_who_gets_it_from_a_person_is_not_told_by_us():
    assert told(climb().when("1m", Assign(team="second", agent="bo"))) == []
    assert told(queue().when("1m", AcceptOffer(agent="bo")), "handed_over") == []


def test_a_ticket_in_new_hands_is_urgent_once_its_promise_is_broken():
    [given] = occasions(queue("direct").events)
    assert given.urgency == "low"
    story = climb({"reassign": {"team": "second"}}).enforce("31m")
    assert urgency(story, "escalation.reassigned") == {"bo": "high"}


def test_a_wish_for_approval_is_urgent_once_a_promise_is_broken_without_excuse():
    late = money().enforce("2h")
    assert urgency(late.when("2h", ASK), "approval.requested") == {"mia": "high"}
    excuse = ExcuseBreach(
        metric="resolution", cycle=None, reason="a strike", approved_by="mia"
    )
    excused = money().enforce("2h").when("2h", excuse, ASK)
    assert urgency(excused, "approval.requested") == {"mia": "low"}
    assert urgency(asked(), "approval.requested") == {"mia": "low"}


def test_an_approver_is_told_and_nobody_where_there_is_none():
    assert told(asked()) == ["mia by approval.requested"]
    assert told(asked("1"), "approval") == []


def verdict(grant=True, by="mia"):
    return DecideApproval(number=1, grant=grant, by=by, reason="no\nphoto")


def decided(story, at="2m", *, grant=True):
    """By Mia, and not by Ann as everything else here."""
    story.when(at, verdict(grant))
    *_, last = story.events
    mia = Actor(id="desk", kind="user", on_behalf_of="mia")
    story.events[-1] = replace(last, meta=replace(last.meta, actor=mia))
    return story


@pytest.mark.parametrize(
    ("grant", "topic"), [(True, "approval.granted"), (False, "approval.rejected")]
)
def test_who_asked_for_money_is_told_of_the_decision(grant, topic):
    story = decided(asked(), grant=grant)
    assert told(story, "decided") == [f"ann by {topic}"]
    assert urgency(story, topic) == {"ann": "low"}


def test_who_may_grant_it_themselves_is_told_nothing():
    own = money().when("1m", replace(ASK, requested_by="mia"))
    assert told(own) == []


def test_a_decision_is_urgent_while_a_promise_of_the_ticket_is_broken():
    late = decided(money().enforce("2h").when("2h", ASK), "2h")
    assert urgency(late, "approval.granted") == {"ann": "high"}


def led_by(lead, *commands, limit="1", **mia):
    """A ticket of a team with this lead; Ann asks for more than Mia may grant."""
    documents = {
        "authorities": {"lead": {"refund": {"currency": "CNY", "amount": limit}}},
        "agents": {**AGENTS, "mia": {"name": "Mia", "role": "lead", **mia}},
        "teams": {"second": {"members": ["bo"], "lead": lead}},
    }
    config = configured(documents)
    story = Story(World(config=config, directory=config.directory))
    return story.when("0s", TEAM).when("1m", ASK, *commands)


def with_limit(story, amount):
    """The same ticket, of which Mia may grant that much from now on."""
    limit = {"refund": {"currency": "CNY", "amount": amount}}
    config = published(story.world.config, "authorities", "lead", limit)
    story.world = replace(story.world, config=config, directory=config.directory)
    return story


def test_where_nobody_can_be_asked_who_asks_and_the_lead_of_the_team_are_told():
    assert told(led_by("chen")) == [
        "ann by approval.requested",
        "chen by approval.requested",
    ]
    assert told(led_by("ann")) == ["ann by approval.requested"]
    assert told(led_by(None)) == ["ann by approval.requested"]


def test_that_nobody_can_be_asked_is_told_also_to_who_asked_in_person():
    *before, last = asked("1").events
    actor = Actor(id="desk", kind="user", on_behalf_of="ann")
    mine = replace(last, meta=replace(last.meta, actor=actor))
    assert [t.person for t in tellings([*before, mine])] == ["ann"]


def test_an_approval_that_nobody_answered_is_told_of_once_nobody_is_left():
    story = led_by("chen", limit="1000").enforce("PT9H")
    assert told(story) == [
        "mia by approval.requested",
        "ann by approval.escalated",
        "chen by approval.escalated",
    ]


def test_what_is_told_of_one_event_has_a_number_for_each():
    numbers = [t.id for t in tellings(led_by("chen").events)]
    assert numbers[1] == f"{numbers[0]}.lead"
    assert {ticket_of(notification_stream(n)) for n in numbers} == {"t-1"}


@pytest.mark.parametrize("story", [led_by("chen"), decided(asked())])
def test_of_an_imported_approval_nobody_is_told(story):
    *before, last = story.events
    actor = Actor(id="import", kind="migration")
    imported = replace(last, meta=replace(last.meta, actor=actor))
    assert occasions([*before, imported]) == ()


def test_watchers_hear_of_what_happens_after_they_began_to_watch():
    assert told(watched().when("3h", Resolve()), "watched") == [
        "mia by escalation.exhausted",
        "ann by escalation.exhausted",
        "mia by ticket.resolved",
    ]
    policy = promising(
        {"first_response": "PT30M", "resolution": "PT3H"},
        steps=[{"watch": ["mia"], "targets": [{"agent": "bo"}]}],
    )
    later = Story(policy).enforce("4h")
    assert "mia by sla.breached" in told(later, "watched")
    assert told(later, "watched").count("mia by sla.breached") == 1


def test_what_is_only_watched_is_never_urgent():
    story = watched().when("3h", Resolve())
    assert urgency(story, "escalation.exhausted") == {"mia": "low", "ann": "low"}


def resolved_by(**actor):
    *before, last = upto(watched().when("3h", Resolve()), "ticket.resolved")
    return [*before, replace(last, meta=replace(last.meta, actor=Actor(**actor)))]


@pytest.mark.parametrize(
    ("actor", "hear"),
    [
        ({"id": "ann", "kind": "user"}, ["mia"]),
        ({"id": "desk", "kind": "user", "on_behalf_of": "mia"}, ["ann"]),
        ({"id": "ann", "kind": "system"}, ["mia", "ann"]),
        ({"id": "import", "kind": "migration"}, []),
    ],
)
def test_nobody_is_told_of_their_own_doing_and_nobody_of_an_import(actor, hear):
    assert [o.person for o in occasions(resolved_by(**actor))] == hear


def test_each_watcher_of_one_event_has_a_notification_of_their_own():
    numbers = [t.id for t in tellings(watched().when("3h", Resolve()).events)]
    assert len(set(numbers)) == len(numbers)
    assert {ticket_of(notification_stream(n)) for n in numbers} == {"t-1"}


def test_each_whom_a_step_chose_has_a_notification_by_their_place():
    [step, *_] = [t for t in tellings(watched().events) if t.cause == "step"]
    assert step.id == f"t-1.{step.event.originator_version}.0"


# until when


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (DeclineOffer(agent="bo", reason="at lunch"), "declined by bo"),
        (AcceptOffer(agent="bo"), "accepted by bo"),
        (Assign(team="second", agent="chen"), "went to chen"),
        (Resolve(), "resolved"),
        (Close(), "closed"),
    ],
)
def test_an_offer_that_is_over_is_told_no_more(command, why):
    story = queue()
    offer = notified(story, "bo", "assignment.offered")
    assert no_longer_true(story.events, offer, instant("1m")) is None
    story.when("1m", command)
    assert why in no_longer_true(story.events, offer, instant("1m"))


def test_an_offer_that_ran_out_or_was_withdrawn_is_told_no_more():
    story = queue()
    offer = notified(story, "bo", "assignment.offered")
    assert "expired" in no_longer_true(story.events, offer, NOON + 2 * MINUTE)
    expired = queue().enforce("3m").events
    assert "expired" in no_longer_true(expired, offer, instant("1m"))
    gone = {"name": "Bo", "active": False}
    config = published(story.world.config, "agents", "bo", gone)
    story.world = replace(story.world, config=config, directory=config.directory)
    story.when("1m", RevokeOffer(agent="bo", since=NOON))
    assert "withdrawn" in no_longer_true(story.events, offer, instant("1m"))


def test_a_ticket_that_is_no_longer_theirs_is_told_no_more():
    story = queue("direct")
    given = last_notified(story)
    story.when("1m", Assign(team="second", agent="bo"))
    assert no_longer_true(story.events, given, instant("1m")) is None
    story.when("2m", Assign(team="second", agent="chen"))
    reason = no_longer_true(story.events, given, instant("2m"))
    assert reason == "the ticket went to chen before the message was sent"


def test_a_decision_that_was_made_is_asked_for_no_more():
    story = asked()
    wish = notified(story, "mia", "approval.requested")
    story.when("2m", Resolve())
    assert no_longer_true(story.events, wish, instant("2m")) is None
    verdict = DecideApproval(number=1, grant=False, by="mia", reason="no photo")
    story.when("3m", verdict)
    reason = no_longer_true(story.events, wish, instant("3m"))
    assert reason == "rejected by mia before the message was sent"


def climbed():
    """Mia does not answer, and Top, whose lead she is, is asked."""
    documents = {
        "authorities": {"lead": {"refund": {"currency": "CNY", "amount": "1000"}}},
        "agents": {
            "top": {"name": "Top", "role": "lead"},
            **AGENTS,
            "mia": {"name": "Mia", "role": "lead", "manager": "top"},
        },
    }
    config = configured(documents)
    story = Story(World(config=config, directory=config.directory))
    return story.when("1m", ASK).enforce("PT4H1M")


def test_whom_an_approval_climbed_to_is_told_what_is_wanted_and_the_other_no_more():
    story = climbed()
    assert told(story) == ["mia by approval.requested", "top by approval.escalated"]
    found = written(story, "top", "approval.escalated")
    assert found.subject == "To approve, refund of 12.50 CNY: #1 Cold"
    earlier = notified(story, "mia", "approval.requested")
    reason = no_longer_true(story.events, earlier, instant("PT4H1M"))
    assert reason == "it climbed above mia before the message was sent"
    wish = notified(story, "top", "approval.escalated")
    assert no_longer_true(story.events, wish, instant("PT4H1M")) is None


def test_a_decision_stays_true_whatever_comes_of_the_ticket():
    story = decided(asked())
    news = notified(story, "ann", "approval.granted")
    story.when("3m", Resolve(), Close())
    assert no_longer_true(story.events, news, instant("3m")) is None


def test_that_nobody_can_be_asked_is_told_no_more_once_somebody_is():
    story = led_by("chen")
    news = notified(story, "chen", "approval.requested")
    assert no_longer_true(story.events, news, instant("1m")) is None
    with_limit(story, "1000").when("2m", NOTE)
    reason = no_longer_true(story.events, news, instant("2m"))
    assert reason == "mia was asked before the message was sent"


@pytest.mark.parametrize(
    ("command", "why"), [(Close(), "closed"), (verdict(), "granted by mia")]
)
def test_that_nobody_can_be_asked_is_told_no_more_once_it_is_over(command, why):
    story = led_by("chen")
    news = notified(story, "ann", "approval.requested")
    with_limit(story, "1000").when("2m", command)
    assert why in no_longer_true(story.events, news, instant("2m"))


def test_another_decision_leaves_this_one_to_be_made():
    story = asked()
    wish = notified(story, "mia", "approval.requested")
    story.when("2m", ASK)
    story.when("3m", DecideApproval(number=2, grant=True, by="mia", reason="yes"))
    assert no_longer_true(story.events, wish, instant("3m")) is None


def test_who_watches_hears_of_the_end_and_not_of_what_led_there():
    story = watched()
    climbed = notified(story, "ann", "escalation.exhausted")
    assert no_longer_true(story.events, climbed, instant("2h")) is None
    story.when("3h", Resolve())
    assert "resolved" in no_longer_true(story.events, climbed, instant("3h"))
    over = notified(story, "mia", "ticket.resolved")
    assert no_longer_true(story.events, over, instant("3h")) is None
    story.when("4h", Reopen(reason="cold again"))
    assert "reopened" in no_longer_true(story.events, over, instant("4h"))


# in which order, in which words


def test_what_is_watched_goes_after_what_needs_somebody():
    before = SentRecord(
        destination="email:ann", person="ann", tickets=("t-2",), at=NOON, full_at=NOON
    )
    news = since(outgoing("t-2.9.4", kind="status_update"), [before])
    alert = outgoing("t-1.7", kind="further_alert", due_at=NOON + timedelta(hours=1))
    assert in_order([news, alert]) == [alert, news]


def written(story, who, topic, locale="en"):
    found = notified(story, who, topic)
    reader = replace(AS_ANN, locale=locale, time_zone="Asia/Shanghai")
    return letter([item(found, story.events)], reader, link=link)


def link(_, action):
    return f"https://desk.example/{action}"


def test_an_offer_says_until_when_and_how_to_accept():
    found = written(queue(), "bo", "assignment.offered")
    assert "until 2026-11-22 20:02 (Asia/Shanghai)" in found.subject
    assert "https://desk.example/accept" in found.text
    assert "https://desk.example/decline" in found.text
    assert "acknowledge" not in found.text


def test_a_wish_for_approval_says_how_much_and_why():
    found = written(asked(), "mia", "approval.requested")
    assert found.subject == "To approve, refund of 12.50 CNY: #1 Cold"
    assert "Asked for by: ann\nReason: it came broken" in found.text
    assert "https://desk.example/approve" in found.text
    assert "https://desk.example/reject" in found.text
    assert "退款 12.50 CNY" in written(asked(), "mia", "approval.requested", "zh").text


def test_a_decision_says_which_and_by_whom_and_why():
    story = decided(asked(), grant=False)
    found = written(story, "ann", "approval.rejected")
    assert found.subject == "Refund of 12.50 CNY rejected: #1 Cold"
    assert "was rejected by mia" in found.text
    assert "no photo" in found.text
    found = written(story, "ann", "approval.rejected", "zh")
    assert found.subject == "退款 12.50 CNY 已拒绝：#1 Cold"  # noqa: RUF001


def test_where_nobody_can_be_asked_the_letter_says_what_for_and_why_you():
    found = written(led_by("chen"), "chen", "approval.requested")
    assert found.subject == "Nobody to approve a refund of 12.50 CNY: #1 Cold"
    assert "Asked for by: ann\nReason: it came broken" in found.text
    assert "Why you: you lead the team of the ticket" in found.text


def test_who_got_it_by_a_rule_and_who_watches_are_told_so():
    story = queue("direct")
    found = letter([item(last_notified(story), story.events)], AS_ANN)
    assert found.subject == "Yours now: #1 Cold"
    story = watched().when("3h", Resolve())
    assert written(story, "mia", "ticket.resolved").subject == (
        "It is resolved: #1 Cold"
    )
    news = written(story, "ann", "escalation.exhausted", "zh")
    assert news.subject == "首次响应的升级已到最后一步，仍无人处理：#1 Cold"  # noqa: RUF001


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_cause_has_words_in_every_language(language):
    stories = [
        (queue(), "bo", "assignment.offered"),
        (asked(), "mia", "approval.requested"),
        (decided(asked()), "ann", "approval.granted"),
        (led_by("chen"), "chen", "approval.requested"),
        (watched(), "bo", "escalation.step_fired"),
        (watched(), "ann", "escalation.exhausted"),
    ]
    for story, who, topic in stories:
        found = written(story, who, topic, language)
        assert "None" not in found.subject + found.text
        assert "{" not in found.subject


def test_one_letter_of_a_ticket_names_what_needs_the_reader_first():
    story = watched()
    both = [
        item(notified(story, "ann", "escalation.exhausted"), story.events),
        item(notified(story, "bo", "escalation.step_fired"), story.events),
    ]
    found = letter(both, AS_ANN)
    assert found.subject == "First response overdue: #1 Cold"
    assert "ended unanswered" in found.text
    other = [replace(both[0], ticket_id=f"t-{i}") for i in (2, 3)]
    assert letter(other, AS_ANN).subject == "News of 2 tickets"
