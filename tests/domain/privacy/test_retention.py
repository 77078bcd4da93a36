"""How long records are kept, and who is due."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import InvalidError
from domain.event import SYSTEM, Event, Meta
from domain.privacy.facts import (
    DeletedRecords,
    RetentionApplied,
    RetentionFailed,
    RetentionRequested,
)
from domain.privacy.retention import (
    Periods,
    Standing,
    fold_run,
    judged,
    limits_of,
    parse_period,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DAY = timedelta(days=1)
WANTED = RetentionRequested(transactions=3 * DAY, logs=None, reason="yearly")


def standing(touched_at=NOW, *, closed=True):
    return Standing(external_id="c-1", tickets=2, closed=closed, touched_at=touched_at)


def told(*facts):
    meta = Meta(command_id="c", correlation_id="c", causation_id="c", actor=SYSTEM)
    return [
        Event("retention/r-1", version, NOW + version * DAY, meta, fact)
        for version, fact in enumerate(facts, 1)
    ]


@pytest.mark.parametrize(
    ("text", "period"),
    [("P1095D", 1095 * DAY), ("1d", DAY), ("P3650D", 3650 * DAY), ("off", None)],
)
def test_a_period_is_a_duration_or_off(text, period):
    assert parse_period(text) == period


@pytest.mark.parametrize("text", ["PT0S", "-P1D", "P36526D", "P3Y", "never", ""])
def test_no_other_word_is_a_period(text):
    with pytest.raises(ValueError, match=r"must|longer|duration"):
        parse_period(text)


def test_each_class_is_due_by_its_own_period():
    limits = limits_of(Periods(transactions=3 * DAY, logs=None), NOW)
    assert (limits.transactions, limits.logs) == (NOW - 3 * DAY, None)


def test_an_instant_outside_the_calendar_is_refused_by_name():
    first = datetime(1, 1, 2, tzinfo=UTC)
    with pytest.raises(InvalidError, match="/at"):
        limits_of(Periods(transactions=None, logs=3 * DAY), first)


def test_who_was_touched_before_the_limit_is_due():
    assert judged(standing(NOW - DAY), NOW) == "due"


def test_who_was_touched_at_the_limit_is_not_due():
    assert judged(standing(NOW), NOW) == "recent"


def test_a_ticket_that_is_not_closed_keeps_its_customer_however_old_it_is():
    assert judged(standing(NOW - 9 * DAY, closed=False), NOW) == "not_closed"


def test_a_run_that_was_only_requested_is_not_finished():
    run = fold_run(told(WANTED))
    assert (run.id, run.wanted, run.requested_by) == ("r-1", WANTED, "pledge")
    assert run.finished_at is None


def test_a_run_knows_what_it_did():
    gone = (DeletedRecords(name="deliveries", count=7),)
    applied = RetentionApplied(erased=3, held=1, kept=2, deleted=gone)
    run = fold_run(told(WANTED, applied))
    assert (run.applied, run.finished_at) == (applied, NOW + 2 * DAY)


def test_a_run_knows_why_it_failed():
    run = fold_run(told(WANTED, RetentionFailed(error="a fault")))
    assert (run.error, run.applied) == ("a fault", None)


def test_without_a_request_there_is_no_run():
    assert fold_run([]) is None
