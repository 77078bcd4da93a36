"""A mistyped word of a closed list is refused wherever a document may use one."""

import pytest

from domain.configuration.publishing import publish
from domain.errors import InvalidError
from tests.support.dsl import configured, world

STATUSES = "open, pending, on_hold, resolved, closed"
CHANNELS = (
    "email, web, api, phone, chat, social, messaging, forum, face_to_face, video, bot"
)
STEP = {"after": "10m", "targets": [{"assignee": True}]}


def faults(kind, document):
    with pytest.raises(InvalidError) as refused:
        publish(world().config, kind, "new", document)
    return {e.pointer: (e.message, e.code) for e in refused.value.errors}


def rule(**when):
    return {"match": [{"when": when, "targets": {"resolution": "1h"}}]}


def clock(**conditions):
    made = {"start": {"finished": False}, "stop": {"finished": True}} | conditions
    return {"match": [{"targets": {"mine": "1h"}}], "clocks": {"mine": made}}


@pytest.mark.parametrize(
    ("document", "pointer", "message"),
    [
        (rule(channel="emial"), "/match/0/when/channel",
         f"'emial' is not one of {CHANNELS}; did you mean 'email'?"),
        (rule(channel=["email", "pone"]), "/match/0/when/channel/1",
         f"'pone' is not one of {CHANNELS}; did you mean 'phone'?"),
        (rule(channel={"not": "emial"}), "/match/0/when/channel/not",
         f"'emial' is not one of {CHANNELS}; did you mean 'email'?"),
        (rule(priority="critical"), "/match/0/when/priority",
         "'critical' is not one of low, normal, high, urgent"),
        (rule(priority={"not": ["low", "urgnt"]}), "/match/0/when/priority/not/1",
         "'urgnt' is not one of low, normal, high, urgent; did you mean 'urgent'?"),
        (rule(opened_by="custommer"), "/match/0/when/opened_by",
         ("'custommer' is not one of customer, agent, bot, system;"
         " did you mean 'customer'?")),
        (clock(pause={"status": "onhold"}), "/clocks/mine/pause/status",
         f"'onhold' is not one of {STATUSES}; did you mean 'on_hold'?"),
        (clock(pause=[{"status": "pending"}, {"status": ["opne"]}]),
         "/clocks/mine/pause/1/status/0",
         f"'opne' is not one of {STATUSES}; did you mean 'open'?"),
        (clock(stop={"author_kind": "agnet"}), "/clocks/mine/stop/author_kind",
         "'agnet' is not one of customer, agent, bot, system; did you mean 'agent'?"),
        (clock(stop={"visibility": "pubic"}), "/clocks/mine/stop/visibility",
         "'pubic' is not one of public, internal; did you mean 'public'?"),
        (clock(stop={"message_channel": "chta"}), "/clocks/mine/stop/message_channel",
         f"'chta' is not one of {CHANNELS}; did you mean 'chat'?"),
        ({"match": [{"targets": {"resolution": "1h"}}], "replies": {"by": ["agnet"]}},
         "/replies/by/0",
         "'agnet' is not one of agent, bot, system; did you mean 'agent'?"),
        ({"match": [{"targets": {"resolution": "1h"}}],
          "replies": {"channels": ["email", "pone"]}}, "/replies/channels/1",
         f"'pone' is not one of {CHANNELS}; did you mean 'phone'?"),
        ({"match": [{"targets": {"resolutoin": "1h"}}]},
         "/match/0/targets/resolutoin",
         ("'resolutoin' is not one of first_response, next_response, periodic_update,"
         " pausable_update, resolution, requester_wait, agent_work, assignment, team,"
         " and /clocks does not define it; did you mean 'resolution'?")),
    ],
)  # fmt: skip
def test_in_a_policy(document, pointer, message):
    assert faults("sla-policies", document) == {pointer: (message, "unknown_word")}


