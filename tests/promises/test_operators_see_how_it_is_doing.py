"""Alive, ready, and how it is doing: states and figures for all, names for nobody."""

import json

import pytest

from tests.support.api_client import eventually

HISTOGRAMS = (
    "pledge_command_duration_seconds",
    "pledge_append_duration_seconds",
    "pledge_enforcement_delay_seconds",
)


@pytest.fixture
def figures(api):
    """Samples by name with labels, as `name{label="x"}`."""

    def read():
        lines = api.get("/metrics").text.splitlines()
        pairs = (line.rpartition(" ") for line in lines if not line.startswith("#"))
        return {name: float(value) for name, _, value in pairs}

    return read


def total(figures, start):
    return sum(value for name, value in figures.items() if name.startswith(start))


def test_it_lives(installation):
    with installation.client(key="") as stranger:
        assert stranger.ok("GET", "/healthz") == {"status": "ok"}


PARTS = (
    *("database", "migrations", "registry", "temporal"),
    *("api", "worker", "followers", "sweeper", "sealer", "disk"),
)


def test_it_is_ready_and_names_each_part(api):
    shown = api.ok("GET", "/readyz")
    assert shown["ready"] is True
    assert set(shown["parts"]) == set(PARTS)
    everything = eventually(lambda: (a := api.ok("GET", "/healthz/parts"))["ok"] and a)
    assert {name: part["state"] for name, part in everything["parts"].items()} == (
        dict.fromkeys(PARTS, "ok")
    )
    for name in ("api", "worker", "followers", "sweeper"):
        part = everything["parts"][name]
        assert (part["instances"] >= 1, part["heartbeat_s"] < 7) == (True, True)
    assert everything["parts"]["disk"]["free_bytes"] > 0


def test_signs_of_life_and_free_space_are_metrics_too(figures):
    name = 'pledge_heartbeat_age_seconds{part="%s"}'
    names = {name % part for part in ("api", "worker", "followers", "sweeper")}
    shown = eventually(lambda: (f := figures()) and names <= f.keys() and f)
    assert all(shown[part] < 10 for part in names)
    assert shown["pledge_disk_free_bytes"] > 0


def test_a_broken_promise_shows_in_every_histogram(api, figures, word):
    before = figures()
    rule = {"when": {"type": word}, "targets": {"resolution": "PT0.2S"}}
    api.put("sla-policies", word, {"match": [rule], "warn_at": ["50%"]})
    api.await_event(api.open_ticket(type=word), "sla.breached")

    def grown():
        now = figures()
        return all(total(now, f"{h}_count") > total(before, f"{h}_count")
                   for h in HISTOGRAMS)  # fmt: skip

    eventually(grown)
    late = total(figures(), 'pledge_enforcement_delay_seconds_count{kind="breach"}')
    assert late >= 1


def test_each_follower_says_how_far_it_is_behind(figures):
    name = 'pledge_follower_lag_seconds{follower="%s"}'
    followers = [name % f for f in ("projector", "subscriptions", "timers")]
    shown = eventually(lambda: (f := figures()) and set(followers) <= f.keys() and f)
    assert all(shown[f] >= 0 for f in followers)


def test_each_kind_of_command_is_counted_by_its_own_name(api, figures):
    ticket = api.open_ticket()
    api.post(f"/v1/tickets/{ticket['id']}/resume")
    shown = figures()
    count = "pledge_command_duration_seconds_count"
    assert shown[f'{count}{{operation="open_ticket",status="201"}}'] >= 1
    assert shown[f'{count}{{operation="resume_ticket",status="409"}}'] >= 1
    api.put("agents", "counted", {"name": "C"})
    assert total(figures(), f'{count}{{operation="put_agents"') >= 1


def test_no_name_and_no_word_of_a_customer_is_in_the_figures(api, word):
    secret = f"secret-{word}"
    customer = {"external_id": secret, "name": secret, "tier": secret}
    ticket = api.open_ticket(subject=secret, body=secret, customer=customer)
    api.post(f"/v1/tickets/{secret}/resolve")
    api.post(f"/{secret}")
    text = api.get("/metrics").text
    assert secret not in text
    assert ticket["id"] not in text


@pytest.fixture
def lines(installation):
    """What a process has logged, as far as it is JSON."""

    def read(process):
        text = installation.data.log(process).read_text("utf-8")
        return [json.loads(line) for line in text.splitlines() if line[:1] == "{"]

    return read


def test_each_process_says_with_what_it_started_and_no_password(lines, installation):
    for process in ("api", "worker", "followers"):
        first = next(x for x in lines(process) if x["message"].endswith("started"))
        assert first["process"] == process
        assert first["version"]
        assert first["database"].startswith("postgresql://pledge_app:***@127.0.0.1")
        assert first["temporal"] == installation.temporal.address


def test_each_request_is_one_line_with_its_route_key_and_status_and_no_contents(
    api, lines, word
):
    secret = f"secret-{word}"
    ticket = api.open_ticket(subject=secret, customer={"external_id": secret})
    api.get(f"/v1/tickets?q={secret}")
    api.get(f"/v1/tickets/{ticket['id']}?as_of=never")

    def told():
        asked = [x for x in lines("api") if x["logger"] == "pledge.access"]
        return asked if any(x["status"] == 422 for x in asked[-3:]) else None

    *_, opened, listed, refused = eventually(told)
    assert (opened["method"], opened["route"]) == ("POST", "/v1/tickets")
    assert (opened["status"], listed["status"]) == (201, 200)
    assert refused["route"] == "/v1/tickets/{ticket_id}"
    assert (opened["role"], opened["duration_ms"] > 0) == ("admin", True)
    assert opened["key"] in [k["id"] for k in api.ok("GET", "/v1/keys")["items"]]
    assert secret not in "".join(json.dumps(x) for x in lines("api"))


def test_followers_say_that_they_lead(lines):
    leading = [x["follower"] for x in lines("followers") if "leads" in x["message"]
               and "follower" in x]  # fmt: skip
    assert {"projector", "timers", "subscriptions", "notifications"} <= set(leading)
