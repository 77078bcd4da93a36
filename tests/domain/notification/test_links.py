"""Links in messages: made here, whole, and for one thing only."""

from datetime import timedelta

import pytest

from domain.notification.links import ACTIONS, Link, LinkError, read_link, sign_link
from tests.support.dsl import NOON

KEY = b"the key of this installation"
LINK = Link(notification="t-1.7.0", action="acknowledge", expires_at=NOON)


@pytest.mark.parametrize("action", ACTIONS)
def test_a_link_is_read_as_it_was_signed(action):
    link = Link(notification="t-1.7.lead", action=action, expires_at=NOON)
    assert read_link(KEY, sign_link(KEY, link)) == link


def test_a_link_of_another_installation_is_none():
    with pytest.raises(LinkError):
        read_link(b"another key", sign_link(KEY, LINK))


def test_two_signatures_of_two_actions_are_not_exchangeable():
    accept = Link(
        notification="t-1.7.0", action="accept", expires_at=NOON + timedelta(days=1)
    )
    first, second = sign_link(KEY, LINK), sign_link(KEY, accept)
    mixed = f"{second.partition('.')[0]}.{first.partition('.')[2]}"
    with pytest.raises(LinkError):
        read_link(KEY, mixed)
