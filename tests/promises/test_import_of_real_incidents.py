"""A real platform's incidents come in with their own times, once, and can be judged.

Runs on a committed excerpt of the log, and on the whole of it where it lies beside the
repository.
"""

import asyncio
import csv
import io
import json
import re
import shutil
import subprocess
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from domain.duration import parse_duration
from infra.postgres.ticket_numbers import TicketNumbers
from infra.servicenow.commands import import_incidents, report_incidents
from infra.servicenow.importer import Importer
from infra.servicenow.log import read
from infra.wiring import core, new_id, now
from tests.support.api_client import eventually
from tests.support.files import EXCERPT, ROOT, WHOLE

FILES = [file for file in (EXCERPT, WHOLE) if file.exists()]
LARGEST = FILES[-1]
POLICY = ROOT / "examples" / "incident-priorities.yaml"
TARGETS = {
    "1 - Critical": timedelta(hours=4),
    "2 - High": timedelta(days=1),
    "3 - Moderate": timedelta(days=3),
    "4 - Low": timedelta(days=5),
}
WAITING = "Awaiting"
FINISHED = ("Resolved", "Closed")


def pledge(installation, *arguments, **environment):
    """The command as a person starts it."""
    command = installation.cli(*arguments)
    env = {k: v for k, v in (command.env | environment).items() if v is not None}
    return subprocess.run(
        command.argv,
        env=env,
        cwd=command.cwd,
        capture_output=True,
        text=True,
        check=False,
    )


def chosen_by(installation, run, *arguments):
    """The exit code and the JSON of a command, without starting Python again."""
    with pytest.MonkeyPatch.context() as environment, io.StringIO() as out:
        environment.setenv("PLEDGE_DATABASE_URL", installation.postgres.url())
        environment.setenv("PLEDGE_DATA_DIR", str(installation.data.path))
        with redirect_stdout(out):
            code = run(*arguments, as_json=True)
        return code, json.loads(out.getvalue())


def imported(installation, file, zone="UTC"):
    _, summary = chosen_by(installation, import_incidents, file, zone)
    return summary


def incidents_of(file):
    """The rows of each incident; in this file they stand in their order."""
    found = {}
    with file.open(newline="") as lines:
        for row in csv.DictReader(lines):
            found.setdefault(row["number"], []).append(row)
    return found


def instant(text):
    return datetime.strptime(text, "%d-%m-%Y %H:%M").replace(tzinfo=UTC)


@pytest.fixture(scope="module")
def first_runs(installation):
    """What each file added, the smaller one first."""
    return {file: imported(installation, file) for file in FILES}


@pytest.fixture(scope="module")
def report(installation, first_runs):
    assert first_runs
    _, told = chosen_by(installation, report_incidents, POLICY)
    return told


@pytest.fixture
def copy(tmp_path, word):
    """The excerpt's lines as incidents of this test alone, a place, their prefix."""
    prefix = re.sub(r"\W", "", word)
    text = EXCERPT.read_text().replace("INC", prefix)
    return text.splitlines(), tmp_path / "copy.csv", prefix


@pytest.fixture
def find(api, first_runs):
    """The ticket of an incident, by the search that the import names."""
    assert first_runs

    def find(number):
        def found():
            return api.ok("GET", f"/v1/tickets?type=incident&q={number}")["items"]

        (ticket,) = eventually(found)
        return ticket

    return find


def test_every_incident_of_the_file_comes_in(first_runs):
    for file, summary in first_runs.items():
        counted = summary["incidents"]
        there = counted["added"] + counted["already_there"]
        assert (there, summary["bad_rows"]) == (len(incidents_of(file)), [])


def test_a_larger_file_adds_what_the_smaller_one_had_not(first_runs):
    added = sum(summary["incidents"]["added"] for summary in first_runs.values())
    assert added == len(incidents_of(LARGEST))


@pytest.mark.usefixtures("first_runs")
def test_running_it_twice_adds_nothing(installation):
    again = imported(installation, LARGEST)
    assert again["events"] == 0
    assert again["incidents"] == {
        "added": 0,
        "extended": 0,
        "already_there": len(incidents_of(LARGEST)),
        "left_alone": 0,
    }


def test_two_imports_at_once_add_each_incident_once(installation, copy):
    lines, file, _ = copy
    file.write_text("\n".join(lines))
    command = installation.cli("import", "incidents", str(file), "--json")
    both = [
        subprocess.Popen(
            command.argv, env=command.env, cwd=command.cwd, stdout=subprocess.PIPE
        )
        for _ in range(2)
    ]
    told = [json.loads(process.communicate()[0])["incidents"] for process in both]
    added = sum(counted["added"] for counted in told)
    there = sum(counted["already_there"] for counted in told)
    assert (added, there) == (len(incidents_of(EXCERPT)), len(incidents_of(EXCERPT)))