@pytest.mark.parametrize(
    ("fields", "pointer", "message"),
    [
        ({"when": {"status": "opne"}}, "/steps/0/when/status",
         f"'opne' is not one of {STATUSES}; did you mean 'open'?"),
        ({"when": {"channel": "emial"}}, "/steps/0/when/channel",
         f"'emial' is not one of {CHANNELS}; did you mean 'email'?"),
        ({"status": "resolvd"}, "/steps/0/status",
         f"'resolvd' is not one of {STATUSES}; did you mean 'resolved'?"),
        ({"time": "bussiness"}, "/steps/0/time",
         "'bussiness' is not one of wall, business; did you mean 'business'?"),
        ({"reassign": {"strategy": "least_loded"}}, "/steps/0/reassign/strategy",
         ("'least_loded' is not one of least_loaded, round_robin, skilled,"
         " longest_idle, on_call; did you mean 'least_loaded'?")),
    ],
)  # fmt: skip
def test_in_a_step_of_an_escalation(fields, pointer, message):
    document = {"steps": [STEP | fields]}
    assert faults("escalation-policies", document)[pointer] == (message, "unknown_word")


def test_in_a_macro():
    document = {"set": {"priority": "hihg"}, "status": "clsoed"}
    assert faults("macros", document) == {
        "/set/priority": (
            "'hihg' is not one of low, normal, high, urgent; did you mean 'high'?",
            "unknown_word",
        ),
        "/status": (
            f"'clsoed' is not one of {STATUSES}; did you mean 'closed'?",
            "unknown_word",
        ),
    }


def test_in_the_terms_of_a_team():
    document = {"members": ["ann"], "assignment": {"mode": "ofer"}}
    message = "'ofer' is not one of manual, direct, offer; did you mean 'offer'?"
    assert faults("teams", document) == {"/assignment/mode": (message, "unknown_word")}


def test_an_event_that_never_happens_to_a_ticket_is_refused():
    [(message, _)] = faults(
        "sla-policies", clock(start={"event": "ticket.openend"})
    ).values()
    assert message.startswith("'ticket.openend' is not one of ")
    assert message.endswith("; did you mean 'ticket.opened'?")


@pytest.mark.parametrize(
    ("when", "pointer", "message"),
    [
        ({"tier": 5}, "/match/0/when/tier",
         'tier is text: write "5" in quotes if 5 is meant'),
        ({"type": True}, "/match/0/when/type",
         'type is text: write "true" in quotes if true is meant'),
        ({"tags": ["vip", 7]}, "/match/0/when/tags/1",
         'tags is text: write "7" in quotes if 7 is meant'),
        ({"tier": "first line"}, "/match/0/when/tier",
         ("'first line' holds a space at 5; a word has letters, marks and digits of any"
         " script, _ . -")),
        ({"priority": {"at_least": 3}}, "/match/0/when/priority/at_least",
         "priority is no number: at_least is for attributes"),
        ({"attributes.a/b": {"att_least": 3}},
         "/match/0/when/attributes.a~1b/att_least",
         ("'att_least' is not one of not, set, at_least, at_most;"
         " did you mean 'at_least'?")),
    ],
)  # fmt: skip
def test_what_a_field_can_never_be_is_refused(when, pointer, message):
    assert faults("sla-policies", rule(**when))[pointer][0] == message


def test_a_flag_is_true_or_false():
    found = faults("sla-policies", clock(pause={"paused": "yes"}))
    message = "'yes' is neither true nor false"
    assert found == {"/clocks/mine/pause/paused": (message, "wrong_type")}


def test_one_s_own_words_are_free_in_any_script():
    when = {"type": "售后", "tier": ["VIP", "key_account"], "tags": "退款"}
    config = configured({"sla-policies": {"care": rule(**when)}})
    [found] = config.sla_policies
    assert found.rules[0].when.tests[0].any_of == ("售后",)
