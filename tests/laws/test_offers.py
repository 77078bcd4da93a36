"""What holds on every way into somebody's hands: a ticket is never lost between
queues, nobody is asked who should not be, and it keeps its place in time. Random teams,
terms and leaves, and whatever people may do meanwhile.
"""

import contextlib
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import given as given_any
from hypothesis import strategies as st

from domain.assignment.alarms import AssignmentAlarm
from domain.assignment.commands import AcceptOffer, DeclineOffer, OfferNext, RevokeOffer
from domain.assignment.facts import (
    AssignmentDeclined,
    AssignmentOffered,
    AssignmentOfferExpired,
    AssignmentQueued,
    AssignmentWaiting,
)
from domain.errors import DomainError
from domain.lifecycle.facts import TicketClosed, TicketResolved
from domain.oncall.override import Leave
from domain.people.facts import TicketAssigned
from domain.ticket.decide import Assign, Close, Reopen, Resolve
from domain.ticket.enforce import alarms
from tests.support.dsl import NOON, Story, published, world
from tests.support.offers import BO_SAYS_NO, FULL, TO_SECOND, spilling

PEOPLE = ("ann", "bo", "chen", "mia")
TEAMS = ("front", "second", "third")
LONG = timedelta(days=9)
SECONDS = st.integers(0, 900)
LENGTH = st.integers(1, 600).map(lambda seconds: f"PT{seconds}S")
AGENT = st.fixed_dictionaries(
    {"active": st.sampled_from([True, True, True, False])},
    optional={"capacity": st.integers(1, 2), "skills": st.just({"english": 2})},
)
TERMS = st.fixed_dictionaries(
    {"mode": st.sampled_from(["offer", "offer", "direct", "manual"])},
    optional={
        "strategy": st.sampled_from(["least_loaded", "round_robin", "longest_idle"]),
        "offer_timeout": LENGTH,
        "needs": st.just({"english": 2, "german": 1}),
        "relax_after": LENGTH,
        "affinity": st.just(["owner"]),
        "weights": st.just({"email": 2}),
    },
)
LEAVES = st.dictionaries(st.sampled_from(PEOPLE), st.tuples(SECONDS, SECONDS))


@st.composite
def teams(draw):
    found = {}
    for name in TEAMS:
        routing = draw(TERMS)
        # Whom they overflow to has to be there before.
        if found and draw(st.booleans()):
            team = draw(st.sampled_from([*found]))
            routing["overflow"] = {"after": draw(LENGTH), "team": team}
        members = draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=3))
        found[name] = {"members": members, "assignment": routing}
    return found


@st.composite
def arounds(draw):
    agents = {name: {"name": name, **draw(AGENT)} for name in PEOPLE}
    loads = draw(st.dictionaries(st.sampled_from(PEOPLE), st.integers(0, 2)))
    made = world(agents=agents, teams=draw(teams()), loads=loads)
    leaves = {
        person: (away(person, begin, length),)
        for person, (begin, length) in draw(LEAVES).items()
        if length
    }
    return replace(made, oncall=replace(made.oncall, leaves=leaves))


def away(person, begin, length):
    start = NOON + timedelta(seconds=begin)
    return Leave(person=person, begin=start, end=start + timedelta(seconds=length))


def asked_now(ticket):
    """Who is asked, so that an answer is mostly one that counts."""
    offer = ticket.queue.offer if ticket.queue else None
    return offer.agent if offer else "bo"


def accept(ticket):
    return AcceptOffer(agent=asked_now(ticket))


def decline(ticket):
    return DeclineOffer(agent=asked_now(ticket), reason="no")


def withdraw(ticket):
    return RevokeOffer(agent=ticket.owner or "bo", since=NOON + LONG)


def always(command):
    return lambda _: command


DONE = st.one_of(
    st.sampled_from([accept, decline, decline, withdraw]),
    st.sampled_from(TEAMS).map(lambda team: always(Assign(team=team))),
    st.sampled_from(PEOPLE).map(lambda agent: always(Assign(agent=agent))),
    st.sampled_from(PEOPLE).map(lambda a: always(Assign(team="second", agent=a))),
    st.sampled_from([OfferNext(), Resolve(), Close(), Reopen(reason="r")]).map(always),
)
GONE = st.sampled_from(PEOPLE).map(lambda person: ("gone", person))
LIFE = st.lists(st.tuples(SECONDS, st.one_of(DONE, DONE, DONE, GONE)), max_size=10)
SHORT = settings(max_examples=60)


def moments(around, life, between=lambda _: None):
    """The story before and after each thing that people do, and long after the last."""
    story, at = Story(around), NOON
    story.when(at, Assign(team="second"))
    yield story, at
    for seconds, done in life:
        at += timedelta(seconds=seconds)
        yield story.enforce(at), at
        between(story)
        if isinstance(done, tuple):
            gone(story, done[1])
        else:
            with contextlib.suppress(DomainError):
                story.when(at, done(story.ticket))
        yield story, at
    for later in (timedelta(minutes=1), timedelta(minutes=20)):
        yield story.enforce(at + later), at + later


def told(around, life, between=lambda _: None):
    return [*moments(around, life, between)][-1][0].events


def gone(story, person):
    """Not active any more; what was said before of the loads stays."""
    known = story.world.directory.agents[person]
    document = {"name": person, "active": False, "capacity": known.capacity or 9}
    config = published(story.world.config, "agents", person, document)
    loads = story.world.directory.loads
    directory = replace(config.directory, loads=loads)
    story.world = replace(story.world, config=config, directory=directory)


def refold(story):
    story.ticket = story.folded()