def test_an_incident_that_another_import_adds_meanwhile_holds_up_no_other(
    installation, copy
):
    lines, file, _ = copy
    last = [line for line in lines if line.startswith(lines[-1].partition(",")[0])]
    file.write_text("\n".join([lines[0], *last]))
    imported(installation, file)
    file.write_text("\n".join(lines))
    summary = asyncio.run(import_with_an_old_view(installation, file))
    others = len(incidents_of(EXCERPT)) - 1
    assert (summary.added, summary.already_there) == (others, 1)


async def import_with_an_old_view(installation, file):
    """As if everything that is there had come after the import looked."""
    settings = installation.process_settings
    log = read(file, ZoneInfo("UTC"), now())
    async with core(settings) as made:
        numbers = TicketNumbers(made.database)
        store = OldView(made.store)
        return await Importer(store, numbers.next, new_id, "UTC").run(log, abs)


class OldView:
    def __init__(self, store):
        self.append = store.append

    async def load_many(self, _):
        return {}


def test_the_history_has_the_times_of_the_rows(api, find):
    history = api.history(find("INC0000045"))
    rows = incidents_of(EXCERPT)["INC0000045"]
    times = {instant(row["sys_updated_at"]) for row in rows}
    told = [datetime.fromisoformat(event["occurred_at"]) for event in history]
    assert told[0] == instant(rows[0]["opened_at"])
    assert set(told[1:]) == times
    assert {event["claimed_at"] for event in history} == {
        event["occurred_at"] for event in history
    }


def test_the_history_says_when_it_was_imported_and_on_whose_behalf(api, find):
    (*_, closed) = api.history(find("INC0000045"))
    recorded = datetime.fromisoformat(closed["recorded_at"])
    assert datetime.now(UTC) - recorded < timedelta(hours=1)
    assert closed["actor"] == {
        "id": "import:incidents",
        "kind": "migration",
        "on_behalf_of": "Updated by 908",
        "key_id": None,
    }


def test_a_ticket_can_be_seen_as_it_was_at_any_moment(api, find):
    ticket = find("INC0000045")
    moments = ("02:00", "09:00")
    seen = [api.read(ticket, as_of=f"2016-02-29T{at}:00Z") for at in moments]
    assert [then["status"] for then in seen] == ["open", "resolved"]
    assert seen[0]["team"] == "Group 56"
    assert api.read(ticket)["status"] == "closed"


def test_a_reopened_incident_was_reopened(api, find):
    ticket = api.read(find("INC0000102"))
    assert (ticket["reopen_count"], ticket["status"]) == (1, "closed")


def test_no_promise_of_the_past_is_made_or_broken_today(api, find):
    ticket = find("INC0000102")
    assert api.read(ticket)["clocks"] == []
    assert {type_.partition(".")[0] for type_ in api.types(ticket)} == {"ticket"}


def test_a_bad_row_is_reported_by_its_line_and_the_rest_goes_in(
    installation, copy, api
):
    lines, file, prefix = copy
    lines[4] = lines[4].replace(",3 - Moderate,", ",9 - Cosmic,")  # the last of its own
    file.write_text("\n".join(lines))
    code, summary = chosen_by(installation, import_incidents, file, "UTC")
    assert code == 0
    assert [(bad["line"], bad["column"]) for bad in summary["bad_rows"]] == [
        (5, "priority")
    ]
    assert summary["incidents"]["added"] == len(incidents_of(EXCERPT))
    query = f"/v1/tickets?q={prefix}0000045"
    (ticket,) = eventually(lambda: api.ok("GET", query)["items"])
    assert ticket["status"] == "resolved"


def test_a_mended_last_row_is_added_and_only_that(installation, copy, api):
    lines, file, prefix = copy
    file.write_text("\n".join([*lines[:4], "not a row", *lines[5:]]))
    imported(installation, file)
    file.write_text("\n".join(lines))
    summary = imported(installation, file)
    assert (summary["incidents"]["extended"], summary["bad_rows"]) == (1, [])
    query = f"/v1/tickets?status=closed&q={prefix}0000045"
    (ticket,) = eventually(lambda: api.ok("GET", query)["items"])
    last = api.history(ticket)[-1]
    assert (last["type"], last["occurred_at"]) == (
        "ticket.closed",
        "2016-03-05T12:00:00Z",
    )
    assert last["command_id"] == f"import:incidents:{prefix}0000045:4"


def test_a_mended_row_in_the_middle_is_reported_and_not_forced_in(installation, copy):
    lines, file, _ = copy
    file.write_text("\n".join([*lines[:3], "not a row", *lines[4:]]))
    imported(installation, file)
    file.write_text("\n".join(lines))
    summary = imported(installation, file)
    assert summary["events"] == 0
    assert [(bad["line"], bad["column"]) for bad in summary["bad_rows"]] == [
        (4, "sys_mod_count")
    ]


