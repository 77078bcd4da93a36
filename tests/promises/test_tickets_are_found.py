"""A ticket is found by whatever people know of it, in a list or by its number."""

import itertools

import pytest


def written(api, ticket, action, **body):
    """Where the log stands after that."""
    answer = api.post(f"/v1/tickets/{ticket['id']}/{action}", json=body)
    assert answer.is_success, answer.text
    return int(answer.headers["Pledge-Position"])


@pytest.fixture
def opened(api, word):
    """Opens tickets of this test's type; `last` is where the log stands then."""

    class Opened:
        last = 0

        def __call__(self, **fields):
            body = {
                "subject": "s", "body": "b", "channel": "web", "type": word,
                "customer": {"external_id": "c"}, **fields,
            }  # fmt: skip
            answer = api.post("/v1/tickets", json=body)
            assert answer.is_success, answer.text
            self.last = int(answer.headers["Pledge-Position"])
            return answer.json()

        def ids(self, **query):
            answer = api.get(
                "/v1/tickets",
                params={"wait_for": self.last, "type": word, **query},
            )
            assert answer.is_success, answer.text
            return [item["id"] for item in answer.json()["items"]]

    return Opened()


# --- by its fields --------------------------------------------------------------------


@pytest.fixture
def floor(api, opened, team, word):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule]})
    made = {
        "plain": opened(channel="phone", tags=["vip"]),
        "busy": opened(customer={"external_id": f"{word},x"}, tags=["vip", "fire"]),
        "done": opened(product_area="heaters", priority="urgent"),
    }
    api.act(made["busy"], "assign", team=team, agent=f"{team}-bo")
    opened.last = written(api, made["done"], "resolve")
    return {name: ticket["id"] for name, ticket in made.items()}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "open,resolved"}, ["done", "busy", "plain"]),
        ({"status": "resolved"}, ["done"]),
        ({"channel": "phone,email"}, ["plain"]),
        ({"customer": "{word},x"}, ["busy"]),
        ({"customer": "c,{word}"}, ["done", "plain"]),
        ({"tag": "vip"}, ["busy", "plain"]),
        ({"tag": "fire,none-such"}, ["busy"]),
        ({"assignee": "none"}, ["done", "plain"]),
        ({"assignee": "{word}-bo"}, ["busy"]),
        ({"assignee": "{word}-bo,none", "status": "open"}, ["busy", "plain"]),
        ({"team": "none", "status": "open"}, ["plain"]),
        ({"team": "{word}"}, ["busy"]),
        ({"product_area": "heaters"}, ["done"]),
        ({"priority": "high,urgent"}, ["done"]),
        ({"clock_state": "running"}, ["busy", "plain"]),
        ({"clock_state": "met,paused"}, ["done"]),
        ({"clock_state": "breached"}, []),
        ({"promised": "true"}, ["done", "busy", "plain"]),
        ({"promised": "false"}, []),
        ({"opened_after": "2000-01-01T00:00:00Z"}, ["done", "busy", "plain"]),
        ({"opened_before": "2000-01-01T00:00:00Z"}, []),
        ({"updated_after": "2999-01-01T00:00:00Z"}, []),
        ({"due_before": "2999-01-01T00:00:00Z"}, ["busy", "plain"]),
        ({"sort": "opened_at"}, ["plain", "busy", "done"]),
        ({"sort": "-updated_at"}, ["done", "busy", "plain"]),
        ({"sort": "number"}, ["plain", "busy", "done"]),
        ({"sort": "-number"}, ["done", "busy", "plain"]),
        ({"sort": "-priority"}, ["done", "busy", "plain"]),
        ({"sort": "due_at"}, ["plain", "busy", "done"]),
        ({"sort": "-due_at"}, ["busy", "plain", "done"]),
    ],
)
def test_a_filter_finds_what_it_says_in_the_order_asked_for(
    opened, floor, word, query, expected
):
    query = {name: value.replace("{word}", word) for name, value in query.items()}
    assert opened.ids(**query) == [floor[name] for name in expected]


@pytest.mark.parametrize(
    "sort",
    ["-opened_at", "opened_at", "-updated_at", "updated_at", "due_at", "-due_at",
     "number", "-number", "priority", "-priority"],
)  # fmt: skip
@pytest.mark.usefixtures("floor")
def test_pages_of_every_order_show_each_ticket_once(api, opened, word, sort):
    whole = opened.ids(sort=sort)
    seen, cursor = [], {}
    for _ in whole:
        query = {"type": word, "sort": sort, "limit": 1, **cursor}
        page = api.get("/v1/tickets", params=query).json()
        seen += [item["id"] for item in page["items"]]
        cursor = {"cursor": page["next_cursor"]}
    assert (seen, cursor["cursor"]) == (whole, None)


