"""A real platform's incidents, judged in office hours with their waiting left out, are
judged as a slow reference judges them: every one, to the second.

On the whole log where it lies beside the repository, else on the committed excerpt.
"""

from collections import Counter
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from infra.servicenow.bundle import policies
from infra.servicenow.history import opened
from infra.servicenow.log import read
from infra.servicenow.replay import judge
from infra.servicenow.report import table
from tests.adapters.incident_reference import Minutes, incidents, judged
from tests.support.files import EXCERPT, ROOT, WHOLE

LARGEST = WHOLE if WHOLE.exists() else EXCERPT
BUNDLE = ROOT / "examples" / "incident-office-hours.yaml"
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture(scope="module")
def both():
    """The verdicts of the engine, and those of the reference."""
    world = policies(BUNDLE)
    log = read(LARGEST, BERLIN, datetime(2020, 1, 1, tzinfo=UTC))
    assert not log.faults
    verdicts = [
        judge(opened(rows, 1, str(BERLIN), "import"), world)
        for rows in log.incidents.values()
    ]
    return verdicts, judged(incidents(LARGEST), BERLIN)


def test_every_incident_has_used_what_the_reference_says_to_the_second(both):
    verdicts, reference = both
    told = {v.incident: (v.outcome, v.priority, v.elapsed) for v in verdicts}
    assert told == {
        number: (found.outcome, found.priority, found.used)
        for number, found in reference.items()
    }


def test_attainment_by_priority_is_that_of_the_reference(both):
    verdicts, reference = both
    told = {
        (line.name, outcome): getattr(line, outcome)
        for line in table(verdicts)[:-1]
        for outcome in ("met", "missed", "open")
    }
    counted = Counter((found.priority, found.outcome) for found in reference.values())
    assert {key: count for key, count in told.items() if count} == counted


def test_it_makes_a_difference_whether_the_hours_of_the_office_count(both):
    verdicts, _ = both
    kinds = Counter((v.outcome, v.priority != "urgent") for v in verdicts)
    assert kinds["met", True]
    assert kinds["missed", True]


def test_the_reference_knows_the_hour_that_a_night_lacks():
    night = datetime(2016, 3, 26, 23, tzinfo=UTC)
    minutes = Minutes(BERLIN, night, night + timedelta(days=3))
    tuesday = datetime(2016, 3, 29, tzinfo=BERLIN)
    work = minutes.between(night, tuesday.replace(hour=9).astimezone(UTC))
    assert work == timedelta(hours=1)  # Monday is a holiday, summer time has come
