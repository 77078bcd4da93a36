"""Whatever is changed in a link makes it none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.notification.links import LinkError, read_link, sign_link
from tests.domain.notification.test_links import KEY, LINK


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
