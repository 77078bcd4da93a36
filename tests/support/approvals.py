"""People with limits, and what is asked of them."""

from dataclasses import replace
from decimal import Decimal

from domain.authority.approvals import AskApproval, DecideApproval
from domain.authority.delegation import Delegation
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.ticket.world import World
from tests.support.dsl import NOON, Story, configured, instant
from tests.support.money import cny

CONFIG = {
    "authorities": {
        "clerk": {"refund": cny("500"), "compensation": cny("0")},
        "lead": {"refund": cny("2000"), "compensation": cny("1000")},
        "head": {"refund": cny("10000.50")},
        "abroad": {"refund": {"currency": "EUR", "amount": "99999"}},
    },
    "agents": {
        "top": {"name": "Top", "role": "head"},
        "mia": {"name": "Mia", "role": "lead", "manager": "top"},
        "ann": {"name": "Ann", "role": "clerk", "manager": "mia"},
        "bo": {"name": "Bo", "role": "clerk", "manager": "mia"},
        "eva": {"name": "Eva", "role": "abroad", "manager": "mia"},
        "new": {"name": "New", "manager": "mia"},
        "gone": {"name": "Gone", "role": "head", "active": False},
    },
    "teams": {"front": {"members": ["ann"]}, "shop": {"members": ["bo"]}},
}
WORLD = configured(CONFIG)


def story(agents=None, leaves=None):
    changes = agents or {}
    config = WORLD
    for name, document in changes.items():
        config = with_agent(config, name, document)
    oncall = OnCallBook(plans={}, leaves=leaves or {})
    return Story(World(config=config, directory=config.directory, oncall=oncall))


def with_agent(config, name, document):
    """Also what publishing would refuse, as a circle of managers."""
    entry = config.entry("agents", name)
    published = replace(entry.versions[-1], document=document)
    changed = replace(entry, versions=(*entry.versions, published))
    return type(config)({**config.entries, ("agents", name): changed})


def ask(amount, by="ann", kind="refund", currency="CNY"):
    return AskApproval(
        kind=kind,
        amount=amount,
        currency=currency,
        reason="it came broken",
        requested_by=by,
    )


def decide(by, *, grant=True, number=1):
    return DecideApproval(number=number, grant=grant, by=by, reason="seen")


def lending(made, lent):
    made.world = replace(made.world, delegations=lent)
    return made


def delegation(by, to, amount="2000", **fields):
    made = Delegation(
        id="d-1",
        principal=by,
        delegate=to,
        kinds=("refund",),
        currency="CNY",
        amount=Decimal(amount),
        team=None,
        begin=instant("0s"),
        end=instant("2h"),
        reason="vacation",
        made_at=NOON,
        made_by="ops",
    )
    return (replace(made, **fields),)


def asked(*args, **kw):
    """What came of asking, ten minutes after noon."""
    made = story(kw.pop("agents", None), kw.pop("leaves", None))
    lending(made, kw.pop("lent", ()))
    return made.when("10m", ask(*args, **kw))


def away(person):
    leave = Leave(person=person, begin=instant("-1h"), end=instant("48h"))
    return {person: (leave,)}
