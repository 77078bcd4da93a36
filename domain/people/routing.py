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
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeGuard, get_args

from domain.duration import parse_positive
from domain.errors import FieldError, InvalidError, UnknownWordError
from domain.event import Json

Mode = Literal["manual", "direct", "offer"]
Order = Literal["oldest", "most_urgent"]
Ranking = Literal["least_loaded", "round_robin", "skilled", "longest_idle"]
Affinity = Literal["owner", "customer"]
Skills = Mapping[str, int]
OFFER_TIMEOUT = timedelta(minutes=2)
OFFER_ROUNDS = 5
MOST_ROUNDS = 100
LONGEST_PAUSE = timedelta(hours=1)
LONGEST_SHIFT = timedelta(days=7)
AT = "/assignment"


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


def parse_terms(document: Json) -> RoutingRules:
    """Of a team's document. Raises InvalidError."""
    found = document.get("assignment")
    if found is None:
        return MANUAL
    if not isinstance(found, dict):
        raise InvalidError.at(AT, "must be an object")
    reader = _Reader(found)
    routing = RoutingRules(
        mode=reader.word("mode", get_args(Mode), "manual"),  # type: ignore[arg-type]
        strategy=reader.word(  # type: ignore[arg-type]
            "strategy", get_args(Ranking), "least_loaded"
        ),
        offer_timeout=reader.length("offer_timeout") or OFFER_TIMEOUT,
        offer_rounds=reader.count("offer_rounds", MOST_ROUNDS, OFFER_ROUNDS),
        longest_pause=reader.length("longest_pause") or LONGEST_PAUSE,
        order=reader.word("order", get_args(Order), "oldest"),  # type: ignore[arg-type]
        needs=reader.needs(),
        required=reader.skills("required"),
        relax_after=reader.length("relax_after"),
        overflow=reader.overflow(),
        weights=reader.levels("weights", "must be a whole number from 1"),
        on_shift=reader.on_shift(),
        affinity=reader.affinity(),
    )
    if routing.strategy == "skilled" and not (routing.needs or routing.required):
        reader.fault("/needs", "`skilled` ranks by skills: say which are needed")
    if reader.errors:
        raise InvalidError(reader.errors)
    return routing


def _is_level(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


class _Reader:
    """Goes on after a fault, so that all are named at once."""

    def __init__(self, document: Json) -> None:
        self.document = document
        self.errors: list[FieldError] = []

    def fault(self, pointer: str, message: str) -> None:
        self.errors.append(FieldError(AT + pointer, message))

    def word(self, name: str, words: tuple[str, ...], default: str) -> str:
        value = self.document.get(name, default)
        if value not in words:
            self.errors.append(UnknownWordError.of(f"{AT}/{name}", value, words))
            return default
        return str(value)

    def length(self, name: str) -> timedelta | None:
        value = self.document.get(name)
        return None if value is None else self._length(value, f"/{name}")

    def count(self, name: str, most: int, default: int) -> int:
        value = self.document.get(name, default)
        if _is_level(value) and value <= most:
            return value
        self.fault(f"/{name}", f"is {value!r}, not a whole number from 1 to {most}")
        return default

    def needs(self) -> Skills | str:
        value = self.document.get("needs")
        return value if isinstance(value, str) else self.skills("needs")

    def skills(self, name: str) -> dict[str, int]:
        value = self.document.get(name)
        if isinstance(value, dict):
            return self.levels(name, "must be a level from 1")
        if value is not None and not isinstance(value, list | tuple):
            self.fault(f"/{name}", "must be skills, or skills with levels")
        return skills_of(value)

    def levels(self, name: str, wanted: str) -> dict[str, int]:
        value = self.document.get(name, {})
        levels = value if isinstance(value, dict) else {"": None}
        for word, level in levels.items():
            if not _is_level(level):
                self.fault(f"/{name}/{word}".removesuffix("/"), wanted)
        return skills_of(levels)

    def on_shift(self) -> OnShift | None:
        value = self.document.get("on_shift")
        if value is None:
            return None
        document = value if isinstance(value, dict) else {}
        schedule, left = document.get("schedule"), document.get("left")
        if not isinstance(schedule, str):
            self.fault("/on_shift/schedule", "must be the name of a schedule")
        if left is None:
            return OnShift(schedule=str(schedule))
        length = self._length(left, "/on_shift/left")
        if length > LONGEST_SHIFT:
            self.fault("/on_shift/left", "must be at most 7 days")
        return OnShift(schedule=str(schedule), left=min(length, LONGEST_SHIFT))

    def affinity(self) -> tuple[Affinity, ...]:
        value = self.document.get("affinity", [])
        words = value if isinstance(value, list | tuple) else [value]
        known: tuple[Affinity, ...] = get_args(Affinity)
        for place, word in enumerate(words):
            if word not in known:
                where = f"{AT}/affinity/{place}"
                self.errors.append(UnknownWordError.of(where, word, known))
        return tuple(known[known.index(word)] for word in words if word in known)

    def overflow(self) -> Overflow | None:
        value = self.document.get("overflow")
        if value is None:
            return None
        document = value if isinstance(value, dict) else {}
        team = document.get("team")
        if not isinstance(team, str):
            self.fault("/overflow/team", "must be the name of a team")
        after = self._length(document.get("after"), "/overflow/after")
        return Overflow(after=after, team=str(team))

    def _length(self, value: object, pointer: str) -> timedelta:
        try:
            return parse_positive(str(value))
        except ValueError as error:
            self.fault(pointer, str(error))
            return OFFER_TIMEOUT
