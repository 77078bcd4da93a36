"""In whose name a request acts: the one place that decides whether it may.

Wherever a command names its actor, the route passes the name to `acting` and uses the
actor that is returned. An agent's own key may leave the name out.
"""

from dataclasses import replace

from activities.ports import Caller, Registry
from domain.errors import InvalidError
from domain.people.directory import refuse_absent


async def acting(
    registry: Registry, caller: Caller, agent: str | None, pointer: str
) -> Caller:
    """The caller as this agent; None: as themselves. `pointer`: where the agent is
    named. Raises ActingError for a key that may not, InvalidError for an unknown agent.
    """
    if caller.holder is not None:
        caller = replace(caller, actor=caller.holder.acting_for(agent))
    elif agent is not None:
        caller = replace(caller, actor=replace(caller.actor, on_behalf_of=agent))
    if agent is not None:
        refuse_absent((await registry.config()).directory, agent, pointer)
    return caller


async def acting_agent(
    registry: Registry, caller: Caller, agent: str | None, pointer: str
) -> Caller:
    """Like `acting`, for what only an agent can do: a key that does not belong to an
    agent has to name one.
    """
    caller = await acting(registry, caller, agent, pointer)
    if agent is None and caller.actor.kind != "agent":
        called = caller.holder.called if caller.holder else repr(caller.actor.id)
        whose = f"{called} is no agent's own"
        raise InvalidError.at(pointer, f"name the agent who does it: {whose}")
    return caller