@pytest.mark.usefixtures("floor")
def test_a_cursor_of_another_order_is_refused_by_name(api):
    page = api.get("/v1/tickets", params={"limit": 1}).json()
    query = {"sort": "number", "cursor": page["next_cursor"]}
    answer = api.get("/v1/tickets", params=query)
    [error] = answer.json()["errors"]
    assert (answer.status_code, error["pointer"]) == (422, "?cursor")
    assert "sort=-opened_at" in error["message"]


@pytest.mark.parametrize("cursor", ["x", "W10=", "WyItb3BlbmVkX2F0IiwxLDJd", "e30="])
def test_what_is_no_cursor_is_refused_by_name(api, cursor):
    answer = api.get("/v1/tickets", params={"cursor": cursor})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?cursor"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=opne", "'opne' is not one of open, pending, on_hold, resolved,"),
        ("status=opne", "did you mean 'open'?"),
        ("status=open,resolvd", "did you mean 'resolved'?"),
        ("channel=emial", "did you mean 'email'?"),
        ("priority=critical", "'critical' is not one of low, normal, high, urgent"),
        ("clock_state=breach", "did you mean 'breached'?"),
        ("sort=opened", "did you mean 'opened_at'?"),
        ("promised=maybe", "'maybe' is not one of true, false"),
        ("number=12x", "'12x' is not the number of a ticket"),
        ("status=", "'' is not one of open, pending, on_hold"),
        ("team=a,,b", "empty"),
    ],
)  # fmt: skip
def test_a_word_that_no_ticket_can_have_is_refused_with_the_words(api, query, said):
    answer = api.get(f"/v1/tickets?{query}")
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert error["pointer"] == f"?{query.partition('=')[0]}"
    assert said in error["message"]


@pytest.mark.parametrize(
    "query", ["status=opne", "channel=emial", "sort=opened", "promised=maybe"]
)
def test_an_unknown_word_of_a_closed_list_has_the_code_that_bodies_have(api, query):
    [error] = api.get(f"/v1/tickets?{query}").json()["errors"]
    assert error["code"] == "unknown_word"


# --- open and broken, at risk ---------------------------------------------------------


def test_what_is_open_and_broken_is_found_while_its_clock_runs_on(api, opened, word):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT0.2S"}}
    api.put("sla-policies", word, {"match": [rule]})
    late = opened()
    opened.last = api.await_event(late, "sla.breached")["position"]
    assert opened.ids(clock_state="breached", status="open") == [late["id"]]
    assert opened.ids(clock_state="at_risk") == []
    [row] = api.get("/v1/tickets", params={"type": word}).json()["items"]
    assert row["breached"] is True
    [clock] = row["clocks"]
    assert (clock["metric"], clock["state"]) == ("resolution", "running")
    assert clock["due_at"] <= clock["breached_at"]
    opened.last = written(api, late, "resolve")
    assert opened.ids(clock_state="breached") == []


def test_what_was_answered_late_is_broken_as_long_as_it_is_open(api, opened, word):
    rule = {"when": {"type": word}, "targets": {"first_response": "PT0.2S"}}
    api.put("sla-policies", word, {"match": [rule]})
    late = opened()
    api.await_event(late, "sla.breached")
    api.answer_customer(late)
    opened.last = api.await_event(late, "sla.missed")["position"]
    assert opened.ids(clock_state="breached") == [late["id"]]


def test_a_promise_that_was_warned_of_is_at_risk(api, opened, word):
    rule = {"when": {"type": word}, "targets": {"resolution": "PT1H"}}
    api.put("sla-policies", word, {"match": [rule], "warn_at": ["PT59M59.9S"]})
    near, paused = opened(), opened()
    api.await_event(near, "sla.warned")
    api.await_event(paused, "sla.warned")
    opened.last = written(api, paused, "pause", reason="photo")
    assert opened.ids(clock_state="at_risk") == [near["id"]]
    assert opened.ids(clock_state="at_risk,paused") == [paused["id"], near["id"]]


def test_a_row_says_when_each_of_its_promises_is_due(api, opened, word):
    targets = {"first_response": "PT1H", "resolution": "PT8H"}
    rule = {"when": {"type": word}, "targets": targets}
    api.put("sla-policies", word, {"match": [rule]})
    ticket = opened()
    opened.ids()
    [row] = api.get("/v1/tickets", params={"type": word}).json()["items"]
    due = {clock["metric"]: clock["due_at"] for clock in row["clocks"]}
    assert due == {c["metric"]: c["due_at"] for c in ticket["clocks"]}


# --- by number ------------------------------------------------------------------------


def test_a_ticket_is_read_by_its_number_at_once(api):
    ticket = api.open_ticket()
    number = ticket["number"]
    assert api.ok("GET", f"/v1/tickets/{number}")["id"] == ticket["id"]
    for part in ("history", "clocks", "messages", "notifications"):
        assert api.get(f"/v1/tickets/{number}/{part}").status_code == 200
    assert api.ok("POST", f"/v1/tickets/{number}/resolve")["status"] == "resolved"


