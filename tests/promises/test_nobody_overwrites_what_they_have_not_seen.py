"""If-Match and versions: a change says what it changes, and nothing published moves."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import psycopg
import pytest

from infra.postgres.publishing_lock import PUBLISH_LOCK

KINDS = {
    "calendars": [
        {"tz": "Europe/Berlin", "hours": {"mon": [["09:00", "17:00"]]}},
        {"tz": "Europe/Berlin", "hours": {"mon": [["08:00", "17:00"]]}},
    ],
    "agents": [{"name": "Ann"}, {"name": "Ann Li"}],
    "teams": [{"members": []}, {"members": ["{agent}"]}],
    "escalation-policies": [
        {"steps": [{"targets": [{"assignee": True}]}]},
        {"steps": [{"after": "PT5M", "targets": [{"assignee": True}]}]},
    ],
    "sla-policies": [
        {"match": [{"when": {"type": "{word}"}, "targets": {"resolution": "PT1H"}}]},
        {"match": [{"when": {"type": "{word}"}, "targets": {"resolution": "PT2H"}}]},
    ],
}


def filled(value, **names):
    if isinstance(value, dict):
        return {k: filled(v, **names) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(v, **names) for v in value]
    return value.format(**names) if isinstance(value, str) else value


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def documents(api, kind, word):
    api.put("agents", f"{word}-a", {"name": "A"})
    return [filled(d, word=word, agent=f"{word}-a") for d in KINDS[kind]]


@pytest.fixture
def path(kind, word):
    return f"/v1/{kind}/{word}"


def put(api, path, body, if_match=None):
    """As it stands; `Api.put` would publish over whatever is there."""
    headers = {} if if_match is None else {"If-Match": if_match}
    return api.request("PUT", path, json=body, headers=headers)


# --- configuration --------------------------------------------------------------------


def test_the_first_put_creates_and_the_next_replaces(api, path, documents):
    first = put(api, path, documents[0])
    assert (first.status_code, first.json()["version"]) == (201, 1)
    second = put(api, path, documents[1], first.headers["ETag"])
    assert (second.status_code, second.json()["version"]) == (200, 2)
    assert second.headers["ETag"] == api.get(path).headers["ETag"]


def test_replacing_without_saying_what_is_refused(api, path, documents):
    put(api, path, documents[0])
    refused = put(api, path, documents[1])
    assert (refused.status_code, refused.json()["code"]) == (
        428,
        "precondition_required",
    )
    assert api.get(path).json()["version"] == 1


def test_replacing_what_somebody_else_replaced_is_refused(api, path, documents):
    seen = put(api, path, documents[0]).headers["ETag"]
    put(api, path, documents[1], seen)
    refused = put(api, path, documents[0], seen)
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")


def test_a_star_stands_for_whatever_is_there_but_something_must_be(
    api, path, documents
):
    assert put(api, path, documents[0], "*").status_code == 412
    put(api, path, documents[0])
    assert put(api, path, documents[1], "*").status_code == 200


def test_every_version_is_listed_and_none_changes(api, path, documents):
    first = put(api, path, documents[0])
    before = api.get(f"{path}/versions/1").json()
    put(api, path, documents[1], first.headers["ETag"])
    assert api.get(f"{path}/versions/1").json() == before
    versions = api.ok("GET", f"{path}/versions")["items"]
    assert [v["version"] for v in versions] == [1, 2]
    assert versions[0] == before
    assert versions[0]["sha256"] != versions[1]["sha256"]
    assert api.get(f"{path}/versions/3").status_code == 404


def test_the_same_document_again_is_no_new_version(api, path, documents):
    put(api, path, documents[0])
    again = put(api, path, documents[0])
    assert (again.status_code, again.json()["version"]) == (200, 1)


def test_what_is_retired_is_gone_but_its_versions_stay(api, path, documents):
    put(api, path, documents[0])
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert api.delete(path).status_code == 404
    [version] = api.ok("GET", f"{path}/versions")["items"]
    assert version["retired"] is True
    assert path.rpartition("/")[2] not in {
        item["name"] for item in api.ok("GET", path.rpartition("/")[0])["items"]
    }


def test_what_was_retired_can_be_published_again_as_the_next_version(
    api, path, documents
):
    put(api, path, documents[0])
    api.delete(path)
    again = put(api, path, documents[1])
    assert (again.status_code, again.json()["version"]) == (201, 2)


def test_retiring_what_somebody_else_changed_is_refused(api, path, documents):
    seen = put(api, path, documents[0]).headers["ETag"]
    put(api, path, documents[1], seen)
    assert api.delete(path, headers={"If-Match": seen}).status_code == 412


def test_who_published_what_is_in_the_log(api, path, documents, kind, word):
    published = put(api, path, documents[0])
    position = int(published.headers["Pledge-Position"])
    after = f"after={position - 1}&types=policy.*&limit=1"
    [event] = api.ok("GET", f"/v1/events?{after}")["items"]
    assert event["id"] == str(position)
    assert event["subject"] == f"{kind}/{word}"
    assert event["data"]["actor"]["id"] == "admin"
    assert event["data"]["document"] == published.json()["document"]


# --- tickets --------------------------------------------------------------------------


def test_a_change_of_a_ticket_with_an_old_etag_is_refused(api):
    ticket = api.open_ticket()
    path = f"/v1/tickets/{ticket['id']}"
    seen = api.get(path).headers["ETag"]
    assert seen == f'"{ticket["version"]}"'
    changed = api.patch(path, json={"subject": "New"}, headers={"If-Match": seen})
    assert changed.status_code == 200
    refused = api.patch(path, json={"subject": "Old"}, headers={"If-Match": seen})
    assert (refused.status_code, refused.json()["code"]) == (412, "precondition_failed")
    assert api.read(ticket)["subject"] == "New"


def test_an_action_with_the_current_etag_is_done(api):
    ticket = api.open_ticket()
    path = f"/v1/tickets/{ticket['id']}/resolve"
    held = api.post(path, headers={"If-Match": f'"{ticket["version"] - 1}"'})
    assert held.status_code == 412
    assert api.post(path, headers={"If-Match": f'"{ticket["version"]}"'}).is_success


def test_a_subscription_is_deleted_only_at_the_version_that_was_seen(api):
    hook = {"url": "http://127.0.0.1:9/", "types": ["sla.*"]}
    made = api.post("/v1/subscriptions", json=hook)
    path = f"/v1/subscriptions/{made.json()['id']}"
    assert api.delete(path, headers={"If-Match": '"7"'}).status_code == 412
    assert api.delete(path, headers={"If-Match": made.headers["ETag"]}).is_success


# --- at the same moment ---------------------------------------------------------------


def at_once(*calls):
    with ThreadPoolExecutor(len(calls)) as pool:
        return [answer.result() for answer in [pool.submit(call) for call in calls]]


def test_of_all_who_replace_one_version_at_once_the_others_hear_what_it_is_now(
    api, word
):
    path = f"/v1/agents/{word}"
    seen = put(api, path, {"name": "Ann"}).headers["ETag"]
    names = [f"Ann {number}" for number in range(6)]
    calls = [partial(put, api, path, {"name": name}, seen) for name in names]
    codes = sorted(answer.status_code for answer in at_once(*calls))
    assert codes == [200, 412, 412, 412, 412, 412]


def test_the_same_document_put_twice_at_once_is_one_version(api, word):
    path = f"/v1/agents/{word}"
    answers = at_once(*[partial(put, api, path, {"name": "Ann"})] * 6)
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]


def test_two_who_become_each_others_manager_at_once_make_no_circle(api, word):
    names = f"{word}-a", f"{word}-b"
    seen = {
        name: put(api, f"/v1/agents/{name}", {"name": name}).headers["ETag"]
        for name in names
    }
    calls = [
        partial(put, api, f"/v1/agents/{one}", {"name": one, "manager": other}, tag)
        for (one, tag), other in zip(seen.items(), reversed(names), strict=True)
    ]
    assert sorted(answer.status_code for answer in at_once(*calls)) == [200, 422]


def test_who_waits_too_long_for_others_who_publish_is_asked_to_come_back(
    installation, api, word
):
    with psycopg.connect(installation.postgres.url(), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (PUBLISH_LOCK,))
        answer = put(api, f"/v1/agents/{word}", {"name": "Ann"})
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert answer.headers["Retry-After"] == "1"
    api.put("agents", word, {"name": "Ann"})


# --- versions and tickets -------------------------------------------------------------


@pytest.fixture
def policy(word):
    def of(target):
        rule = {"when": {"type": word}, "targets": {"resolution": target}}
        return {"match": [rule]}

    return of


def test_a_ticket_keeps_the_version_that_it_was_attached_to(api, word, policy):
    api.put("sla-policies", word, policy("PT1H"))
    old = api.open_ticket(type=word)
    api.put("sla-policies", word, policy("PT2H"))
    new = api.open_ticket(type=word)
    api.ok("PATCH", f"/v1/tickets/{old['id']}", {"priority": "urgent"})
    shown = [
        (clock["policy"]["version"], clock["target"])
        for ticket in (old, new)
        for clock in api.read(ticket)["clocks"]
    ]
    assert shown == [(1, "PT1H"), (2, "PT2H")]


def test_a_retired_policy_promises_nothing_new_and_keeps_what_it_promised(
    api, word, policy
):
    api.put("sla-policies", word, policy("PT1H"))
    old = api.open_ticket(type=word)
    api.ok("DELETE", f"/v1/sla-policies/{word}")
    assert api.open_ticket(type=word)["clocks"] == []
    assert api.clock(old, "resolution")["state"] == "running"
