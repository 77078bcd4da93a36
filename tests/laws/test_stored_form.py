"""Every fact survives the form in which it is stored."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.eventstore.codec import decode, encode
from infra.eventstore.topics import FACTS
from tests.support.facts import events


@pytest.mark.parametrize("topic", FACTS)
@settings(max_examples=10)
@given(data=st.data())
def test_every_fact_survives_the_stored_form(topic, data):
    before = data.draw(events(topic))
    after = decode(
        before.originator_id, before.originator_version, topic, encode(before)
    )
    assert after == before
