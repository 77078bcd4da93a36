"""One's own words and names may be of any script and case, and are the same however
they were typed.
"""

from urllib.parse import quote

import pytest

COMPOSED, DECOMPOSED = "é", "e\u0301"


def ticket(**fields):
    return {"subject": "s", "body": "b", "channel": "email", "type": "t"} | {
        "customer": {"external_id": "c-1"} | fields.pop("customer", {}),
        **fields,
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"tags": ["退款"]},
        {"tags": ["VIP"]},
        {"type": "售后"},
        {"product_area": "打印机"},
        {"customer": {"tier": "VIP"}},
        {"customer": {"contacts": {"微信": "x"}}},
    ],
    ids=ascii,
)
def test_field_016_a_ticket_is_described_in_one_s_own_words(api, fields):
    answer = api.post("/v1/tickets", json=ticket(**fields))
    assert answer.status_code == 201
    for name, value in fields.items():
        assert (
            {**answer.json()[name], **value} == answer.json()[name]
            if isinstance(value, dict)
            else answer.json()[name] == value
        )


DOCUMENTS = {
    "teams": {"members": []},
    "agents": {"name": "A"},
    "calendars": {"tz": "UTC", "hours": {"mon": [["09:00", "17:00"]]}},
    "macros": {"add_tags": ["t"]},
    "authorities": {"refund": {"currency": "CNY", "amount": "5"}},
    "schedules": {"tz": "UTC", "layers": []},
    "escalation-policies": {"steps": [{"targets": [{"assignee": True}]}]},
    "sla-policies": {"match": [{"when": {"type": "t"}, "targets": {"team": "1h"}}]},
}


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_a_document_has_a_name_of_any_script_and_one_to_be_read(api, word, kind):
    name, document = f"售后-{word}", DOCUMENTS[kind] | {"name": "After sales / 售后"}
    if kind == "schedules":
        api.ok("PUT", f"/v1/agents/{word}", {"name": "A"})
        turns = {"start": "2026-01-05T09:00", "unit": "day", "people": [word]}
        document["layers"] = [{"name": "早班", "rotation": turns}]
    made = api.request("PUT", f"/v1/{kind}/{quote(name)}", json=document)
    assert made.status_code == 201, made.text
    assert made.json()["name"] == name
    read = api.ok("GET", f"/v1/{kind}/{quote(name)}")
    assert read["document"]["name"] == "After sales / 售后"
    listed = api.every(f"/v1/{kind}")
    assert name in [item["name"] for item in listed]
    assert api.request("DELETE", f"/v1/{kind}/{quote(name)}").status_code == 204


def test_a_name_is_the_same_however_it_was_typed(api, word):
    made = f"{word}-{DECOMPOSED}quipe"
    api.ok("PUT", f"/v1/teams/{quote(made)}", {"members": []})
    for typed in (made, f"{word}-{COMPOSED}quipe"):
        found = api.ok("GET", f"/v1/teams/{quote(typed)}")
        assert found["name"] == f"{word}-{COMPOSED}quipe"


def test_a_rule_holds_however_its_words_were_typed(api, word):
    area = f"{word}-{DECOMPOSED}t{DECOMPOSED}"
    rule = {"when": {"product_area": area}, "targets": {"resolution": "1h"}}
    api.ok("PUT", f"/v1/sla-policies/{word}", {"match": [rule], "order": 1})
    opened = api.open_ticket(product_area=area.replace(DECOMPOSED, COMPOSED))
    assert [clock["metric"] for clock in opened["clocks"]] == ["resolution"]
    listed = api.ok("GET", f"/v1/tickets?team=x-{quote(area)}")
    assert listed["items"] == []


def test_text_is_kept_in_its_composed_form(api):
    opened = api.open_ticket(
        subject=f"caf{DECOMPOSED}", attributes={DECOMPOSED: [{"x": DECOMPOSED}]}
    )
    assert opened["subject"] == f"caf{COMPOSED}"
    assert opened["attributes"] == {COMPOSED: [{"x": COMPOSED}]}


