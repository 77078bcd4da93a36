"""A mistyped name is answered with the one that was meant, in any script."""

import pytest

from domain.nearest import did_you_mean, listed, nearest, not_one_of

WORDS = ("email", "chat", "web", "售后", "售前", "key_account", "Asia/Shanghai")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("emial", "email"),
        ("EMAIL", "email"),
        ("cht", "chat"),
        ("key-acount", "key_account"),
        ("key account", "key_account"),
        ("售後", "售后"),
        ("Asia/Shangai", "Asia/Shanghai"),
    ],
)
def test_the_name_that_was_meant_is_found(typed, meant):
    assert nearest(typed, WORDS) == meant


@pytest.mark.parametrize("typed", ["", "pigeon", "退款", "x" * 300])
def test_nothing_is_suggested_where_nothing_comes_close(typed):
    assert nearest(typed, WORDS) is None
    assert did_you_mean(typed, WORDS) == ""


def test_a_message_says_the_word_what_is_allowed_and_what_was_meant():
    said = not_one_of("emial", ("email", "phone"))
    assert said == "'emial' is not one of email, phone; did you mean 'email'?"
    assert not_one_of(7, ("email", "phone")) == "7 is not one of email, phone"


def test_of_a_long_list_only_the_first_are_named():
    assert listed([str(n) for n in range(18)]).endswith(", 15 and 2 more")
    assert listed([str(n) for n in range(16)]).endswith(", 15")
