"""Of people and teams: what is probably unintended is said."""

from dataclasses import replace

import pytest

from tests.support.lint import PEOPLE, TOLD, escalation_policy, given, said, to


def test_a_team_that_a_step_asks_for_its_lead_and_has_none_is_named():
    lead = escalation_policy(to({"lead_of": "second"}))
    config = given(escalation_policies={"climb": lead})
    found = said("teams", {"members": ["bo"]}, config, "second")
    assert "climb /steps/0" in found["/lead"]


def test_a_team_without_members_is_named():
    assert "reaches anybody" in said("teams", {"members": []})["/members"]


def test_teams_that_overflow_in_a_circle_are_named_with_their_way():
    def spilling(team):
        overflow = {"after": "PT5M", "team": team}
        return {
            "members": ["bo"],
            "assignment": {"mode": "offer", "overflow": overflow},
        }

    config = given(teams={"third": spilling("second")})
    found = said("teams", spilling("third"), config, "second")
    where = "/assignment/overflow/team"
    assert found[where].endswith("second → third → second")


def test_a_team_whose_shifts_none_of_its_members_ever_has_is_named():
    rotation = {"start": "2026-01-05T09:00", "unit": "day", "people": ["ann"]}
    layers = [{"name": "base", "rotation": rotation}]
    config = given(schedules={"front": {"tz": "UTC", "layers": layers}})
    routing = {"mode": "offer", "on_shift": {"schedule": "front"}}
    team = {"members": ["bo"], "assignment": routing}
    found = said("teams", team, config, "second")
    assert "ever on call for front" in found["/assignment/on_shift/schedule"]


def test_who_leaves_and_is_meant_by_a_step_is_named():
    config = given(
        escalation_policies={"climb": escalation_policy(to({"team": "second"}))}
    )
    found = said("agents", TOLD | {"active": False}, config, "bo")
    assert found["/active"] == "is not active, but is a target of climb /steps/0"


def test_a_manager_who_is_gone_is_named():
    config = given(agents=PEOPLE | {"gone": TOLD | {"active": False}})
    found = said("agents", TOLD | {"manager": "gone"}, config)
    assert "gone is not active" in found["/manager"]


CHATTY = TOLD | {"notify": {"apprise": ["team-chat", "bridge"]}}


def knowing(*targets):
    return replace(given(), chat_targets=frozenset(targets))


def test_a_chat_tool_that_nobody_set_up_is_named():
    found = said("agents", CHATTY, knowing("team-chat"))
    assert found == {
        "/notify/apprise/1": "PLEDGE_NOTIFY_TARGETS has no target 'bridge'"
    }
    assert said("agents", CHATTY, knowing("team-chat", "bridge")) == {}


def test_chat_tools_are_warned_of_where_none_are_set_up():
    [(pointer, message)] = said("agents", CHATTY, knowing()).items()
    assert (pointer, "no chat targets are set up" in message) == (
        "/notify/apprise",
        True,
    )
    assert said("agents", TOLD, knowing()) == {}


def test_where_it_is_not_known_what_is_set_up_nothing_is_said():
    assert said("agents", CHATTY) == {}


HOOKED = TOLD | {"notify": {"webhook": "https://hooks.example/ann"}}


def test_a_webhook_to_which_nothing_is_ever_sent_is_named():
    config = replace(given(), url_refusal=lambda url: f"{url} is a private network")
    assert said("agents", HOOKED, config) == {
        "/notify/webhook": "nothing is sent there: https://hooks.example/ann is a"
        " private network"
    }
    assert said("agents", HOOKED, replace(config, url_refusal=lambda _: None)) == {}
    assert said("agents", HOOKED) == {}


@pytest.mark.parametrize(
    ("document", "mail", "warned"),
    [
        (TOLD, False, True),
        (TOLD, True, False),
        (TOLD, None, False),  # not known in this process
        (TOLD | {"notify": {"rules": [], "email": None}}, False, True),
        (
            TOLD
            | {
                "notify": {
                    "webhook": "https://hooks.example/ann",
                    "rules": [{"channel": "webhook"}],
                }
            },
            False,
            False,  # the address is there and no rule uses it
        ),
    ],
)
def test_an_address_is_warned_of_where_no_mail_server_is_set_up(document, mail, warned):
    found = said("agents", document, replace(given(), mail=mail))
    assert ("/email" in found) == warned
    assert not warned or "PLEDGE_SMTP_URL" in found["/email"]