def test_an_attribute_that_stands_twice_in_two_forms_is_refused(api):
    body = ticket(attributes={COMPOSED: 1, DECOMPOSED: 2})
    answer = api.post("/v1/tickets", json=body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "duplicate"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("first line", "holds a space at 5"),
        ("a\u200bb", "ZERO WIDTH SPACE (U+200B)"),
        ("\u202eab", "RIGHT-TO-LEFT OVERRIDE (U+202E)"),
        ("x" * 65, "has 65 characters: at most 64 are allowed"),
        ("t\u0435am", "cyrillic small letter ie"),
        ("-a", "must begin with a letter or a digit"),
    ],
    ids=ascii,
)
def test_a_name_that_nobody_could_read_is_refused_with_its_reason(api, name, said):
    answer = api.request("PUT", f"/v1/teams/{quote(name)}", json={"members": []})
    assert answer.status_code == 422
    assert said in answer.json()["errors"][0]["message"]
    answer = api.post("/v1/tickets", json=ticket(tags=["ok", name]))
    [error] = answer.json()["errors"]
    assert error["pointer"] == "/tags/1"
    assert said in error["message"]


@pytest.mark.parametrize("name", ["..", "%2F", "a%2Fb", "."])
def test_no_name_leads_out_of_its_path(api, name):
    answer = api.request("PUT", f"/v1/teams/{name}", json={"members": []})
    assert answer.status_code in (404, 405, 422)


def test_two_names_that_differ_in_case_or_width_only_are_not_both_taken(api, word):
    api.ok("PUT", f"/v1/teams/{word}-vip", {"members": []})
    for other in (f"{word}-VIP", f"{word}-\uff36\uff29\uff30"):
        path = f"/v1/teams/{quote(other)}"
        answer = api.request("PUT", path, json={"members": []})
        assert answer.status_code == 422
        [error] = answer.json()["errors"]
        assert error["code"] == "duplicate"
        assert f"there is '{word}-vip' already" in error["message"]


def test_a_metric_of_one_s_own_is_found_by_its_name(api, word):
    clock = {"start": {"finished": False}, "stop": {"finished": True}}
    document = {
        "match": [{"when": {"type": word}, "targets": {"回访": "1h"}}],
        "clocks": {"回访": clock},
        "order": 1,
    }
    api.ok("PUT", f"/v1/sla-policies/{word}", document)
    opened = api.open_ticket(type=word)
    path = f"/v1/tickets/{opened['id']}/clocks/{quote('回访')}/explain"
    assert api.ok("GET", path)["metric"] == "回访"


def test_an_event_of_a_document_says_its_address_in_ascii(api, word):
    name = f"打印-{word}"
    api.ok("PUT", f"/v1/macros/{quote(name)}", {"add_tags": ["t"]})
    found = api.ok("GET", f"/v1/macros/{quote(name)}")
    assert found["name"] == name
    after, sources = 0, []
    while items := api.ok("GET", f"/v1/events?types=policy.*&after={after}&limit=500")[
        "items"
    ]:
        sources += [item["source"] for item in items]
        after = items[-1]["position"]
    assert f"/v1/macros/{quote(name)}" in sources


def test_a_word_that_no_ticket_has_had_is_warned_of_until_one_has(api, word):
    tier = f"{word}-金牌"
    rule = {"when": {"tier": tier}, "targets": {"resolution": "1h"}}
    opened = api.open_ticket(customer={"external_id": "c", "tier": f"{word}-金牌客户"})
    position = api.history(opened)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    made = api.ok("PUT", f"/v1/sla-policies/{word}", {"match": [rule], "order": 1})
    place = "/match/0/when/tier"
    said = f"no ticket has had the tier '{tier}' yet; did you mean '{word}-金牌客户'?"
    warning = {"pointer": place, "message": said}
    assert warning in made["warnings"]
    of_it = {"kind": "sla-policies", "name": word, "version": 1}
    listed = api.every("/v1/config/warnings")
    assert of_it | warning in listed
    used = api.open_ticket(customer={"external_id": "c", "tier": tier})
    position = api.history(used)[-1]["position"]
    api.ok("GET", f"/v1/tickets?wait_for={position}")
    listed = api.every("/v1/config/warnings")
    assert of_it | warning not in listed
