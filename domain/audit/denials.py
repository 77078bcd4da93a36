"""Refused calls, put together: the first is told at once, a flood in a few sums."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.audit.facts import AccessDenied, DenialReason, DeniedCalls
from domain.event import SYSTEM, Actor

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=60)
MOST_ROUTES = 50


@dataclass(frozen=True, kw_only=True)
class Denial:
    """`key_id` and `actor` are of the key that was presented; None if nobody's."""

    key_id: str | None
    actor: Actor | None
    method: str
    route: str
    permission: str
    reason: DenialReason
    request_id: str


@dataclass
class Gathered:
    """What was refused to one key and is not recorded yet. `pause`: until the next
    event about it, twice as long each time.
    """

    actor: Actor
    due_at: datetime
    pause: timedelta = FIRST_PAUSE
    since: datetime | None = None
    until: datetime | None = None
    request_id: str = ""
    counts: Counter[tuple[str, str, str, DenialReason]] = field(default_factory=Counter)


class Gathering:
    """By key. What it holds is bounded: of a key one line for each route."""

    def __init__(self) -> None:
        self._by_key: dict[str | None, Gathered] = {}

    def add(self, denial: Denial, at: datetime) -> bool:
        """Whether it is due at once."""
        found = self._by_key.get(denial.key_id)
        is_first = found is None
        if found is None:
            found = Gathered(actor=denial.actor or SYSTEM, due_at=at)
            self._by_key[denial.key_id] = found
        if found.since is None:
            found.since, found.request_id = at, denial.request_id
        found.until = at
        what = (denial.method, denial.route, denial.permission, denial.reason)
        found.counts[what] += 1
        return is_first

    def next_due_at(self) -> datetime | None:
        return min((g.due_at for g in self._by_key.values()), default=None)

    def take(self, at: datetime | None) -> list[tuple[Gathered, AccessDenied]]:
        """What is due by then, to be recorded; None: all of it. A key to which nothing
        was refused since is forgotten.
        """
        found = []
        for key_id, gathered in [*self._by_key.items()]:
            if at is not None and gathered.due_at > at:
                continue
            if gathered.since is None or gathered.until is None:
                del self._by_key[key_id]
                continue
            found.append((gathered, _fact(key_id, gathered)))
            self._by_key[key_id] = Gathered(
                actor=gathered.actor,
                due_at=(at or gathered.until) + gathered.pause,
                pause=min(2 * gathered.pause, LONGEST_PAUSE),
            )
        return found

    def put_back(self, gathered: Gathered, fact: AccessDenied) -> None:
        """It could not be recorded: it is told with what has come since."""
        now = self._by_key[fact.key_id]
        now.since, now.request_id = gathered.since, gathered.request_id
        now.until = now.until or gathered.until
        now.counts += gathered.counts


def denials_stream(key_id: str | None) -> str:
    return f"denials/{key_id or 'unknown'}"


def _fact(key_id: str | None, gathered: Gathered) -> AccessDenied:
    assert gathered.since is not None
    assert gathered.until is not None
    most = gathered.counts.most_common(MOST_ROUTES)
    calls = tuple(
        DeniedCalls(
            method=method,
            route=route,
            permission=permission,
            reason=reason,
            count=count,
        )
        for (method, route, permission, reason), count in most
    )
    total = gathered.counts.total()
    return AccessDenied(
        key_id=key_id,
        count=total,
        since=gathered.since,
        until=gathered.until,
        calls=calls,
        others=total - sum(call.count for call in calls),
    )
