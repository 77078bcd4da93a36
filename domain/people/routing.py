"""By which terms a team gets its tickets, in the words of its document.

assignment:
  mode: manual | direct | offer      by hand; given at once; asked first
  strategy: least_loaded | round_robin | skilled | longest_idle
  offer_timeout: PT2M
  offer_rounds: 5                    how often everybody is asked before it ends
  longest_pause: PT1H                between rounds: offer_timeout, doubled each time
  order: oldest | most_urgent        who of those that wait is next
  needs: {english: 2} | [english] | "skills"     the last: an attribute of the ticket
  required: {english: 2} | [english]             of it nothing is ever dropped
  relax_after: PT5M
  overflow: {after: PT15M, team: second}
  weights: {phone: 10, chat: 3}      of somebody's capacity; 1 where none is said
  on_shift: {schedule: front, left: PT30M}       only who is, for so long at least
  affinity: [owner, customer]        whom before others, as far as they are free
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal, TypeGuard, get_args

from domain.documents.reader import Reader
from domain.event import Json

Mode = Literal["manual", "direct", "offer"]
Order = Literal["oldest", "most_urgent"]
Ranking = Literal["least_loaded", "round_robin", "skilled", "longest_idle"]
Affinity = Literal["owner", "customer"]
MODES: tuple[Mode, ...] = get_args(Mode)
ORDERS: tuple[Order, ...] = get_args(Order)
RANKINGS: tuple[Ranking, ...] = get_args(Ranking)
AFFINITIES: tuple[Affinity, ...] = get_args(Affinity)
Skills = Mapping[str, int]
OFFER_TIMEOUT = timedelta(minutes=2)
OFFER_ROUNDS = 5
MOST_ROUNDS = 100
LONGEST_PAUSE = timedelta(hours=1)
WEIGHT = "must be a whole number from 1"
LONGEST_SHIFT = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class Overflow:
    """`after`: since the ticket came into this team's queue."""

    after: timedelta
    team: str


@dataclass(frozen=True, kw_only=True)
class OnShift:
    """On call by this schedule, and still so `left` later."""

    schedule: str
    left: timedelta = timedelta(0)


@dataclass(frozen=True, kw_only=True)
class RoutingRules:
    """`needs`: skills and levels that a ticket takes, or the attribute of the ticket
    that has them. `required` stays; the rest is insisted on until `relax_after`, and
    each time that passes the lowest is dropped. Without `relax_after` it is only a wish
    where the strategy ranks by skill. `affinity`: `owner` is who had this very ticket
    last, `customer` who had another one of the same customer last.
    """

    mode: Mode = "manual"
    strategy: Ranking = "least_loaded"
    offer_timeout: timedelta = OFFER_TIMEOUT
    offer_rounds: int = OFFER_ROUNDS
    longest_pause: timedelta = LONGEST_PAUSE
    order: Order = "oldest"
    needs: Skills | str = field(default_factory=dict)
    required: Skills = field(default_factory=dict)
    relax_after: timedelta | None = None
    overflow: Overflow | None = None
    weights: Mapping[str, int] = field(default_factory=dict)
    on_shift: OnShift | None = None
    affinity: tuple[Affinity, ...] = ()

    def preferred_skills(self, attributes: Json) -> dict[str, int]:
        """What this ticket takes beyond what is required, the lowest last."""
        asked = self.needs
        skills = skills_of(attributes.get(asked)) if isinstance(asked, str) else asked
        preferred_skills = {s: n for s, n in skills.items() if s not in self.required}
        return dict(sorted(preferred_skills.items(), key=lambda s: (-s[1], s[0])))

    def pause_after(self, round_: int) -> timedelta:
        """Before everybody is asked once more; it grows with each round."""
        pause = self.offer_timeout
        for _ in range(1, round_):
            pause *= 2
            if pause >= self.longest_pause:
                break
        return min(pause, max(self.longest_pause, self.offer_timeout))

    def required_skills(self, preferred_skills: Skills) -> dict[str, int]:
        """What a taker must have, of what is still wished for."""
        ranked_only = self.strategy == "skilled" and self.relax_after is None
        return dict(self.required) | ({} if ranked_only else dict(preferred_skills))


