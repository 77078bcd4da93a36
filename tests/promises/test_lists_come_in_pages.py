"""Every list comes in pages, and every read shows at least what the caller has seen."""

import pytest

from tests.support.api_client import Api


def pages(api, path, **query):
    """Each page, following the cursor."""
    cursor = {}
    while cursor is not None:
        found = api.request("GET", path, params={"limit": 1, **query, **cursor}).json()
        yield found["items"]
        following = found["next_cursor"]
        cursor = None if following is None else {"cursor": following}


@pytest.fixture
def agent(api, word):
    for name in ("Ann", "Ann Li", "Ann Li-Meyer"):
        api.put("agents", word, {"name": name})
    return word


def test_versions_come_page_by_page(api, agent):
    found = list(pages(api, f"/v1/agents/{agent}/versions"))
    assert [[p["version"] for p in page] for page in found] == [[1], [2], [3]]


def test_what_is_retired_between_two_pages_moves_nothing_else(api, word):
    names = [f"{word}-{letter}" for letter in "abc"]
    for name in names:
        api.put("agents", name, {"name": name})
    api.ok("DELETE", f"/v1/agents/{names[0]}")
    query = {"limit": 1, "cursor": names[0]}
    page = api.request("GET", "/v1/agents", params=query).json()
    assert [p["name"] for p in page["items"]] == [names[1]]
    assert page["next_cursor"] == names[1]


def test_a_cursor_of_another_list_is_refused_by_name(api, agent):
    path = f"/v1/agents/{agent}/versions?cursor=ann"
    answer = api.get(path)
    assert answer.status_code == 422
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?cursor"]


def test_leaves_come_page_by_page(api, agent):
    for year in (2031, 2032):
        body = {"from": f"{year}-07-01T00:00:00Z", "to": f"{year}-07-02T00:00:00Z"}
        api.ok("POST", f"/v1/agents/{agent}/leaves", body)
    found = list(pages(api, f"/v1/agents/{agent}/leaves"))
    assert [page[0]["from"][:4] for page in found] == ["2031", "2032"]


def test_configuration_is_seen_as_of_a_position(api: Api, word):
    written = api.request("PUT", f"/v1/agents/{word}", json={"name": "Ann"})
    position = written.headers["Pledge-Position"]
    assert api.get(f"/v1/agents/{word}?wait_for={position}").is_success


@pytest.mark.parametrize("path", ["/v1/agents", "/v1/events", "/v1/config/warnings"])
def test_a_position_that_is_not_written_yet_is_said_to_be_ahead(api, path):
    answer = api.get(f"{path}?wait_for={2**60}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [e["pointer"] for e in answer.json()["errors"]] == ["?wait_for"]
