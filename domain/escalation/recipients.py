"""The recipients of a step at an instant, each with the reasons, and who is excluded,
with the reason. Recorded as found; replays read the record.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from domain.assignment.availability import ResolutionContext, barred, members_of
from domain.assignment.ranking import IN_TURN, SelectionCriteria, candidates, chosen_of
from domain.escalation.chosen import Because, Chosen, Excluded
from domain.escalation.target import Target
from domain.oncall.on_call import OnCall, on_call_at
from domain.people.candidate import Candidate
from domain.people.directory import managers_above, may_act


@dataclass(frozen=True)
class MatchedPerson:
    """`level`: of a manager."""

    person: str
    reason: str
    level: int | None = None


@dataclass
class Resolution:
    """Grows target by target; a person is notified once, with every reason."""

    context: ResolutionContext
    chosen: dict[str, Chosen] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    turns: dict[str, str] = field(default_factory=dict)
    picked: dict[str, str | None] = field(default_factory=dict)
    unresolved_targets: list[str] = field(default_factory=list)
    """Targets without any person, or with fewer managers than required, and why."""

    def add(self, target: Target, place: str, instead: str = "") -> None:
        """`place`: where the target stands in the policy; its round robin keeps its
        turn there. `instead`: why this target is used instead of the step's own.
        """
        others, means = len(self.excluded), tuple(self._meant(target, place))
        nobody = not means and len(self.excluded) == others
        if nobody or len(means) < (target.up_to or 0):
            self.unresolved_targets.append(self._nobody(target))
        for meant in means:
            unfit = self._unfit(meant.person)
            if unfit is not None:
                self.excluded.setdefault(meant.person, unfit)
                continue
            earlier = self.chosen.get(meant.person)
            reason = f"{instead}: {meant.reason}" if instead else meant.reason
            reasons = (*(earlier.reasons if earlier else ()), reason)
            kind = earlier.target if earlier else target.kind
            because = self._because(target, meant, catch_all=bool(instead))
            self.chosen[meant.person] = Chosen(
                person=meant.person,
                target=kind,
                reasons=reasons,
                because=(*(earlier.because if earlier else ()), because),
            )

    def _because(
        self, target: Target, meant: MatchedPerson, *, catch_all: bool
    ) -> Because:
        managed = target.kind == "manager_of"
        return Because(
            target=target.kind,
            name=str(self.context.assignee) if managed else target.name,
            level=meant.level,
            catch_all=catch_all,
        )

    def people(self) -> tuple[Chosen, ...]:
        return tuple(self.chosen.values())

    def others(self) -> tuple[Excluded, ...]:
        return tuple(
            Excluded(person=person, reason=reason)
            for person, reason in self.excluded.items()
            if person not in self.chosen
        )

    def _unfit(self, person: str) -> str | None:
        context = self.context
        unfit = may_act(context.directory, person) or barred(context, person)
        if unfit is None and not context.log_notifies:
            agent = context.directory.agents[person]
            return None if agent.reachable else "no channel"
        return unfit

    def _meant(  # noqa: C901 - one case a kind of target
        self, target: Target, place: str
    ) -> Iterator[MatchedPerson]:
        name, directory = target.name, self.context.directory
        match target.kind:
            case "assignee":
                if self.context.assignee is not None:
                    yield MatchedPerson(self.context.assignee, "assignee of the ticket")
            case "agent" | "webhook":
                yield MatchedPerson(name, "named by the policy")
            case "team":
                team = directory.teams.get(name)
                for member in team.members if team else ():
                    yield MatchedPerson(member, f"member of {name}")
            case "lead_of":
                team = directory.teams.get(name)
                if team is not None and team.lead is not None:
                    yield MatchedPerson(team.lead, f"lead of {name}")
            case "manager_of":
                yield from self._managers(target)
            case "on_call" | "on_call_next" | "on_call_previous":
                yield from self._on_call(target)
            case "least_loaded" | "round_robin" | "skilled":
                yield from self._one_of(target, place)

    def _nobody(self, target: Target) -> str:
        name, context = target.name, self.context
        match target.kind:
            case "assignee":
                return "the ticket has no assignee"
            case "manager_of" if context.assignee is None:
                return "the ticket has no assignee, so no manager is known"
            case "manager_of":
                wanted = target.up_to or target.depth
                return self._end_of_chain(str(context.assignee), wanted)
            case "on_call" | "on_call_next" | "on_call_previous":
                known = name in context.oncall.plans
                when = target.kind.removeprefix("on_call").replace("_", " ")
                why = f"nobody is on call{when} for {name}"
                return why if known else f"there is no schedule {name}"
            case _:
                known = name in context.directory.teams
                lacks = "no lead" if target.kind == "lead_of" else "no members"
                return f"{name} has {lacks}" if known else f"there is no team {name}"

    def _end_of_chain(self, assignee: str, wanted: int) -> str:
        agents = self.context.directory.agents
        last = [assignee, *managers_above(agents, assignee)][-1]
        back = agents[last].manager if last in agents else None
        circle = f"{last} is managed by {back}, which is a circle"
        why = circle if back else f"{last} has no manager"
        return f"no manager at level {wanted} above {assignee}: {why}"

    def _managers(self, target: Target) -> Iterator[MatchedPerson]:
        """For one manager (`depth`): a manager who is away or inactive is skipped, and
        the next above stands in. For several (`up_to`): each has their own level, also
        if others are excluded.
        """
        assignee = self.context.assignee
        if assignee is None:
            return
        above = managers_above(self.context.directory.agents, assignee)
        for level, person in enumerate(above, start=1):
            reason = f"manager of {assignee}, level {level}"
            if target.up_to is not None:
                if level > target.up_to:
                    return
                yield MatchedPerson(person, reason, level)
            elif level >= target.depth:
                unfit = self._unfit(person)
                if unfit is None:
                    direct = f"manager of {assignee}"
                    yield MatchedPerson(person, direct if level == 1 else reason, level)
                    return
                self.excluded.setdefault(person, unfit)

    def _on_call(self, target: Target) -> Iterator[MatchedPerson]:
        oncall = self.context.oncall
        if target.name not in oncall.plans:
            return
        found = on_call_at(oncall.plan(target.name), self.context.at)
        shifts = {
            "on_call": found.now,
            "on_call_next": found.next,
            "on_call_previous": found.previous,
        }[target.kind]
        for shift in shifts:
            yield MatchedPerson(
                shift.person, f"on call for {target.name}: {shift.reason}"
            )
        if target.kind == "on_call":
            self._note_absent(found)

    def _note_absent(self, found: OnCall) -> None:
        for absent in found.absent:
            self.excluded.setdefault(absent.person, absent.reason)

    def _one_of(self, target: Target, place: str) -> Iterator[MatchedPerson]:
        found = self._candidates(target, place)
        chosen = chosen_of(found)
        self.picked[place] = chosen.agent if chosen else None
        if chosen is not None:
            yield MatchedPerson(chosen.agent, f"{chosen.reason} of {target.name}")
            if chosen.reason == IN_TURN:
                self.turns[place] = chosen.agent
        for candidate in found:
            if candidate is not chosen:
                self.excluded.setdefault(candidate.agent, candidate.reason)

    def _candidates(self, target: Target, place: str) -> tuple[Candidate, ...]:
        context, kind = self.context, target.kind
        wanted = SelectionCriteria(
            strategy="least_loaded" if kind not in ("round_robin", "skilled") else kind,
            last=context.directory.last(place),
            place=place,
            needs={need.skill: need.level for need in target.needs},
            away=self._away(target.name),
        )
        return candidates(context.directory, target.name, wanted)

    def _away(self, team: str) -> dict[str, str]:
        members = members_of(self.context, team)
        unfit = {member: self._unfit(member) for member in members}
        return {**self.context.asked, **{m: why for m, why in unfit.items() if why}}
