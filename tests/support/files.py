"""Where the repository lies, the cases that others published, a log of incidents."""

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests"
VECTORS = TESTS / "vectors"
EXCERPT = VECTORS / "incidents.csv"
WHOLE = Path(os.environ.get("PLEDGE_INCIDENT_LOG", "no log was named"))