def test_a_number_that_no_ticket_has_is_not_found(api):
    for number in (2**40, 10**30):
        answer = api.get(f"/v1/tickets/{number}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_numbers_are_a_filter_too(opened):
    one, two = opened(), opened()
    numbers = f"{one['number']},{two['number']}"
    assert opened.ids(number=numbers) == [two["id"], one["id"]]


def test_tickets_are_numbered_without_gaps(api):
    numbers = [api.open_ticket()["number"] for _ in range(3)]
    assert [b - a for a, b in itertools.pairwise(numbers)] == [1, 1]


def test_a_ticket_is_merged_into_a_number(api):
    stays, goes = api.open_ticket(), api.open_ticket()
    merged = api.act(goes, "merge", into=str(stays["number"]))
    assert merged["merged_into"] == stays["id"]


# --- by words -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "The Kühlschrank of 王小明"},
        {"body": "line\nThe KUHLSCHRANK of 王小明."},
        {"customer": {"external_id": "王小明", "name": "kühlschrank"}},
        {"customer": {"external_id": "x", "contacts": {"email": "kuhlschrank@王小明"}}},
        {"tags": ["kuhlschrank"], "subject": "王小明"},
    ],
)
def test_words_are_looked_for_in_all_that_people_know(opened, fields):
    ticket = opened(**fields)
    opened()
    for q in ("kühlschrank", "小明 KUHL", "王小"):
        expected = [ticket["id"]]
        if q == "kühlschrank" or "tags" not in fields:
            assert opened.ids(q=q) == expected


def test_field_012_a_text_is_found_in_both_forms_of_unicode(opened):
    composed = opened(subject="Chambéry caf\u00e9")
    apart = opened(subject="Chambe\u0301ry cafe\u0301")
    both = [apart["id"], composed["id"]]
    for q in ("caf\u00e9", "cafe\u0301", "cafe"):
        assert opened.ids(q=q) == both


def test_a_ticket_is_found_by_its_number_in_words(opened):
    ticket, other = opened(), opened(subject="INC0000000")
    number = ticket["number"]
    assert opened.ids(q=f"#{number}") == opened.ids(q=str(number)) == [ticket["id"]]
    assert other["id"] not in opened.ids(q=f"#{number}")


def test_what_was_written_later_is_found_by_all_its_words(api, opened):
    ticket, author = opened(), {"kind": "agent", "id": "ann"}
    for body, visibility in (("鍋爐壞了", "public"), ("call Zhang", "internal")):
        opened.last = written(
            api, ticket, "messages", author=author, body=body, visibility=visibility
        )
    assert opened.ids(q="锅炉 zhang") == [ticket["id"]]
    assert opened.ids(q="锅炉 wang") == []


def test_a_new_subject_is_found_and_the_old_one_is_not(api, opened):
    ticket = opened(subject="teapot")
    path = f"/v1/tickets/{ticket['id']}"
    answer = api.patch(path, json={"subject": "kettle", "tags": ["urgentissime"]})
    opened.last = int(answer.headers["Pledge-Position"])
    assert opened.ids(q="kettle urgentissime") == [ticket["id"]]
    assert opened.ids(q="teapot") == []


def test_words_and_filters_hold_together_in_every_order(opened):
    first = opened(subject="samovar", priority="high")
    second = opened(subject="samovar")
    for sort in ("updated_at", "number", "opened_at"):
        assert opened.ids(q="samovar", sort=sort) == [first["id"], second["id"]]
    assert opened.ids(q="samovar", priority="high") == [first["id"]]


def test_a_question_without_a_word_is_refused_by_name(api):
    answer = api.get("/v1/tickets", params={"q": "%_"})
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?q"]


# --- the conversation -----------------------------------------------------------------


def test_messages_are_listed_in_order_with_who_wrote_them(api):
    ticket = api.open_ticket(body="It is cold.")
    api.answer_customer(ticket)
    api.put("agents", "bo", {"name": "Bo"})
    note = {"kind": "agent", "id": "bo"}
    api.act(ticket, "messages", author=note, body="a note", visibility="internal")
    path, seen, cursor = f"/v1/tickets/{ticket['id']}/messages", [], 0
    while cursor is not None:
        page = api.ok("GET", f"{path}?limit=1&cursor={cursor}")
        seen += page["items"]
        cursor = page["next_cursor"]
    shown = [(m["author"]["id"], m["visibility"], m["body"]) for m in seen]
    assert shown == [
        ("c-1", "public", "It is cold."),
        ("ann", "public", "On its way."),
        ("bo", "internal", "a note"),
    ]
    assert [m["at"] for m in seen] == sorted(m["at"] for m in seen)
    assert seen[1]["actor"]["on_behalf_of"] == "ann"
