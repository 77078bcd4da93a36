"""Public bug reports of other systems, as facts (`tests/vectors/field-reports.jsonl`):
each is held by a test that has its id in its name.
"""

import json

from tests.support.files import TESTS, VECTORS

REPORTS = (VECTORS / "field-reports.jsonl").read_text("utf-8").splitlines()


def test_every_report_is_a_test():
    sources = "".join(path.read_text("utf-8") for path in TESTS.rglob("test_*.py"))
    ids = [json.loads(line)["id"].replace("-", "_") for line in REPORTS]
    assert len(ids) == 10
    assert [name for name in ids if f"def test_{name}_" not in sources] == []
