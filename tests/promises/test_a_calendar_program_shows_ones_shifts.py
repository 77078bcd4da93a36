"""A person subscribes to their shifts by a secret URL, because calendar programs send
no key.
"""

import pytest
from icalendar import Calendar

from tests.support.api_client import plain

START = "2026-01-05T09:00"


@pytest.fixture
def url(api, word):
    """Of Ann, who is on call by two schedules; Bo by one."""
    for name in ("ann", "bo"):
        api.put("agents", f"{word}-{name}", {"name": name.title(), "locale": "zh"})
    for schedule, people in (("duty", ["ann", "bo"]), ("night", ["ann"])):
        turns = {
            "start": START,
            "unit": "week",
            "people": [f"{word}-{p}" for p in people],
        }
        layers = [{"name": "base", "rotation": turns}]
        api.put("schedules", f"{word}-{schedule}", {"tz": "UTC", "layers": layers})
    return made(api, word)


def made(api, word):
    return api.ok("POST", f"/v1/agents/{word}-ann/calendar-url")["url"]


def events(answer):
    return [dict(e) for e in Calendar.from_ical(answer.text).walk("VEVENT")]


def test_it_holds_the_shifts_of_this_person_over_all_schedules(url, word):
    answer = plain("GET", url)
    assert answer.headers["Content-Type"].startswith("text/calendar")
    names = {str(e["SUMMARY"]) for e in events(answer)}
    assert names == {f"值班：{word}-duty", f"值班：{word}-night"}  # noqa: RUF001
    assert f"{word}-bo" not in answer.text


def test_what_has_not_changed_is_not_sent_again(url):
    first = plain("GET", url)
    assert "private" in first.headers["Cache-Control"]
    again = plain("GET", url, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_another_url_ends_the_one_before(url, api, word):
    new = made(api, word)
    assert new != url
    assert plain("GET", url).status_code == 404
    assert plain("GET", new).status_code == 200


def test_a_revoked_url_shows_nothing(url, api, word):
    api.ok("DELETE", f"/v1/agents/{word}-ann/calendar-url")
    assert plain("GET", url).status_code == 404
    gone = api.delete(f"/v1/agents/{word}-ann/calendar-url")
    assert gone.status_code == 404


def test_a_guess_learns_nothing_of_who_is_there(url, word):
    known = plain("GET", url.rpartition("/")[0] + "/guess.ics")
    unknown = plain(
        "GET",
        url.rpartition("/")[0].replace(f"{word}-ann", f"{word}-zoe") + "/guess.ics",
    )
    assert (known.status_code, unknown.status_code) == (404, 404)
    said = [answer.json() | {"request_id": None} for answer in (known, unknown)]
    assert said[0] == said[1]
    of_bo = url.replace(f"{word}-ann", f"{word}-bo")
    assert plain("GET", of_bo).status_code == 404


def test_who_is_retired_shows_no_shifts_any_more(api, word):
    api.put("agents", word, {"name": "Zoe"})
    url = api.ok("POST", f"/v1/agents/{word}/calendar-url")["url"]
    assert plain("GET", url).status_code == 200
    api.ok(
        "DELETE",
        f"/v1/agents/{word}",
        If_Match=api.get(f"/v1/agents/{word}").headers["ETag"],
    )
    assert plain("GET", url).status_code == 404


def test_the_secret_is_in_no_log(url, installation):
    secret = url.rpartition("/")[2].removesuffix(".ics")
    plain("GET", url)
    for process in ("api", "followers"):
        assert secret not in installation.data.log(process).read_text()
