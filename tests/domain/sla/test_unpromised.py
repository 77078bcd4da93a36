"""Open tickets that nobody promises anything are named, with what may be meant."""

import dataclasses

import pytest

from domain.configuration.publishing import publish
from domain.configuration.warnings import config_warnings
from domain.oncall.book import OnCallBook
from tests.support.dsl import NOON, configured

PRINTER = {"match": [{"when": {"type": "printer"}, "targets": {"resolution": "PT1H"}}]}


def config(**types):
    made = configured({"sla-policies": {"office": PRINTER, "other": PRINTER}})
    return dataclasses.replace(made, unpromised=types)


def said(**types):
    found = config_warnings(config(**types), OnCallBook(), NOON)
    return [(w.name, w.pointer, w.message) for w in found if "promise" in w.message]


def test_a_type_that_is_nearly_in_a_rule_is_said_of_that_rule():
    where = "/match/0/when/type"
    message = (
        "12 open tickets of type 'printr' without any promise; did you mean 'printer'?"
    )
    assert said(printr=12) == [("office", where, message), ("other", where, message)]


@pytest.mark.parametrize(
    ("types", "message"),
    [
        ({"zebra": 1}, "1 open ticket of type 'zebra' without any promise: no rule "),
        ({"printer": 2}, "2 open tickets of type 'printer' without any promise: the r"),
    ],
)
def test_other_types_are_said_once_of_all_policies(types, message):
    [(name, pointer, found)] = said(**types)
    assert (name, pointer) == (None, "")
    assert found.startswith(message)


def test_whoever_publishes_a_policy_hears_of_types_that_match_no_rule():
    fact = publish(config(printr=3, zebra=2), "sla-policies", "new", PRINTER)
    messages = [w.message for w in fact.warnings if "promise" in w.message]
    assert [m.split(" ")[5] for m in messages] == ["'printr'", "'zebra'"]


def test_where_every_ticket_has_a_promise_nothing_is_said():
    assert said() == []
