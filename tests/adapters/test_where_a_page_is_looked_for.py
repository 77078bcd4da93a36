"""How far a list is read in its order before a page is looked for everywhere."""

import pytest

from infra.projections.ticket_query import NARROWEST, WIDEST, Estimate

MILLION = 1_000_000.0


@pytest.mark.parametrize(
    ("matching", "rows"),
    [(500_000, NARROWEST), (10_000, 10_000), (5_000, 20_000), (1_000, WIDEST)],
)
def test_the_rarer_what_matches_the_more_rows_are_looked_at(matching, rows):
    assert Estimate(MILLION, (matching,)).window(50) == rows


def test_where_nothing_is_expected_to_match_the_window_has_an_end():
    assert Estimate(MILLION, (0.0,)).window(50) == WIDEST


def test_of_several_words_the_rarest_counts():
    both = Estimate(MILLION, (MILLION, 500_000, 5_000))
    assert both.window(50) == Estimate(MILLION, (5_000,)).window(50)


@pytest.mark.parametrize(("matching", "few"), [(4_999, True), (5_001, False)])
def test_few_are_sorted_at_once(matching, few):
    assert Estimate(MILLION, (MILLION, matching)).few is few
