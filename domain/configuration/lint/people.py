"""People and teams: references that have no effect, and chains of managers that never
end.
"""

from collections.abc import Container, Iterator, Mapping

from domain.configuration.lint.context import LintContext
from domain.configuration.lint.meaning import meant, named_by
from domain.errors import FieldError
from domain.escalation.target import SCHEDULES
from domain.people.contact import Preferences
from domain.people.directory import Agent, Team


def manager_circle(agents: Mapping[str, Agent], person: str) -> tuple[str, ...]:
    """The chain of managers from this person to the first who comes twice; empty if it
    ends.
    """
    chain: list[str] = []
    while person not in chain:
        chain.append(person)
        manager = agents[person].manager if person in agents else None
        if manager is None:
            return ()
        person = manager
    return (*chain, person)


def circle_faults(agents: Mapping[str, Agent], person: str) -> Iterator[FieldError]:
    """An error and no warning: a step to a manager could loop for ever."""
    if circle := manager_circle(agents, person):
        message = f"the chain of managers is a circle: {' → '.join(circle)}"
        yield FieldError("/manager", message)


def agent_findings(
    name: str, around: LintContext, said: Container[str] = ()
) -> Iterator[FieldError]:
    """Missing channels are reported elsewhere. `said`: escalation policies whose steps
    already report people whom they cannot reach.
    """
    agents = around.directory.agents
    yield from circle_faults(agents, name)
    for channel in (_mail, _chat_targets, _webhook):
        yield from channel(around.preferences(name), around)
    manager = agents[name].manager
    if manager and manager in agents and not agents[manager].active:
        above = agents[manager].manager
        instead = "the manager above is asked instead" if above else "nobody is above"
        message = f"{manager} is not active: {instead}"
        yield FieldError("/manager", message)
    if agents[name].active and around.can_be_told(name):
        return
    steps = [
        f"{escalation_policy.ref.name} /steps/{index}"
        for escalation_policy in around.escalation_policies.values()
        if escalation_policy.ref.name not in said
        for index, step in enumerate(escalation_policy.steps)
        for target in step.targets
        if target.kind not in SCHEDULES and name in (meant(target, around) or ())
    ]
    if steps:
        where = "/notify" if agents[name].active else "/active"
        why = "cannot be notified" if agents[name].active else "is not active"
        yield FieldError(where, f"{why}, but is a target of {', '.join(steps)}")


def _mail(preferences: Preferences, around: LintContext) -> Iterator[FieldError]:
    """Only of an address that is used."""
    used = any(rule.channel == "email" for rule in preferences.rules)
    if around.mail is False and used:
        message = "no mail server is set up (PLEDGE_SMTP_URL): no e-mail is sent"
        yield FieldError("/email", message)


def _chat_targets(
    preferences: Preferences, around: LintContext
) -> Iterator[FieldError]:
    """By name: their URLs hold tokens, and are not known here."""
    if around.chat_targets is None or not preferences.apprise:
        return
    if not around.chat_targets:
        message = "no chat targets are set up (PLEDGE_NOTIFY_TARGETS): nothing is sent"
        yield FieldError("/notify/apprise", message)
        return
    for index, target in enumerate(preferences.apprise):
        if target not in around.chat_targets:
            message = f"PLEDGE_NOTIFY_TARGETS has no target {target!r}"
            yield FieldError(f"/notify/apprise/{index}", message)


def _webhook(preferences: Preferences, around: LintContext) -> Iterator[FieldError]:
    """Said now, because else it is found out when the first promise breaks."""
    if around.url_refusal is None or preferences.webhook is None:
        return
    if (refusal := around.url_refusal(preferences.webhook)) is not None:
        yield FieldError("/notify/webhook", f"nothing is sent there: {refusal}")


def team_findings(name: str, around: LintContext) -> Iterator[FieldError]:
    team = around.directory.teams[name]
    yield from _members(team, around)
    yield from _shifts(team, around)
    yield from _overflow(team, around)
    if team.lead is None:
        steps = named_by(around.escalation_policies.values(), "lead_of", name)
        if steps:
            yield FieldError("/lead", f"no lead, but is needed by {', '.join(steps)}")
    elif not around.acts(team.lead):
        yield FieldError("/lead", f"{team.lead} is not active")
    elif team.lead not in team.members:
        yield FieldError("/lead", f"{team.lead} is not a member of the team")


def _members(team: Team, around: LintContext) -> Iterator[FieldError]:
    if not team.members:
        yield FieldError(
            "/members", "no members: nothing for this team reaches anybody"
        )
    elif not any(around.acts(member) for member in team.members):
        yield FieldError("/members", "none of them is active")
    else:
        for index, member in enumerate(team.members):
            if not around.acts(member):
                yield FieldError(f"/members/{index}", f"{member} is not active")
    for index, member in enumerate(team.members):
        if member in team.members[:index]:
            yield FieldError(f"/members/{index}", f"{member} is named twice")


def _shifts(team: Team, around: LintContext) -> Iterator[FieldError]:
    shift = team.routing.on_shift
    plan = around.plan(shift.schedule) if shift else None
    if shift and plan and not plan.people & {*team.members}:
        message = f"none of the members is ever on call for {shift.schedule}"
        yield FieldError("/assignment/on_shift/schedule", message)


def _overflow(team: Team, around: LintContext) -> Iterator[FieldError]:
    """A ticket overflows to each team only once, so a circle ends the overflow."""
    chain = [team.name]
    while (spill := around.directory.routing(chain[-1]).overflow) is not None:
        chain.append(spill.team)
        if spill.team in chain[:-1]:
            message = f"the overflow is a circle, and ends: {' → '.join(chain)}"
            yield FieldError("/assignment/overflow/team", message)
            return
