"""Who of a team gets a ticket, and why this one.

A pure function of what is known at one moment; the answer names each candidate with the
reason, also those that were not chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from domain.assignment import Directory, may_act

IN_TURN = "next in turn"


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """`load`: open tickets in their hands. `reason` says why chosen, or why not."""

    agent: str
    load: int
    chosen: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the one who is chosen must be. `away`: who cannot, and why. `last`: after
    whom a round robin goes on. `needs` are ranked by, `insisted` on are those without
    which nobody is chosen. `preferred`: whom before anybody else, the first first, and
    why. `weight`: how much of somebody's capacity it takes.
    """

    strategy: str
    holder: str | None = None
    last: str | None = None
    needs: Mapping[str, int] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    insisted: Mapping[str, int] = field(default_factory=dict)
    preferred: Mapping[str, str] = field(default_factory=dict)
    weight: int = 1


def candidates(
    directory: Directory, team: str, wanted: Wanted
) -> tuple[Candidate, ...]:
    """Every member of the team, at most one of them chosen, never who holds the ticket
    now. Ties go by the load, then by who took nothing for longest, then by the id.
    """
    known = directory.teams.get(team)
    members = known.members if known else ()
    unfit = {m: _unfit(directory, m, wanted) for m in members}
    free = [m for m in members if unfit[m] is None]
    chosen, why, why_not = _choice(directory, members, free, wanted)
    return tuple(
        Candidate(
            agent=member,
            load=directory.load(member),
            chosen=member == chosen,
            reason=unfit[member] or (why if member == chosen else why_not),
        )
        for member in members
    )


def chosen_of(found: tuple[Candidate, ...]) -> Candidate | None:
    return next((candidate for candidate in found if candidate.chosen), None)


def anybody_free(directory: Directory, team: str) -> bool:
    """Whether somebody of the team could take one more, whatever it needs."""
    anybody = Wanted(strategy="least_loaded")
    return chosen_of(candidates(directory, team, anybody)) is not None


def _unfit(directory: Directory, member: str, wanted: Wanted) -> str | None:
    unfit = may_act(directory, member)
    if unfit is not None:
        return unfit
    if member in wanted.away:
        return wanted.away[member]
    if member == wanted.holder:
        return "holds it already"
    agent, load = directory.agents[member], directory.load(member)
    if agent.capacity is not None and not _fits(load, wanted.weight, agent.capacity):
        takes = f", and this takes {wanted.weight}" if wanted.weight > 1 else ""
        return f"full: {load} of {agent.capacity}{takes}"
    lacking = [s for s, n in wanted.insisted.items() if agent.skills.get(s, 0) < n]
    return f"lacks {', '.join(lacking)}" if lacking else None


def _fits(load: int, weight: int, capacity: int) -> bool:
    """What is more than all of somebody's capacity still fits into empty hands."""
    return load + weight <= capacity or (load == 0 and capacity > 0)


_Choice = tuple[str | None, str, str]


def _choice(
    directory: Directory, members: tuple[str, ...], free: list[str], wanted: Wanted
) -> _Choice:
    for member, why in wanted.preferred.items():
        if member in free:
            return member, why, f"{member} {why}"
    return _CHOOSE[wanted.strategy](directory, members, free, wanted)


def _by_load(
    directory: Directory, _: tuple[str, ...], free: list[str], __: Wanted
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.load(m), *directory.idle(m)), default=None
    )
    return chosen, "least loaded", "more loaded, or later by id"


def _by_idleness(
    directory: Directory, _: tuple[str, ...], free: list[str], __: Wanted
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.idle(m)[0], directory.load(m), m), default=None
    )
    return chosen, "longest without new work", "took a ticket later"


def _by_turn(
    _: Directory, members: tuple[str, ...], free: list[str], wanted: Wanted
) -> _Choice:
    """Whoever is away is passed over and keeps the place. After somebody who is not in
    the team any more it begins anew.
    """
    first = members.index(wanted.last) + 1 if wanted.last in members else 0
    order = (*members[first:], *members[:first])
    chosen = next((m for m in order if m in free), None)
    return chosen, IN_TURN, "not their turn"


def _by_skill(
    directory: Directory, _: tuple[str, ...], free: list[str], wanted: Wanted
) -> _Choice:
    """More of the skills outranks a higher level; without any, nobody is chosen."""

    def score(member: str) -> tuple[int, int]:
        skills = directory.agents[member].skills
        has = [s for s in wanted.needs if s in skills]
        enough = [s for s in has if skills[s] >= wanted.needs[s]]
        return len(has), len(enough)

    able = [m for m in free if score(m)[0]]
    chosen = min(
        able,
        key=lambda m: (
            *(-n for n in score(m)),
            directory.load(m),
            *directory.idle(m),
        ),
        default=None,
    )
    return chosen, "best skilled", "fewer of the skills, or more loaded"


_CHOOSE: dict[
    str, Callable[[Directory, tuple[str, ...], list[str], Wanted], _Choice]
] = {
    "least_loaded": _by_load,
    "round_robin": _by_turn,
    "skilled": _by_skill,
    "longest_idle": _by_idleness,
}
