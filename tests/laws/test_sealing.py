"""What is encrypted for one place opens there, and nowhere else."""

import os

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.errors import UnreadableError
from domain.lifecycle.facts import Customer, TicketOpened
from domain.personal import ERASED, MASKED, is_personal, masked, places
from infra.eventstore.codec import decode, encode, read
from infra.eventstore.sealing import (
    SALT_BYTES,
    PersonKey,
    Where,
    locked,
    opened,
    sealed,
    unlocked,
)
from infra.eventstore.topics import FACTS
from tests.support.facts import JSON, TEXT, event, facts

KEY = PersonKey("one-person's-key", "c-1", os.urandom(32), b"")
KEYS = {KEY.id: KEY.secret}
PLACES = st.builds(Where, TEXT, st.integers(1, 2**40), TEXT)
PERSONAL = sorted(topic for topic, kind in FACTS.items() if is_personal(kind))


@given(JSON, PLACES, TEXT)
def test_a_value_opens_where_it_was_sealed(value, where, pointer):
    assert opened(sealed(value, KEY, where, pointer), KEYS, where, pointer) == value


@given(JSON, TEXT, TEXT)
def test_a_value_opens_at_no_other_place(value, one, other):
    assume(one != other)
    where = Where("t", 1, "ticket.opened")
    envelope = sealed(value, KEY, where, one)
    with pytest.raises(UnreadableError):
        opened(envelope, KEYS, where, other)


@given(st.tuples(TEXT, TEXT), st.tuples(TEXT, TEXT))
def test_no_two_places_have_the_same_associated_data(one, other):
    assume(one != other)

    def bytes_of(place):
        return Where(place[0], 1, place[1]).associated_data("/x")

    assert bytes_of(one) != bytes_of(other)


def test_a_ciphertext_that_another_key_would_open_too_is_refused():
    place = Where("t", 1, "ticket.opened").associated_data("/body")
    both = locked(b'"yes"', KEY.secret, place)
    # With another commitment it is the ciphertext of somebody who planned two texts.
    other = both[:SALT_BYTES] + bytes(32) + both[SALT_BYTES + 32 :]
    with pytest.raises(UnreadableError):
        unlocked(other, KEY.secret, place)


def test_the_same_value_is_never_sealed_to_the_same_bytes_twice():
    where = Where("t", 1, "ticket.opened")
    assert sealed("yes", KEY, where, "/body") != sealed("yes", KEY, where, "/body")


@given(st.sampled_from(PERSONAL).flatmap(facts))
def test_an_event_comes_back_as_it_was(fact):
    one = event("t", 1, fact)
    assert decode("t", 1, fact.topic, encode(one, KEY), KEYS) == one


@given(st.sampled_from(PERSONAL).flatmap(facts))
def test_without_the_key_every_personal_value_reads_erased_and_the_rest_stays(fact):
    stored = encode(event("t", 1, fact), KEY)
    erased = decode("t", 1, fact.topic, stored, {KEY.id: None}).fact
    form, known = plain(erased), plain(fact)
    for place in places(type(fact), form):
        assert place.value == ERASED
        place.put(None)
    for place in places(type(fact), known):
        place.put(None)
    assert form == known


@given(st.sampled_from(PERSONAL).flatmap(facts))
def test_the_stored_bytes_name_each_key_that_opens_them(fact):
    found = list(places(type(fact), plain(fact)))
    stored = read("t", 1, fact.topic, encode(event("t", 1, fact), KEY))
    assert list(stored.key_ids()) == [KEY.id] * len(found)


def test_a_users_value_that_looks_like_an_envelope_is_left_alone():
    trap = {"personal": KEY.id, "salt": "", "sealed": ""}
    fact = opening(attributes={"x": trap})
    stored = encode(event("t", 1, fact), KEY)
    assert decode("t", 1, fact.topic, stored, KEYS).fact == fact


def test_a_personal_attribute_is_sealed_and_the_others_are_not():
    fact = opening(attributes={"a/b": 4711, "x": 4712}, personal_attributes=("a/b",))
    stored = encode(event("t", 1, fact), KEY)
    assert b"4711" not in stored
    assert b"4712" in stored


@given(st.sampled_from(PERSONAL).flatmap(facts))
def test_what_is_masked_is_what_is_sealed(fact):
    form = plain(fact)
    masked(type(fact), form)
    assert all(p.value in (MASKED, ERASED) for p in places(type(fact), form))


def opening(**fields):
    return TicketOpened(
        number=1, subject="s", body="b", channel="email", type="question",
        priority="normal", customer=Customer(external_id="c-1"), product_area=None,
        tags=(), **fields,
    )  # fmt: skip


def plain(fact):
    return msgspec.to_builtins(fact)
