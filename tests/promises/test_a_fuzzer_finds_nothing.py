"""A fuzzer that is not ours sends what the document allows, and what it does not:
each answer is one that the document knows.
"""

import subprocess
import sys
from pathlib import Path

FUZZER = Path(sys.executable).with_name("schemathesis")
CONFIG = Path(__file__).with_name("schemathesis.toml")


def test_schemathesis_finds_no_answer_that_the_document_does_not_know(
    own_installation,
):
    own_installation.start()
    url = f"{own_installation.http}/openapi.json"
    key = f"Authorization: Bearer {own_installation.admin_key}"
    run = ["run", url, "-H", key, "--max-examples", "2", "--seed", "20261130"]
    phases = ["--phases", "examples,fuzzing", "--continue-on-failure"]
    done = subprocess.run(
        [str(FUZZER), "--config-file", str(CONFIG), *run, *phases],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
