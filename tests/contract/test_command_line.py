"""`pledge` finds the running installation by itself, or says in one line why not."""

import json
import os
import shutil
import subprocess
import sys

import pytest
from click.testing import CliRunner

from infra.cli.main import main
from infra.embedded.data_dir import DataDir
from infra.embedded.ports import free_port
from tests.support.files import ROOT

AWAY, REFUSED = 3, 4
OURS = ("PLEDGE_", "TEMPORAL_", "PROMETHEUS_")


def without_settings():
    return {k: v for k, v in os.environ.items() if not k.startswith(OURS)}


@pytest.fixture
def pledge(monkeypatch, tmp_path):
    """Run in this process, from an empty folder and with these settings only."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - without_settings().keys():
        monkeypatch.delenv(name)

    def run(*arguments, **settings):
        return CliRunner().invoke(main, arguments, env=settings)

    return run


@pytest.fixture
def data_dir(installation, tmp_path):
    """A data directory as `pledge up` keeps it while everything runs."""
    folder = tmp_path / ".pledge"
    shutil.copytree(installation.data.path / "secrets", folder / "secrets")
    (folder / "secrets" / "admin.key").write_text(installation.admin_key)
    run = {
        "http": installation.http,
        "temporal": installation.temporal.address,
        "postgres": installation.postgres.url(),
    }
    (folder / "run.json").write_text(json.dumps(run))
    return folder


def alone(folder, *arguments):
    """A command that ends its process, from the folder that holds `.pledge`."""
    return subprocess.run(
        [sys.executable, "-m", "infra", *arguments],
        cwd=folder,
        env=without_settings() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


COMMANDS = ["status", "migrate", "rebuild", "api", "worker", "followers", "keys list"]


def test_where_it_is_only_just_starting_a_command_says_so(pledge, tmp_path):
    with DataDir(tmp_path / ".pledge").locked():
        result = pledge("keys", "list")
    assert result.exit_code == AWAY
    assert "Pledge is starting on data directory" in result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_where_nothing_runs_one_line_says_how_to_start_it(pledge, tmp_path, command):
    result = pledge(*command.split())
    assert result.exit_code == AWAY
    assert result.stderr.count("\n") == 1
    start = f"Error: no running Pledge for data directory {tmp_path}/.pledge: start it"
    assert result.stderr.startswith(f"{start} with `pledge up`")


@pytest.mark.parametrize("place", ["before", "after"])
def test_a_refused_connection_is_one_line(pledge, place):
    url = f"http://127.0.0.1:{free_port()}"
    given = ("--url", url)
    words = (*given, "status") if place == "before" else ("status", *given)
    result = pledge(*words)
    assert result.exit_code == AWAY
    assert result.stderr.startswith(f"Error: no Pledge answers at {url} (connection re")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "command", [("migrate",), ("report", "incidents", "--policy", "/dev/null")]
)
def test_a_database_that_is_away_is_one_line(pledge, command):
    url = f"postgresql://pledge_app:hush@127.0.0.1:{free_port()}/pledge"
    given = {"PLEDGE_DATABASE_URL": url, "PLEDGE_OWNER_DATABASE_URL": url}
    result = pledge(*command, **given)
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    if command == ("migrate",):
        assert result.exit_code == AWAY
        assert "the database cannot be reached" in result.stderr
    assert "hush" not in result.stderr


def test_migrations_by_a_role_that_may_not_are_refused_in_one_line(
    pledge, installation
):
    url = installation.postgres.url().removesuffix("pledge") + "postgres"
    result = pledge("migrate", PLEDGE_OWNER_DATABASE_URL=url)
    assert (result.exit_code, result.stderr.count("\n")) == (REFUSED, 1)
    assert "permission denied" in result.stderr


def test_a_wrong_key_is_one_line_and_has_an_exit_code_of_its_own(pledge, data_dir):
    del data_dir
    result = pledge("keys", "list", "--key", "plk_wrong")
    assert result.exit_code == REFUSED
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("Error: 401")


def test_an_own_key_comes_before_that_of_the_data_directory(pledge, data_dir):
    del data_dir
    made = pledge("keys", "create", "reader", "--role", "auditor")
    assert made.exit_code == 0
    assert made.stdout.startswith("plk_")
    assert "shown once" in made.stderr
    listed = pledge("keys", "list", PLEDGE_KEY=made.stdout.strip())
    assert (listed.exit_code, "403" in listed.stderr) == (REFUSED, True)


def test_a_key_is_made_with_scopes_shown_with_them_and_revoked(pledge, data_dir):
    del data_dir
    scopes = ("--scope", "tickets:read", "--scope", "events:read")
    made = pledge("keys", "create", "narrow", "--role", "auditor", *scopes, "--json")
    key = json.loads(made.stdout)
    listed = pledge("keys", "list").stdout.splitlines()
    [line] = [one for one in listed if key["id"] in one]
    assert line.endswith("only tickets:read, events:read")
    assert pledge("keys", "revoke", key["id"]).stdout.strip() == "revoked"
    [key] = [
        one
        for one in json.loads(pledge("keys", "list", "--json").stdout)
        if one["id"] == key["id"]
    ]
    assert (key["revoked"], key["scopes"]) == (True, ["tickets:read", "events:read"])


def test_the_admin_key_is_sent_to_its_own_installation_only(pledge, data_dir):
    there = json.loads((data_dir / "run.json").read_text())["http"]
    elsewhere = there.replace("127.0.0.1", "localhost")
    assert pledge("keys", "list", PLEDGE_URL=there).exit_code == 0
    assert pledge("keys", "list", PLEDGE_URL=elsewhere).exit_code == REFUSED


def test_several_errors_take_a_line_each(pledge, data_dir):
    bundle = data_dir.parent / "bundle.yaml"
    bundle.write_text("agents: {a: {nme: x}, b: {nme: y}}")
    result = pledge("config", "apply", str(bundle))
    head, *lines = result.stderr.splitlines()
    assert head.startswith("Error: 422 invalid: ")
    assert int(head.split()[-2]) == len(lines) > 1
    assert all(line.startswith("  /agents/") for line in lines)


def test_the_version_is_told(pledge):
    result = pledge("--version")
    assert result.output.startswith("pledge ")
    assert result.exit_code == 0


def test_the_way_back_works_on_the_data_directory_alone(data_dir, api):
    ticket = api.open_ticket()
    migrated = alone(data_dir.parent, "migrate", "--json")
    assert json.loads(migrated.stdout) == {"applied": []}, migrated.stderr
    rebuilt = alone(data_dir.parent, "rebuild", "--per-second", "1000", "--json")
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert json.loads(rebuilt.stdout)["workflows"] >= 1
    assert api.read(ticket)["id"] == ticket["id"]


def test_output_that_nobody_reads_is_no_traceback(data_dir):
    command = f"{sys.executable} -m infra keys list | true"
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=data_dir.parent,
        env=without_settings() | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