def test_a_ticket_that_people_work_on_here_is_left_alone(installation, copy, api):
    lines, file, prefix = copy
    file.write_text("\n".join([lines[0], *lines[1:3]]))
    imported(installation, file)
    query = f"/v1/tickets?q={prefix}0000045"
    (ticket,) = eventually(lambda: api.ok("GET", query)["items"])
    api.act(ticket, "reopen", reason="it came back")
    file.write_text("\n".join(lines[:5]))
    summary = imported(installation, file)
    assert (summary["events"], summary["incidents"]["left_alone"]) == (0, 1)
    assert "people have worked on it" in summary["left_alone"][0]["message"]


def test_another_zone_does_not_import_it_all_again(installation, copy):
    lines, file, _ = copy
    file.write_text("\n".join(lines[:5]))
    imported(installation, file)
    summary = imported(installation, file, "America/Sao_Paulo")
    assert (summary["events"], summary["incidents"]["left_alone"]) == (0, 1)


def test_another_file_is_refused(installation, tmp_path):
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    done = pledge(installation, "import", "incidents", str(tmp_path / "other.csv"))
    assert done.returncode == 1
    assert "is not an incident log" in done.stderr


def test_a_file_without_a_good_row_imports_nothing(installation, copy):
    lines, file, _ = copy
    file.write_text("\n".join([lines[0], "not a row"]))
    code, summary = chosen_by(installation, import_incidents, file, "UTC")
    assert (code, len(summary["bad_rows"])) == (1, 1)


@pytest.mark.usefixtures("first_runs")
def test_the_summary_says_how_to_find_one(installation):
    done = pledge(installation, "import", "incidents", str(EXCERPT))
    assert "GET /v1/tickets?q=INC0000045" in done.stdout


@pytest.mark.usefixtures("first_runs")
def test_it_finds_the_running_installation_by_its_data_directory(
    installation, tmp_path
):
    run = {"postgres": installation.postgres.url()}
    (tmp_path / "run.json").write_text(json.dumps(run))
    shutil.copytree(installation.data.path / "secrets", tmp_path / "secrets")
    done = pledge(
        installation,
        *("import", "incidents", str(EXCERPT)),
        PLEDGE_DATABASE_URL=None,
        PLEDGE_OWNER_DATABASE_URL=None,
        PLEDGE_DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr


def test_without_a_running_installation_it_says_what_to_start(installation, tmp_path):
    done = pledge(
        installation,
        *("import", "incidents", str(EXCERPT)),
        PLEDGE_DATABASE_URL=None,
        PLEDGE_DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 3
    assert "pledge up" in done.stderr


def test_the_report_adds_up(report):
    counted = ("incidents", "met", "missed", "open", "unpromised")
    total = report["total"]
    for name in counted:
        assert sum(line[name] for line in report["priorities"]) == total[name]
    assert total["incidents"] == sum(total[name] for name in counted[1:])
    assert total["incidents"] == len(report["incidents"]) >= len(incidents_of(LARGEST))


def test_each_verdict_is_the_one_that_the_rows_give_by_hand(report):
    told = {
        found["incident"]: (found["outcome"], parse_duration(found["elapsed"]))
        for found in report["incidents"]
        if found["incident"].startswith("INC")
    }
    assert told == {
        number: by_hand(rows) for number, rows in incidents_of(LARGEST).items()
    }


def by_hand(rows):
    """Minutes while it was neither waiting nor finished, up to the first time that it
    was finished too late, or to the last that it was finished.
    """
    now, used, state = instant(rows[0]["opened_at"]), timedelta(0), "New"
    outcome = None
    for row in rows:
        at = max(now, instant(row["sys_updated_at"]))
        if state not in FINISHED and not state.startswith(WAITING):
            used += at - now
        now, before, state = at, state, row["incident_state"]
        if state in FINISHED and before not in FINISHED:
            if used > TARGETS[row["priority"]]:
                return "missed", used
            outcome = "met", used
    return outcome


def test_a_bundle_that_would_be_refused_is_refused(installation, tmp_path):
    policy = {"match": [{"targets": {"resolution": "PT0S"}}]}
    bundle = tmp_path / "bundle.yaml"
    bundle.write_text(json.dumps({"sla-policies": {"p": policy}}))
    done = pledge(installation, "report", "incidents", "--policy", str(bundle))
    assert done.returncode == 1
    assert "sla-policies/p/match/0/targets/resolution" in done.stderr


def test_the_example_bundle_can_be_put_into_force(installation, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"http": installation.http}))
    done = pledge(
        installation,
        *("config", "apply", str(POLICY)),
        PLEDGE_DATA_DIR=str(tmp_path),
    )
    assert done.returncode == 0, done.stderr
    assert "sla-policies/incident-priorities: new, version 1" in done.stdout