def members_of(story):
    return story.world.directory.teams[story.ticket.queue.team].members


def terms_of(story):
    return story.world.directory.routing(story.ticket.team or "")


@given(arounds(), LIFE)
@SHORT
def test_what_nobody_has_is_in_the_queue_of_its_team_and_nothing_else_is(around, life):
    for story, _ in moments(around, life):
        ticket = story.ticket
        open_in_a_team = ticket.team is not None and not ticket.finished
        waits = open_in_a_team and ticket.assignee is None
        queued = ticket.queue.team if ticket.queue else None
        by_hand = terms_of(story).mode == "manual"
        assert queued == (ticket.team if waits and not by_hand else None)


@given(arounds(), LIFE)
@SHORT
def test_it_is_never_offered_to_one_and_held_by_another(around, life):
    for story, _ in moments(around, life):
        offer = story.ticket.queue.offer if story.ticket.queue else None
        assert offer is None or story.ticket.assignee is None


def is_full(story, person):
    """More would not fit, and what is too much for anybody only into empty hands."""
    directory, ticket = story.world.directory, story.ticket
    capacity, load = directory.agents[person].capacity, directory.load(person)
    weight = directory.weight(ticket.team, ticket.channel)
    return capacity is not None and load > 0 and load + weight > capacity


def unfit(story, person, at):
    agent = story.world.directory.agents[person]
    leaves = story.world.oncall.leaves.get(person, ())
    return not agent.active or any(one.begin <= at < one.end for one in leaves)


@given(arounds(), LIFE)
@SHORT
def test_nobody_is_asked_or_given_who_is_away_or_gone_or_said_no(around, life):
    seen, said_no = 0, set()
    for story, _ in moments(around, life):
        for event in story.events[seen:]:
            match event.fact:
                case AssignmentQueued():
                    said_no = set()
                case AssignmentDeclined(agent=agent):
                    said_no.add(agent)
                case AssignmentOfferExpired(agent=agent):
                    said_no.add(agent)
                case AssignmentOffered(agent=agent, again=again):
                    said_no = set() if again else said_no
                    assert agent not in said_no
                    assert not unfit(story, agent, event.timestamp)
                case TicketAssigned(agent=str(agent), candidates=asked) if asked:
                    assert agent not in said_no
                    assert not unfit(story, agent, event.timestamp)
        seen = len(story.events)


@given(arounds(), LIFE)
@SHORT
def test_its_place_in_time_moves_only_when_it_is_finished(around, life):
    since = None
    for event in told(around, life):
        match event.fact:
            case TicketResolved() | TicketClosed():
                since = None
            case AssignmentQueued(queued_at=queued_at):
                since = since or event.timestamp
                assert queued_at == since


@given(arounds(), LIFE)
@SHORT
def test_what_waits_says_why_and_for_nobody_who_could_be_asked(around, life):
    for story, at in moments(around, life):
        queue, routing = story.ticket.queue, terms_of(story)
        if queue is None or queue.offer is not None:
            continue
        assert queue.waiting
        easy = not routing.required_skills(queue.preferred_skills)
        for person in members_of(story) if easy else ():
            full = is_full(story, person)
            assert unfit(story, person, at) or full or person in queue.asked


def awaited(story, at):
    """When those return for whom it has waited since it was said that it waits."""
    said = [e for e in story.events if isinstance(e.fact, AssignmentWaiting)]
    directory = story.world.directory
    return [
        leave.end
        for person in directory.teams[story.ticket.queue.team].members
        if directory.agents[person].active
        for leave in story.world.oncall.leaves.get(person, ())
        if said and leave.begin <= said[-1].timestamp and at < leave.end
    ]


@given(arounds(), LIFE)
@SHORT
def test_what_waits_for_time_alone_has_an_alarm_that_is_still_to_come(around, life):
    """For who said no, and for who is on leave; others have to change from outside."""
    for story, at in moments(around, life):
        queue = story.ticket.queue
        if queue is None:
            continue
        due = [
            alarm.due_from
            for alarm in alarms(story.ticket)
            if isinstance(alarm, AssignmentAlarm)
        ]
        assert all(instant > at for instant in due)
        back, agents = awaited(story, at), story.world.directory.agents
        said_no = any(agents[person].active for person in queue.asked)
        said_no = said_no and queue.ended is None
        if queue.offer is not None or said_no or back:
            assert due
        if back and queue.offer is None:
            assert min(due) <= min(back)


@given(arounds(), LIFE)
@SHORT
def test_the_same_log_gives_the_same_events(around, life):
    assert told(around, life, refold) == told(around, life)


ANSWERS = st.sampled_from(
    [
        AcceptOffer(agent="bo"),
        AcceptOffer(agent="ann"),
        BO_SAYS_NO,
        DeclineOffer(agent="chen", reason="no"),
        OfferNext(),
        TO_SECOND,
        Resolve(),
        Reopen(reason="again"),
    ]
)


@settings(max_examples=60)
@given_any(
    st.lists(st.tuples(st.integers(0, 400), ANSWERS), max_size=8),
    st.sampled_from([None, FULL, {"bo": 1}]),
)
def test_an_open_ticket_is_held_or_offered_or_says_why_it_waits(answers, loads):
    story = Story(spilling(loads=loads, offer_timeout="90s")).when("0s", TO_SECOND)
    second = 0
    for wait, command in answers:
        second += wait
        with contextlib.suppress(DomainError):
            story.when(f"{second}s", command)
        ticket = story.ticket
        queue = ticket.queue
        asked = queue is not None and (queue.offer is not None or queue.waiting)
        assert ticket.finished or ticket.assignee is not None or asked
    assert story.folded() == story.ticket
