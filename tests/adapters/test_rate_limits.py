"""Requests counted by window."""

import pytest

from api.http.limits import Rate
from api.http.rate_limits import MOST_SUBJECTS, RateLimiter, network_of


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def limiter(clock):
    return RateLimiter("key", Rate(3, 10), clock)


def test_as_many_as_the_quota_are_let_through_in_a_window(limiter):
    assert [limiter.take("a").allowed for _ in range(4)] == [True] * 3 + [False]


def test_the_next_window_begins_again(limiter, clock):
    for _ in range(4):
        limiter.take("a")
    clock.now += 10
    assert limiter.take("a").allowed


def test_each_has_a_window_of_their_own(limiter):
    for _ in range(4):
        limiter.take("a")
    assert limiter.take("b").allowed


def test_the_headers_say_how_many_are_left_and_until_when(limiter, clock):
    limiter.take("a")
    clock.now += 3.5
    assert limiter.take("a").headers() == {
        "RateLimit-Policy": '"key";q=3;w=10',
        "RateLimit": '"key";r=1;t=7',
    }


def test_who_is_over_it_is_told_when_to_come_back(limiter):
    for _ in range(5):
        standing = limiter.take("a")
    assert standing.headers()["RateLimit"] == '"key";r=0;t=10'
    assert standing.headers()["Retry-After"] == "10"


def test_the_same_wrong_thing_again_counts_once(limiter):
    assert all(limiter.take("a", different="x").allowed for _ in range(9))
    assert [limiter.take("a", different=n).allowed for n in "yzw"] == [
        True,
        True,
        False,
    ]


def test_no_more_are_remembered_than_fit(limiter):
    for number in range(MOST_SUBJECTS + 50):
        limiter.take(str(number))
    assert len(limiter._windows) == MOST_SUBJECTS


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("a:strange:one", "a:strange:one"),
    ],
)
def test_an_ipv6_address_counts_by_its_network(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize("text", ["100/10s", "100/PT10S", " 100/10s "])
def test_a_rate_is_read(text):
    assert Rate.parse(text) == Rate(100, 10)


@pytest.mark.parametrize("text", ["", "100", "0/10s", "100/0s", "100/10", "-1/1s"])
def test_a_rate_that_is_none_is_refused_with_how_to_write_it(text):
    with pytest.raises(ValueError, match=f"{text!r} is not a rate: write it as"):
        Rate.parse(text)
