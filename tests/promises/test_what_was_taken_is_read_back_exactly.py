"""Whatever was taken is read back exactly, and nothing breaks anything."""

import json
import unicodedata

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.support.bad_input import BODIES, TICKET, problem, raw, send

TEXTS = [
    "\U0001f976\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\u5ba2\u670d\u5de5\u5355\uff1a\u7a7a\u8c03\u4e0d\u51b7",
    "\u0634\u0643\u0631\u0627 \u200f(RTL)\u202e",
    "\u00e9, \u1e9e",
    "\ufeff\u200b\u2028\u2029\x01\x7f\t\r\n'\"\\</script>%00${}",
    "\U0010ffff\uffff\ufdd0",
]


@pytest.mark.parametrize("text", TEXTS, ids=ascii)
def test_any_other_text_is_read_back_exactly(api, text):
    customer = {"external_id": text, "name": text, "contacts": {"email": text}}
    ticket = api.open_ticket(
        subject=text, body=text, customer=customer, attributes={text: [text]}
    )
    author = {"kind": "customer", "id": text}
    api.act(ticket, "messages", author=author, body=text)
    api.act(ticket, "pause", reason=text)
    shown = api.read(ticket)
    assert (shown["subject"], shown["attributes"]) == (text, {text: [text]})
    assert shown["customer"] == customer | {"tier": "standard"}
    assert shown["pause"]["reason"] == text
    opened, _, said, *_ = api.history(ticket)
    assert opened["data"]["body"] == said["data"]["body"] == text
    listed = api.ok("GET", f"/v1/tickets?wait_for={said['position']}")["items"]
    assert text in [item["subject"] for item in listed]


@pytest.mark.parametrize(
    "attributes",
    [
        {"_type_": "x", "_data_": 1},
        {"_type_": "datetime_iso", "_data_": "2020-01-01T00:00:00"},
        {"a": {"_type_": "tuple_as_list", "_data_": [1]}},
        {"__class__": "x", "topic": "ticket.opened", "$ref": "#/", "": "", "a/b~c": 0},
        {"n": None, "t": True, "f": False, "zero": 0, "minus": -0.0, "e": [], "o": {}},
        {"i": 2**63 - 1, "j": -(2**63) + 1, "x": 1.0, "y": 1e308, "z": 5e-324},
        {"d": "2026-01-01T00:00:00Z", "p": "PT30M", "u": "01a2-b"},
    ],
    ids=repr,
)
def test_attributes_of_any_shape_are_read_back_exactly(api, attributes):
    ticket = api.open_ticket(attributes=attributes)
    assert repr(ticket["attributes"]) == repr(attributes)
    assert repr(api.read(ticket)["attributes"]) == repr(attributes)
    changed = api.ok("PATCH", f"/v1/tickets/{ticket['id']}", {"attributes": {}})
    assert changed["attributes"] == {}
    assert repr(api.history(ticket)[0]["data"]["attributes"]) == repr(attributes)


def test_a_change_from_true_to_one_is_a_change(api):
    ticket = api.open_ticket(attributes={"a": True})
    for value in (1, 1.0, True):
        path, body = f"/v1/tickets/{ticket['id']}", {"attributes": {"a": value}}
        api.ok("PATCH", path, body)
        assert repr(api.read(ticket)["attributes"]["a"]) == repr(value)


TEXT = st.text(st.characters(codec=None, categories=None), max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4)
    ),
    max_leaves=12,
)
modestly = settings(
    max_examples=50,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def composed(value):
    """The same JSON with each text in NFC, as all text is kept."""
    if isinstance(value, dict):
        return {composed(key): composed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [composed(inner) for inner in value]
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


@modestly
@given(attributes=st.dictionaries(TEXT, JSON, max_size=4))
@example(attributes={"rice": "\ufa2a", "e\u0301": [1.5, None]})
def test_json_is_read_back_exactly_or_refused_with_a_pointer(api, attributes):
    content = json.dumps(TICKET | {"attributes": attributes})
    content = content.replace("Infinity", "1e400")
    answer = raw(api, "POST /v1/tickets", content)
    if answer.status_code == 201:
        # As JSON has it: two halves side by side have become one character.
        sent = composed(json.loads(content)["attributes"])
        assert repr(api.read(answer.json())["attributes"]) == repr(sent)
    else:
        [first, *_] = problem(answer, 422)["errors"]
        assert first["pointer"].startswith("/attributes/")


@modestly
@given(route=st.sampled_from(sorted(BODIES)), data=st.data())
def test_no_body_breaks_anything(api, route, data):
    body = dict(BODIES[route])
    for field in data.draw(st.lists(st.sampled_from(sorted(body) or ["x"]))):
        body[field] = data.draw(JSON)
    answer = send(api, route, body)
    assert answer.status_code < 500, (route, body)
    if not answer.is_success:
        problem(answer, answer.status_code)


def test_a_body_that_is_not_there_is_called_the_body(api, word):
    answer = api.request("PUT", f"/v1/agents/{word}", content=b"")
    assert problem(answer, 422)["detail"] == "the body: is required"


def test_after_all_this_every_ticket_can_be_loaded(api):
    cursor, query = None, "/v1/tickets?limit=500"
    seen = 0
    while True:
        page = api.ok("GET", query + (f"&cursor={cursor}" if cursor else ""))
        for item in page["items"][:50]:
            assert api.read(item)["id"] == item["id"]
            seen += 1
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen
