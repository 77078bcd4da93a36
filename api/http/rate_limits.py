"""Requests counted by window, as draft-ietf-httpapi-ratelimit-headers describes it.

In memory and for this process alone: with several processes of the API a client may
ask each of them as often as this.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from api.http.limits import Rate

MOST_SUBJECTS = 10_000
"""Counted at once; beyond it the one that began its window first is forgotten."""
MOST_KNOWN = 1_000
"""Different wrong keys remembered of one address in one window."""


@dataclass(slots=True)
class _Window:
    began: float
    used: int = 0
    seen: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a client stands after a request. `allowed`: it is within the quota."""

    policy: str
    rate: Rate
    used: int
    reset_s: int

    @property
    def allowed(self) -> bool:
        return self.used <= self.rate.quota

    def headers(self) -> dict[str, str]:
        left, name = max(self.rate.quota - self.used, 0), self.policy
        told = {
            "RateLimit-Policy": f'"{name}";q={self.rate.quota};w={self.rate.window_s}',
            "RateLimit": f'"{name}";r={left};t={self.reset_s}',
        }
        return told if self.allowed else told | {"Retry-After": str(self.reset_s)}


class RateLimiter:
    """One policy, each subject by its own window."""

    def __init__(
        self, policy: str, rate: Rate, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._policy, self._rate, self._clock = policy, rate, clock
        self._windows: OrderedDict[str, _Window] = OrderedDict()

    def take(self, subject: str, different: str | None = None) -> Standing:
        """Count one request; with `different` only if that is new in this window."""
        window = self._window(subject)
        if different is None:
            window.used += 1
        elif different not in window.seen:
            if len(window.seen) < MOST_KNOWN:
                window.seen.add(different)
            window.used += 1
        left = window.began + self._rate.window_s - self._clock()
        return Standing(self._policy, self._rate, window.used, max(math.ceil(left), 1))

    def _window(self, subject: str) -> _Window:
        now = self._clock()
        window = self._windows.get(subject)
        if window is None or now - window.began >= self._rate.window_s:
            window = self._windows[subject] = _Window(now)
            self._windows.move_to_end(subject)
            if len(self._windows) > MOST_SUBJECTS:
                self._windows.popitem(last=False)
        return window


def network_of(address: str) -> str:
    """Who has one address of an IPv6 /64 mostly has them all."""
    if ":" not in address:
        return address
    try:
        network = ipaddress.ip_network((address.partition("%")[0], 64), strict=False)
    except ValueError:
        return address
    return str(network)
