"""A word in a condition that no ticket has ever had is warned of, with the nearest."""

from dataclasses import replace

from domain.configuration.configuration import published
from domain.configuration.publishing import publish
from tests.support.dsl import world

USED = {
    "type": frozenset({"question", "after_sales", "售后"}),
    "tier": frozenset({"standard", "key_account", "VIP"}),
    "attributes": frozenset({"amount"}),
}


def warnings(kind, document, used=USED, config=None):
    config = replace(config or world().config, used_words=used)
    found = publish(config, kind, "new", document).warnings
    return {
        e.pointer: e.message
        for e in found
        if "no ticket has had" in e.message or "there is no" in e.message
    }


def rule(**when):
    return {"match": [{"when": when, "targets": {"resolution": "1h"}}]}


def test_what_nobody_has_used_is_named_with_the_nearest_word():
    when = {"tier": "key_acount", "type": ["售后", "售候"], "tags": {"not": "spam"}}
    assert warnings("sla-policies", rule(**when)) == {
        "/match/0/when/tier": (
            "no ticket has had the tier 'key_acount' yet; did you mean 'key_account'?"
        ),
        "/match/0/when/type/1": (
            "no ticket has had the type '售候' yet; did you mean '售后'?"
        ),
        "/match/0/when/tags/not": "no ticket has had the tag 'spam' yet",
    }


def test_another_case_is_another_word_and_is_pointed_out():
    found = warnings("sla-policies", rule(tier="vip"))
    [message] = found.values()
    assert message == "no ticket has had the tier 'vip' yet; did you mean 'VIP'?"


def test_an_attribute_that_nobody_has_used_is_named():
    found = warnings("sla-policies", rule(**{"attributes.amuont": {"at_least": 5}}))
    [message] = found.values()
    assert message.endswith("the attribute 'amuont' yet; did you mean 'amount'?")


def test_a_team_and_an_agent_that_are_not_there_are_named():
    found = warnings("sla-policies", rule(team="desc"))
    assert list(found) == ["/match/0/when/team"]
    step = {"when": {"assignee": "anne"}, "targets": [{"assignee": True}]}
    found = warnings("escalation-policies", {"steps": [step]})
    message = "there is no agent 'anne'; did you mean 'ann'?"
    assert found == {"/steps/0/when/assignee": message}


def test_the_conditions_of_a_clock_are_looked_at_too():
    clock = {"start": [{"type": "qestion"}], "stop": {"finished": True}}
    document = {"match": [{"targets": {"mine": "1h"}}], "clocks": {"mine": clock}}
    assert list(warnings("sla-policies", document)) == ["/clocks/mine/start/0/type"]


def test_before_the_first_ticket_nobody_is_warned():
    for used in (None, {}):
        assert warnings("sla-policies", rule(tier="key_acount"), used) == {}


def test_what_a_macro_gives_is_known():
    macro = {"add_tags": ["late"], "set": {"tier": "gold", "attributes": {"x": 1}}}
    config = world().config
    config = config.having(published(publish(config, "macros", "m", macro)))
    when = {"tags": "late", "tier": "gold", "attributes.x": 1}
    assert warnings("sla-policies", rule(**when), config=config) == {}
