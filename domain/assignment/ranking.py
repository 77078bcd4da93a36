"""Who of a team gets a ticket, and why this one.

A pure function of what is known at one moment; the answer names each candidate with the
reason, also those that were not chosen.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from domain.people.candidate import Candidate
from domain.people.directory import Directory, may_act

IN_TURN = "next in turn"
KINDS = ("full", "on leave", "the shift ends", "declined")
"""Beginnings of reasons that continue with an instant, a number or somebody's words."""


@dataclass(frozen=True, kw_only=True)
class SelectionCriteria:
    """How one is chosen. `away`: who cannot, and why. `last`: who had the last turn in
    a round robin. `needs`: skills that count for the ranking. `required_skills`:
    without them nobody is chosen. `preferred`: who is chosen before the others, in this
    order, and why. `weight`: how much of an agent's capacity it takes. `place`: of the
    round robin, as in `Ticket.turns`.
    """

    strategy: str
    holder: str | None = None
    last: str | None = None
    needs: Mapping[str, int] = field(default_factory=dict)
    away: Mapping[str, str] = field(default_factory=dict)
    required_skills: Mapping[str, int] = field(default_factory=dict)
    preferred: Mapping[str, str] = field(default_factory=dict)
    weight: int = 1
    place: str = ""


def candidates(
    directory: Directory, team: str, wanted: SelectionCriteria
) -> tuple[Candidate, ...]:
    """Every member of the team, at most one of them chosen, never the current assignee.
    Ties are decided by the load, then by who took nothing for longest, then by the id.
    """
    known = directory.teams.get(team)
    members = known.members if known else ()
    unfit = {m: unfit_for(directory, m, wanted) for m in members}
    free = [m for m in members if unfit[m] is None]
    if directory.remembered is not None:
        free = directory.remembered.narrowed(team, wanted.place, free)
    chosen, why, why_not = _choice(directory, members, free, wanted)
    return tuple(
        Candidate(
            agent=member,
            load=directory.load(member),
            chosen=member == chosen,
            reason=unfit[member] or (why if member == chosen else why_not(member)),
        )
        for member in members
    )


def chosen_of(found: tuple[Candidate, ...]) -> Candidate | None:
    return next((candidate for candidate in found if candidate.chosen), None)


def anybody_free(directory: Directory, team: str) -> bool:
    """Whether somebody of the team could take one more, whatever it needs."""
    anybody = SelectionCriteria(strategy="least_loaded")
    return chosen_of(candidates(directory, team, anybody)) is not None


def why_nobody(found: Iterable[Candidate]) -> str:
    """In short, where none of them is chosen: `2 members: both full`."""
    kinds = Counter(_kind(candidate.reason) for candidate in found)
    total = kinds.total()
    if not total:
        return "no members"
    members = "1 member" if total == 1 else f"{total} members"
    if len(kinds) == 1:
        every = {1: "", 2: "both "}.get(total, "all ")
        return f"{members}: {every}{next(iter(kinds))}"
    return f"{members}: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common())


def _kind(reason: str) -> str:
    """Without the part that differs from one person to the next."""
    return next((kind for kind in KINDS if reason.startswith(kind)), reason)


def unfit_for(
    directory: Directory, member: str, wanted: SelectionCriteria
) -> str | None:
    """Why this person cannot be chosen; None = they can."""
    unfit = may_act(directory, member)
    if unfit is not None:
        return unfit
    if member in wanted.away:
        return wanted.away[member]
    if member == wanted.holder:
        return "is the assignee already"
    agent, load = directory.agents[member], directory.load(member)
    if agent.capacity is not None and not _fits(load, wanted.weight, agent.capacity):
        takes = f", and this takes {wanted.weight}" if wanted.weight > 1 else ""
        return f"full: {load} of {agent.capacity}{takes}"
    lacking = [
        s for s, n in wanted.required_skills.items() if agent.skills.get(s, 0) < n
    ]
    return f"lacks {', '.join(lacking)}" if lacking else None


def _fits(load: int, weight: int, capacity: int) -> bool:
    """A ticket above an agent's whole capacity still fits if they have nothing else."""
    return load + weight <= capacity or (load == 0 and capacity > 0)


_Choice = tuple[str | None, str, Callable[[str], str]]
"""Who is chosen, why, and why not each of the others."""


def _choice(
    directory: Directory,
    members: tuple[str, ...],
    free: list[str],
    wanted: SelectionCriteria,
) -> _Choice:
    preferred = next((member for member in wanted.preferred if member in free), None)
    if preferred is not None:
        why = wanted.preferred[preferred]
        return preferred, why, lambda _: f"{preferred} {why}"
    return _CHOOSE[wanted.strategy](directory, members, free, wanted)


def _by_load(
    directory: Directory, _: tuple[str, ...], free: list[str], __: SelectionCriteria
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.load(m), *directory.idle(m)), default=None
    )
    return chosen, "least loaded", lambda m: _behind(directory, chosen, m)


def _behind(directory: Directory, chosen: str | None, member: str) -> str:
    """What decided between the two: the load, then the time, then the id."""
    if chosen is None:
        return "nobody is chosen"
    mine, theirs = directory.load(member), directory.load(chosen)
    if mine != theirs:
        return f"more loaded: {mine} against {theirs}"
    if directory.idle(member)[0] != directory.idle(chosen)[0]:
        return "equally loaded, and took a ticket later"
    return "equally loaded, later by id"


def _by_idleness(
    directory: Directory, _: tuple[str, ...], free: list[str], __: SelectionCriteria
) -> _Choice:
    chosen = min(
        free, key=lambda m: (directory.idle(m)[0], directory.load(m), m), default=None
    )

    def why_not(member: str) -> str:
        if chosen is None or directory.idle(member)[0] != directory.idle(chosen)[0]:
            return "took a ticket later"
        if directory.load(member) != directory.load(chosen):
            return "equally long without new work, and more loaded"
        return "equally long without new work, later by id"

    return chosen, "longest without new work", why_not


def _by_turn(
    _: Directory, members: tuple[str, ...], free: list[str], wanted: SelectionCriteria
) -> _Choice:
    """A member who is away is skipped and keeps the place. If the last one is not in
    the team any more, it starts with the first.
    """
    first = members.index(wanted.last) + 1 if wanted.last in members else 0
    order = (*members[first:], *members[:first])
    chosen = next((m for m in order if m in free), None)
    return chosen, IN_TURN, lambda _: "not their turn"


def _by_skill(
    directory: Directory, _: tuple[str, ...], free: list[str], wanted: SelectionCriteria
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

    def why_not(member: str) -> str:
        if chosen is None:
            return "has none of the skills"
        mine, best = score(member), score(chosen)
        if mine != best:
            return "fewer of the skills" if mine[0] != best[0] else "lower levels"
        return f"equally skilled, {_behind(directory, chosen, member)}"

    return chosen, "best skilled", why_not


_CHOOSE: dict[
    str, Callable[[Directory, tuple[str, ...], list[str], SelectionCriteria], _Choice]
] = {
    "least_loaded": _by_load,
    "round_robin": _by_turn,
    "skilled": _by_skill,
    "longest_idle": _by_idleness,
}
