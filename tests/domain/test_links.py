"""Links in messages: made here, whole, and for one thing only."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notification.links import (
    ACTIONS,
    Link,
    LinkError,
    read_link,
    sign_link,
)
from tests.dsl import NOON

KEY = b"the key of this installation"
LINK = Link(notification="t-1.7.0", action="acknowledge", expires_at=NOON)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_link_is_read_as_it_was_signed(action):
    link = Link(notification="t-1.7.lead", action=action, expires_at=NOON)
    assert read_link(KEY, sign_link(KEY, link)) == link


def test_a_link_of_another_installation_is_none():
    with pytest.raises(LinkError):
        read_link(b"another key", sign_link(KEY, LINK))


@given(st.integers(0), st.characters())
def test_whatever_is_changed_in_a_link_makes_it_none(place, other):
    token = sign_link(KEY, LINK)
    place %= len(token)
    changed = token[:place] + other + token[place + 1 :]
    try:
        assert read_link(KEY, changed) == LINK  # the same bits, written otherwise
        assert changed.rstrip("=") != token or other == token[place]
    except LinkError:
        assert changed != token


@given(st.text())
def test_no_text_is_anything_but_a_link_or_refused(text):
    with pytest.raises(LinkError):
        read_link(KEY, text)


def test_two_signatures_of_two_actions_are_not_exchangeable():
    accept = Link(
        notification="t-1.7.0", action="accept", expires_at=NOON + timedelta(days=1)
    )
    first, second = sign_link(KEY, LINK), sign_link(KEY, accept)
    mixed = f"{second.partition('.')[0]}.{first.partition('.')[2]}"
    with pytest.raises(LinkError):
        read_link(KEY, mixed)
