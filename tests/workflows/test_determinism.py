"""A workflow that sleeps for weeks wakes up in newer code: what it did must still be
what the code would do.
"""

import ast
import json

import pytest
from temporalio.client import WorkflowHistory

from tests.support.files import ROOT
from tests.workflows.conftest import HISTORIES, replay

FINGERPRINT = HISTORIES / "fingerprint.json"
RECORDED = sorted(p for p in HISTORIES.glob("*.json") if p != FINGERPRINT)
STEPS = {
    "execute_activity",
    "start_activity",
    "execute_local_activity",
    "execute_child_workflow",
    "start_child_workflow",
    "wait_condition",
    "sleep",
    "continue_as_new",
    "patched",
    "deprecate_patch",
    "uuid4",
    "random",
}
ADVICE = """
The steps of a workflow changed. Tickets that sleep now will wake up in the new code:
1. Put the change behind `workflow.patched("why-in-kebab-case")`, both ways kept, so
   that tests/workflows still replays every history under tests/histories.
2. Record the new way as well:
   PLEDGE_RECORD_HISTORIES=1 pytest tests/workflows -k two_weeks
3. Write the new fingerprint: python -m tests.workflows.test_determinism
"""


def fingerprint() -> dict[str, list[str]]:
    """Of each workflow class: what it asks of Temporal, in the order of the source."""
    found = {}
    for path in sorted((ROOT / "workflows").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and node.decorator_list:
                found[node.name] = steps(node)
    return found


def steps(node: ast.ClassDef) -> list[str]:
    calls = [c for c in ast.walk(node) if isinstance(c, ast.Call) and step(c)]
    calls.sort(key=lambda call: (call.lineno, call.col_offset))
    return [" ".join([step(c), *literals(c)]) for c in calls]


def step(call: ast.Call) -> str:
    """The name, if it is called on the module `workflow`."""
    match call.func:
        case ast.Attribute(value=ast.Name(id="workflow"), attr=name) if name in STEPS:
            return name
    return ""


def literals(call: ast.Call) -> list[str]:
    return [str(a.value) for a in call.args if isinstance(a, ast.Constant)]


def test_the_steps_of_the_workflows_are_those_that_were_recorded():
    assert fingerprint() == json.loads(FINGERPRINT.read_text()), ADVICE


def test_there_are_recorded_histories():
    assert RECORDED


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", RECORDED, ids=lambda p: p.stem)
async def test_a_recorded_history_replays(path):
    await replay(WorkflowHistory.from_json(path.stem, path.read_text()))


if __name__ == "__main__":
    FINGERPRINT.write_text(json.dumps(fingerprint(), indent=1) + "\n")
