"""Who may give the customer money, how much, in whose name, and who is asked else."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.assignment.commands import RevokeOffer
from domain.authority.approvals import AskApproval, DecideApproval
from domain.authority.delegation import Delegation, delegate, fold_delegations, revoke
from domain.authority.facts import (
    ApprovalEscalated,
    ApprovalGranted,
    ApprovalRejected,
    ApprovalRequested,
    AuthorityDelegated,
    AuthorityRevoked,
)
from domain.authority.limits import parse_authority
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.event import Event
from domain.oncall.book import OnCallBook
from domain.oncall.override import Leave
from domain.ticket.decide import Assign, Close, RetryWaiting
from domain.ticket.world import World
from tests.dsl import BY_ANN, NOON, Story, configured, instant, published


def cny(amount):
    return {"currency": "CNY", "amount": amount}


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


# who is asked and does not answer


def test_who_does_not_answer_in_time_is_passed_and_the_next_above_is_asked():
    made = asked("600").enforce("PT4H9M")
    assert made.ticket.approvals[0].approver == "mia"
    climbed = made.enforce("PT4H10M").one(ApprovalEscalated)
    assert (climbed.from_approver, climbed.approver) == ("mia", "top")
    assert climbed.reason == "did not answer in time"
    assert made.event(ApprovalEscalated).meta.actor.id == "pledge"
    assert made.ticket.approvals[0].asked == ("mia", "top")


def test_above_the_last_there_is_nobody_and_it_is_said_once():
    made = asked("600").enforce("99h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == ["top", None]
    assert made.ticket.approvals[0].state == "unresolved"
    assert made.when("100h", decide("mia")).one(ApprovalGranted).actor == "mia"


def test_how_long_they_may_take_is_said_by_their_role():
    made = story()
    made.world = replace(made.world, config=with_lead(answer_within="PT15M"))
    made.when("10m", ask("600")).enforce("25m")
    assert made.one(ApprovalEscalated).approver == "top"
    slow = story()
    slow.world = replace(slow.world, config=with_lead(answer_within="never"))
    assert not slow.when("10m", ask("600")).enforce("99h").all(ApprovalEscalated)


def with_lead(**fields):
    document = {**CONFIG["authorities"]["lead"], **fields}
    return published(WORLD, "authorities", "lead", document)


def test_how_long_must_be_a_time():
    with pytest.raises(InvalidError, match="/answer_within"):
        with_lead(answer_within="soon")


@pytest.mark.parametrize("end", [decide("mia"), decide("top", grant=False), Close()])
def test_what_is_decided_or_closed_climbs_no_more(end):
    assert not asked("600").when("1h", end).enforce("99h").all(ApprovalEscalated)


def test_what_waits_for_somebody_who_goes_on_leave_waits_for_the_next_above():
    made = asked("600")
    made.world = replace(made.world, oncall=OnCallBook(plans={}, leaves=away("mia")))
    made.when("1h", RevokeOffer(agent="mia", since=instant("1h")))
    climbed = made.one(ApprovalEscalated)
    assert (climbed.approver, climbed.escalates_at) == ("top", instant("5h"))
    assert climbed.reason.startswith("on leave until")


def test_who_is_there_after_all_keeps_what_they_were_asked():
    made = asked("600").when("1h", RevokeOffer(agent="mia", since=instant("1h")))
    assert not made.all(ApprovalEscalated)


def alone(**leaves):
    """Mia is the only one above; `600` is within her limit."""
    mia = {"name": "Mia", "role": "lead"}
    return asked("600", agents={"mia": mia}, leaves=leaves)


def test_where_all_above_are_away_who_comes_back_is_asked_then():
    made = alone(**leave_until("mia", "3h")).enforce("9h")
    assert made.one(ApprovalRequested).escalates_at == instant("3h")
    assert made.log(ApprovalEscalated)[0] == "PT3H approval.escalated"
    [first, *_] = made.all(ApprovalEscalated)
    assert (first.from_approver, first.approver) == (None, "mia")
    assert first.escalates_at == instant("7h")


def test_who_went_on_leave_before_they_answered_is_asked_once_they_are_back():
    made = alone()
    leaves = leave_until("mia", "3h")
    made.world = replace(made.world, oncall=OnCallBook(plans={}, leaves=leaves))
    made.when("1h", RevokeOffer(agent="mia", since=instant("1h"))).enforce("3h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == [None, "mia"]
    assert made.enforce("99h").ticket.approvals[0].no_response == ("mia",)


def test_who_was_away_when_it_climbed_past_them_is_asked_before_it_is_given_up():
    made = asked("600", leaves=leave_until("mia", "3h")).enforce("5h")
    assert [f.approver for f in made.all(ApprovalEscalated)] == ["mia"]


def test_who_is_lent_the_authority_is_asked_when_that_begins():
    lent = delegation("top", "mia", amount="9000", begin=instant("1h"))
    gone = {"name": "Top", "role": "head"}
    made = asked("5000", agents={"top": gone}, leaves=away("top"), lent=lent)
    assert made.enforce("1h").one(ApprovalEscalated).approver == "mia"


def test_who_may_more_than_before_is_asked_for_what_nobody_could_be_asked_for():
    made = asked("10000.51")
    config = published(WORLD, "authorities", "head", {"refund": cny("20000")})
    made.world = replace(made.world, config=config)
    made.when("1h", RetryWaiting())
    assert made.one(ApprovalEscalated).approver == "top"


def test_nobody_is_asked_anew_on_a_closed_ticket():
    made = alone(**leave_until("mia", "3h")).when("1h", Close()).enforce("9h")
    assert not made.all(ApprovalEscalated)


def leave_until(person, end):
    leave = Leave(person=person, begin=instant("-1h"), end=instant(end))
    return {person: (leave,)}


# within one's own limit


@pytest.mark.parametrize("amount", ["0.01", "499.9999", "500", "500.00"])
def test_what_lies_within_the_limit_is_granted_at_once(amount):
    granted = asked(amount).one(ApprovalGranted)
    assert (granted.principal, granted.actor) == ("ann", "ann")
    assert (granted.limit.role, granted.limit.amount) == ("clerk", "500")


@pytest.mark.parametrize("amount", ["500.0001", "500.01", "501", "2000"])
def test_what_lies_above_it_waits_for_the_next_manager(amount):
    made = asked(amount)
    assert made.one(ApprovalRequested).approver == "mia"
    assert made.all(ApprovalGranted) == []
    assert made.ticket.approvals[0].state == "pending"


@given(st.integers(0, 10**16), st.integers(1, 10**16))
def test_amounts_are_compared_exactly(limit, amount):
    """A ten-thousandth more is more, also where a float would not see it."""

    def text(units):
        return f"{units // 10_000}.{units % 10_000:04}"

    authority = parse_authority("r", {"refund": cny(text(min(limit, 10**15)))})
    exact = Decimal(min(limit, 10**15)) / 10_000
    assert authority.limits["refund"].amount == exact
    assert (Decimal(text(amount)) <= exact) == (amount <= min(limit, 10**15))


def test_a_limit_in_another_currency_does_not_count():
    requested = asked("1", by="eva").one(ApprovalRequested)
    assert requested.approver == "mia"


def test_who_has_no_role_asks_for_everything():
    assert asked("0.01", by="new").one(ApprovalRequested).approver == "mia"


def test_each_kind_has_its_own_limit():
    assert asked("1", kind="compensation").one(ApprovalRequested).approver == "mia"


# who is asked


def test_a_manager_whose_limit_does_not_suffice_is_skipped_up():
    requested = asked("2000.01").one(ApprovalRequested)
    assert requested.approver == "top"
    assert requested.excluded[0].person == "mia"
    assert requested.excluded[0].reason == "has a limit of 2000 CNY"


def test_a_manager_on_leave_is_skipped_up():
    requested = asked("600", leaves=away("mia")).one(ApprovalRequested)
    assert requested.approver == "top"
    assert requested.excluded[0].reason.startswith("on leave until ")


def test_a_manager_who_is_gone_is_skipped_up():
    inactive = {"name": "Mia", "role": "lead", "manager": "top", "active": False}
    requested = asked("600", agents={"mia": inactive}).one(ApprovalRequested)
    assert requested.approver == "top"


def test_where_nobody_has_the_authority_it_is_there_to_see():
    made = asked("10000.51")
    assert made.one(ApprovalRequested).approver is None
    assert made.ticket.approvals[0].state == "unresolved"
    assert [p.person for p in made.ticket.approvals[0].excluded] == ["mia", "top"]


def test_managers_in_a_circle_end_the_search():
    circle = {"name": "Mia", "manager": "ann"}
    [approval] = asked("600", agents={"mia": circle}).ticket.approvals
    assert approval.state == "unresolved"
    assert [p.person for p in approval.excluded] == ["mia"]


# the decision


def test_a_grant_names_whose_authority_it_was_and_the_limit():
    made = asked("600").when("20m", decide("mia"))
    granted = made.one(ApprovalGranted)
    assert (granted.principal, granted.actor) == ("mia", "mia")
    assert (granted.limit.role, granted.limit.amount) == ("lead", "2000")
    assert made.ticket.approvals[0].state == "granted"


def test_a_rejection_keeps_its_reason():
    made = asked("600").when("20m", decide("mia", grant=False))
    assert made.one(ApprovalRejected).reason == "seen"
    assert made.ticket.approvals[0].decision_reason == "seen"


def test_somebody_else_with_enough_authority_may_decide_what_nobody_was_asked_for():
    made = asked("600", by="new", agents={"new": {"name": "New"}})
    assert made.ticket.approvals[0].state == "unresolved"
    assert made.when("20m", decide("top")).ticket.approvals[0].state == "granted"


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ("bo", "has a limit of 500 CNY"),
        ("eva", "has a limit in EUR"),
        ("new", "has no authority over a refund"),
        ("ann", "asked for it"),
        ("gone", "not active"),
    ],
)
@pytest.mark.parametrize("grant", [True, False])
def test_whose_limit_does_not_suffice_decides_nothing(by, why, grant):
    with pytest.raises(RuleError, match=why):
        asked("600").when("20m", decide(by, grant=grant))


def test_nobody_decides_on_what_they_asked_for_whatever_they_may():
    made = asked("20000", by="top")
    with pytest.raises(RuleError, match="asked for it"):
        made.when("20m", decide("top"))


def test_what_is_decided_is_not_decided_again():
    made = asked("600").when("20m", decide("mia"))
    with pytest.raises(RuleError, match="granted already"):
        made.when("21m", decide("top"))


def test_what_was_never_asked_for_cannot_be_decided():
    with pytest.raises(NotFoundError):
        asked("600").when("20m", decide("mia", number=2))


def test_several_are_counted_and_decided_each_for_itself():
    made = asked("600").when("11m", ask("5")).when("12m", ask("700"))
    made.when("13m", decide("mia", number=3, grant=False))
    states = [a.state for a in made.ticket.approvals]
    assert states == ["pending", "granted", "rejected"]
    assert made.folded().approvals == made.ticket.approvals


def test_a_closed_ticket_gives_no_money():
    with pytest.raises(RuleError, match="closed"):
        story().when("1m", Close()).when("2m", ask("1"))


# lent


def test_what_was_lent_can_be_granted_in_the_name_of_the_principal():
    lent = delegation("mia", "bo", "1000")
    granted = lending(asked("600"), lent).when("20m", decide("bo")).one(ApprovalGranted)
    assert (granted.principal, granted.actor) == ("mia", "bo")
    assert (granted.limit.amount, granted.limit.delegation) == ("1000", "d-1")


def test_a_loan_reaches_no_further_than_the_principals_own_limit():
    lent = delegation("mia", "bo", "99999")
    with pytest.raises(RuleError, match="bo cannot decide"):
        lending(asked("2000.01"), lent).when("20m", decide("bo"))


def test_the_own_limit_applies_beside_what_was_lent():
    lent = delegation("mia", "top", "1")
    granted = (
        lending(asked("600"), lent).when("20m", decide("top")).one(ApprovalGranted)
    )
    assert (granted.principal, granted.limit.delegation) == ("top", None)


@pytest.mark.parametrize(
    "fields",
    [
        {"amount": Decimal("599.99")},
        {"kinds": ("compensation",)},
        {"currency": "EUR"},
        {"team": "shop"},
        {"end": instant("20m")},
        {"begin": instant("21m")},
        {"revoked_at": instant("15m")},
        {"principal": "gone"},
        {"principal": "nobody"},
    ],
    ids=str,
)
def test_outside_of_its_scope_and_time_nothing_is_lent(fields):
    lent = delegation("mia", "bo", **fields)
    with pytest.raises(RuleError, match="bo cannot decide"):
        lending(asked("600"), lent).when("20m", decide("bo"))


def test_a_loan_for_a_team_counts_on_its_tickets():
    lent = delegation("mia", "bo", team="front")
    made = asked("600").when("15m", Assign(team="front"))
    assert lending(made, lent).when("20m", decide("bo")).one(ApprovalGranted)


def test_a_loan_that_does_not_reach_so_far_is_named():
    lent = delegation("mia", "bo", amount="700")
    with pytest.raises(RuleError, match="700 CNY lent by mia do not suffice"):
        asked("800", lent=lent).when("20m", decide("bo"))


def test_what_was_lent_is_not_lent_on():
    first = delegation("mia", "bo", id="d-1")
    second = delegation("bo", "new", id="d-2")
    with pytest.raises(RuleError, match="new cannot decide"):
        lending(asked("600"), first + second).when("20m", decide("new"))


def test_nothing_is_granted_in_the_name_of_who_asked_for_it():
    """Also not if they were promoted since."""
    made, lent = asked("3000", by="mia"), delegation("mia", "bo", "5000")
    config = with_agent(WORLD, "mia", {"name": "Mia", "role": "head"})
    made.world = World(config=config, directory=config.directory)
    with pytest.raises(RuleError, match="bo cannot decide"):
        lending(made, lent).when("20m", decide("bo"))


def test_nothing_is_lent_to_the_requester():
    lent = delegation("mia", "ann")
    made = asked("600", lent=lent)
    assert made.ticket.approvals[0].approver == "mia"
    with pytest.raises(RuleError, match="asked for it"):
        lending(made, lent).when("20m", decide("ann"))


def test_a_manager_to_whom_it_was_lent_is_asked():
    lent = delegation("top", "mia", "5000")
    assert asked("3000", lent=lent).one(ApprovalRequested).approver == "mia"


# lending


def wanted(**fields):
    made = AuthorityDelegated(
        delegation_id="d-1",
        principal="mia",
        delegate="bo",
        kinds=("refund",),
        currency="CNY",
        amount="300",
        team=None,
        begin=instant("0s"),
        end=instant("2h"),
        reason="vacation",
    )
    return replace(made, **fields)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"principal": "x"}, "/principal"),
        ({"delegate": "x"}, "/delegate"),
        ({"delegate": "mia"}, "/delegate"),
        ({"team": "x"}, "/scope/team"),
        ({"kinds": ()}, "/scope/types"),
        ({"amount": "0"}, "/scope/amount"),
        ({"amount": "1e3"}, "/scope/amount"),
        ({"currency": "yuan"}, "/scope/currency"),
        ({"end": instant("0s")}, "/until"),
        ({"begin": instant("-3h"), "end": instant("-2h")}, "/until"),
    ],
    ids=str,
)
def test_a_loan_that_makes_no_sense_is_refused_by_field(fields, pointer):
    with pytest.raises(InvalidError) as refused:
        delegate(wanted(**fields), WORLD.directory, NOON)
    assert pointer in [error.pointer for error in refused.value.errors]


def lent_events(*facts):
    return [
        Event("delegations/all", n, instant(f"{n}m"), BY_ANN, fact)
        for n, fact in enumerate(facts, 1)
    ]


def test_what_is_revoked_is_over_and_stays_on_record():
    made = fold_delegations(lent_events(wanted()))
    fact = revoke(made, "d-1", instant("2m"))
    [after] = fold_delegations(lent_events(wanted(), fact))
    assert made[0].holds(instant("2m"))
    assert not after.holds(instant("2m"))
    with pytest.raises(RuleError, match="is over"):
        revoke([after], "d-1", instant("3m"))


def test_what_was_never_lent_cannot_be_revoked():
    assert revoke(fold_delegations(lent_events(wanted())), "d-1", NOON) == (
        AuthorityRevoked(delegation_id="d-1")
    )
    with pytest.raises(NotFoundError):
        revoke((), "d-1", NOON)


# the documents


@pytest.mark.parametrize(
    ("document", "pointer"),
    [
        ({}, "/refund"),
        ({"refund": cny(500)}, "/refund/amount"),
        ({"refund": cny(5.5)}, "/refund/amount"),
        ({"refund": cny("-1")}, "/refund/amount"),
        ({"refund": cny("1.00001")}, "/refund/amount"),
        ({"refund": cny("\u0661")}, "/refund/amount"),
        ({"compensation": {"amount": "1"}}, "/compensation/currency"),
    ],
    ids=str,
)
def test_a_limit_that_is_none_is_refused_by_field(document, pointer):
    with pytest.raises(InvalidError) as refused:
        parse_authority("r", document)
    assert pointer in [error.pointer for error in refused.value.errors]


def test_a_role_that_is_not_there_is_refused_where_an_agent_names_it():
    with pytest.raises(InvalidError, match="/role"):
        configured({"agents": {"x": {"name": "X", "role": "missing"}}})


@pytest.mark.parametrize(
    ("command", "pointer"),
    [
        (ask("0"), "/amount"),
        (ask("1,5"), "/amount"),
        (ask("1", currency="cny"), "/currency"),
        (ask("1", by="stranger"), "/requested_by"),
    ],
    ids=["nothing", "a comma", "small letters", "a stranger"],
)
def test_a_request_that_makes_no_sense_is_refused_by_field(command, pointer):
    with pytest.raises(InvalidError, match=pointer):
        story().when("10m", command)
