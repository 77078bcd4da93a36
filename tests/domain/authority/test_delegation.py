"""Authority that is lent: how far it reaches, for how long, in whose name."""

from dataclasses import replace
from decimal import Decimal

import pytest

from domain.authority.delegation import delegate, fold_delegations, revoke
from domain.authority.facts import (
    ApprovalGranted,
    ApprovalRequested,
    AuthorityDelegated,
    AuthorityRevoked,
)
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.event import Event
from domain.ticket.decide import Assign
from domain.ticket.world import World
from tests.support.approvals import (
    WORLD,
    asked,
    decide,
    delegation,
    lending,
    with_agent,
)
from tests.support.dsl import BY_ANN, NOON, instant


def test_what_was_delegated_can_be_granted_in_the_name_of_the_principal():
    lent = delegation("mia", "bo", "1000")
    granted = lending(asked("600"), lent).when("20m", decide("bo")).one(ApprovalGranted)
    assert (granted.principal, granted.actor) == ("mia", "bo")
    assert (granted.limit.amount, granted.limit.delegation) == ("1000", "d-1")


def test_a_loan_reaches_no_further_than_the_principals_own_limit():
    lent = delegation("mia", "bo", "99999")
    with pytest.raises(RuleError, match="bo cannot decide"):
        lending(asked("2000.01"), lent).when("20m", decide("bo"))


def test_the_own_limit_applies_beside_what_was_delegated():
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
def test_outside_of_its_scope_and_time_nothing_is_delegated(fields):
    lent = delegation("mia", "bo", **fields)
    with pytest.raises(RuleError, match="bo cannot decide"):
        lending(asked("600"), lent).when("20m", decide("bo"))


def test_a_loan_for_a_team_counts_on_its_tickets():
    lent = delegation("mia", "bo", team="front")
    made = asked("600").when("15m", Assign(team="front"))
    assert lending(made, lent).when("20m", decide("bo")).one(ApprovalGranted)


def test_a_loan_that_does_not_reach_so_far_is_named():
    lent = delegation("mia", "bo", amount="700")
    with pytest.raises(RuleError, match="700 CNY delegated by mia are not enough"):
        asked("800", lent=lent).when("20m", decide("bo"))


def test_what_was_delegated_is_not_delegated_further():
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


def test_nothing_is_delegated_to_the_requester():
    lent = delegation("mia", "ann")
    made = asked("600", lent=lent)
    assert made.ticket.approvals[0].approver == "mia"
    with pytest.raises(RuleError, match="requested it"):
        lending(made, lent).when("20m", decide("ann"))


def test_a_manager_to_whom_it_was_delegated_is_asked():
    lent = delegation("top", "mia", "5000")
    assert asked("3000", lent=lent).one(ApprovalRequested).approver == "mia"


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


def test_what_was_never_delegated_cannot_be_revoked():
    assert revoke(fold_delegations(lent_events(wanted())), "d-1", NOON) == (
        AuthorityRevoked(delegation_id="d-1")
    )
    with pytest.raises(NotFoundError):
        revoke((), "d-1", NOON)
