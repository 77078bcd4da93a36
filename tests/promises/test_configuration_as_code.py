"""What is published is what the file says, and a script can tell whether it is."""

import json
import subprocess

from tests.installation import ROOT


def plan(installation, file):
    command = installation.cli("config", "plan", str(file), "--detailed-exitcode")
    environment = {**command.env, "PLEDGE_URL": installation.http}
    return subprocess.run(
        command.argv, env=environment, cwd=ROOT, capture_output=True, check=False
    )


def test_the_defaults_differ_in_nothing_from_what_is_published(installation):
    done = plan(installation, ROOT / "infra" / "defaults.yaml")
    assert (done.returncode, done.stdout) == (0, b"nothing differs\n"), done.stderr


def test_a_file_that_differs_ends_the_plan_with_two(installation, word, tmp_path):
    file = tmp_path / "bundle.json"
    file.write_text(json.dumps({"teams": {word: {"members": []}}}))
    assert plan(installation, file).returncode == 2