MANUAL = RoutingRules()


def skills_of(value: object) -> dict[str, int]:
    """`{english: 2}`, or a list of skills at level 1; what is neither counts for
    nothing, because attributes of tickets may be anything.
    """
    if isinstance(value, list | tuple):
        return {str(skill): 1 for skill in value}
    if isinstance(value, dict):
        return {str(s): n for s, n in value.items() if _is_level(n)}
    return {}


def read_routing(reader: Reader) -> RoutingRules:
    if not reader.is_object():
        return MANUAL
    routing = RoutingRules(
        mode=reader.get("mode", "manual").one_of(MODES),
        strategy=reader.get("strategy", "least_loaded").one_of(RANKINGS),
        offer_timeout=reader.optional("offer_timeout", Reader.duration)
        or OFFER_TIMEOUT,
        offer_rounds=_read_rounds(reader.get("offer_rounds", OFFER_ROUNDS)),
        longest_pause=reader.optional("longest_pause", Reader.duration)
        or LONGEST_PAUSE,
        order=reader.get("order", "oldest").one_of(ORDERS),
        needs=_read_needs(reader["needs"]),
        required=_read_skills(reader["required"]),
        relax_after=reader.optional("relax_after", Reader.duration),
        overflow=reader.optional("overflow", _read_overflow),
        weights=_read_levels(
            reader.get("weights", {}), "must be a whole number from 1"
        ),
        on_shift=reader.optional("on_shift", _read_on_shift),
        affinity=_read_affinity(reader.get("affinity", [])),
    )
    if routing.strategy == "skilled" and not (routing.needs or routing.required):
        reader["needs"].fault("`skilled` ranks by skills: say which are needed")
    return routing


def _is_level(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _read_rounds(reader: Reader) -> int:
    if _is_level(reader.value) and reader.value <= MOST_ROUNDS:
        return reader.value
    reader.fault(f"is {reader.value!r}, not a whole number from 1 to {MOST_ROUNDS}")
    return OFFER_ROUNDS


def _read_needs(reader: Reader) -> Skills | str:
    return reader.value if isinstance(reader.value, str) else _read_skills(reader)


def _read_skills(reader: Reader) -> dict[str, int]:
    if isinstance(reader.value, dict):
        return _read_levels(reader, "must be a level from 1")
    if reader.value is not None and not isinstance(reader.value, list | tuple):
        reader.fault("must be skills, or skills with levels")
    return skills_of(reader.value)


def _read_levels(reader: Reader, wanted: str) -> dict[str, int]:
    if not isinstance(reader.value, dict):
        reader.fault(wanted)
    for level in reader.members().values():
        if not _is_level(level.value):
            level.fault(wanted)
    return skills_of(reader.value)


def _read_overflow(reader: Reader) -> Overflow:
    team = reader["team"].required_name("teams", "must be the name of a team")
    return Overflow(after=reader["after"].duration(), team=team)


def _read_on_shift(reader: Reader) -> OnShift:
    wanted = "must be the name of a schedule"
    schedule = reader["schedule"].required_name("schedules", wanted)
    left = reader.optional("left", Reader.duration) or timedelta(0)
    if left > LONGEST_SHIFT:
        reader["left"].fault("must be at most 7 days")
    return OnShift(schedule=schedule, left=left)


def _read_affinity(reader: Reader) -> tuple[Affinity, ...]:
    """A single one may stand without a list."""
    several = isinstance(reader.value, list | tuple)
    words = reader if several else replace(reader, value=[reader.value])
    return tuple(word.one_of(AFFINITIES) for word in words.items())
