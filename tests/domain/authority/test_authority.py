"""Who may give the customer money, how much, in whose name, and who is asked else."""

import pytest

from domain.authority.facts import ApprovalGranted, ApprovalRejected, ApprovalRequested
from domain.errors import InvalidError, NotFoundError, RuleError
from domain.ticket.decide import Close
from tests.support.approvals import ask, asked, away, decide, story
from tests.support.documents import parse_authority
from tests.support.dsl import configured
from tests.support.money import cny


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


def test_a_limit_in_another_currency_does_not_count():
    requested = asked("1", by="eva").one(ApprovalRequested)
    assert requested.approver == "mia"


def test_who_has_no_role_asks_for_everything():
    assert asked("0.01", by="new").one(ApprovalRequested).approver == "mia"


def test_each_kind_has_its_own_limit():
    assert asked("1", kind="compensation").one(ApprovalRequested).approver == "mia"


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
        ("ann", "requested it"),
        ("gone", "not active"),
    ],
)
@pytest.mark.parametrize("grant", [True, False])
def test_whose_limit_does_not_suffice_decides_nothing(by, why, grant):
    with pytest.raises(RuleError, match=why):
        asked("600").when("20m", decide(by, grant=grant))


def test_nobody_decides_on_what_they_asked_for_whatever_they_may():
    made = asked("20000", by="top")
    with pytest.raises(RuleError, match="requested it"):
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
