"""Tickets of which somebody is told, and what they are told."""

from dataclasses import replace

from domain.authority.approvals import AskApproval, DecideApproval
from domain.event import Actor
from domain.notification.audience import tellings
from domain.notification.message import letter
from domain.notification.notification import fold, notification_stream
from domain.notification.payload import item
from domain.notification.planning import plan
from domain.notification.urgency import notification_reasons
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.documents import parse_preferences
from tests.support.dsl import AGENTS, Story, configured, promising, world
from tests.support.notifications import events_of, person, rule

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
    wanted = {o.person: o for o in notification_reasons(upto(story, topic))}
    return notification(wanted[who])


def last_notified(story):
    [wanted] = notification_reasons(story.events)
    return notification(wanted)


def verdict(grant=True, by="mia"):
    return DecideApproval(number=1, grant=grant, by=by, reason="no\nphoto")


def decided(story, at="2m", *, grant=True):
    """By Mia, and not by Ann as everything else here."""
    story.when(at, verdict(grant))
    *_, last = story.events
    mia = Actor(id="desk", kind="user", on_behalf_of="mia")
    story.events[-1] = replace(last, meta=replace(last.meta, actor=mia))
    return story


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


def written(story, who, topic, locale="en"):
    found = notified(story, who, topic)
    reader = replace(AS_ANN, locale=locale, time_zone="Asia/Shanghai")
    return letter([item(found, story.events)], reader, link=link)


def link(_, action):
    return f"https://desk.example/{action}"
