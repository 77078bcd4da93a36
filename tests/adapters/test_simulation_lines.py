"""What `pledge simulate` says of a clock: only what the draft changes, in words."""

from infra.cli.simulate import clock_line

KEPT = {
    "verdict": "met",
    "target": "P1DT16H",
    "due_at": "2026-11-30T16:00:00Z",
    "breached_at": None,
    "told": [],
}


def line(**changed):
    return clock_line(
        {
            "metric": "resolution",
            "cycle": 1,
            "published": KEPT,
            "draft": {**KEPT, **changed},
        }
    )


def test_a_shorter_target_shows_both_times_and_both_targets():
    assert line(due_at="2026-11-29T20:00:00Z", target="PT20H") == (
        "resolution: due 2026-11-30T16:00:00Z → 2026-11-29T20:00:00Z,"
        " target P1DT16H → PT20H"
    )


def test_what_is_broken_and_not_done_is_said_in_words():
    at = "2026-11-29T20:00:00Z"
    assert line(verdict="open", breached_at=at) == (
        f"resolution: met → breached at {at} and still open"
    )


def test_who_would_be_notified_instead_is_named():
    told = {"person": "bo", "step": 0, "repetition": 0, "at": "2026-11-29T20:00:00Z"}
    assert line(told=[told, told]) == "resolution: notified nobody → bo"
