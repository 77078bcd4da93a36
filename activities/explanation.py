"""Why an event is in the log: what was decided, and what led to it."""

from dataclasses import dataclass

from activities.ports import EventStore, Recorded, Registry
from domain.audit.causes import MOST_CAUSES, Link, cause_of, link, origin
from domain.audit.decision_record import DecisionRecord, RuleOf, decision_record
from domain.audit.sentences import Words
from domain.conditions.condition import Condition
from domain.configuration.configuration import Configuration
from domain.errors import NotFoundError
from domain.event import PolicyRef


@dataclass(frozen=True, kw_only=True)
class Explained:
    """`chain`: from the event itself to where it all began."""

    recorded: Recorded
    decision: DecisionRecord | None
    chain: tuple[Link, ...]


async def explain(
    store: EventStore, registry: Registry, position: int, words: Words
) -> Explained:
    """Raises NotFoundError if there is no such event that can be read."""
    recorded = (await store.at([position])).get(position)
    if recorded is None:
        raise NotFoundError("event", str(position))
    rule_of = _rules(await registry.config())
    return Explained(
        recorded=recorded,
        decision=decision_record(recorded.event, rule_of, words),
        chain=await _chain(store, recorded, words),
    )


async def _chain(
    store: EventStore, recorded: Recorded, words: Words
) -> tuple[Link, ...]:
    found = [link(recorded.event, recorded.position, words)]
    while len(found) < MOST_CAUSES:
        cause = cause_of(recorded.event)
        before = await store.event(*cause) if cause else None
        if before is None or before.position >= recorded.position:
            break
        recorded = before
        found.append(link(recorded.event, recorded.position, words))
    found.append(origin(recorded.event, recorded.position, words))
    return tuple(found)


def _rules(config: Configuration) -> RuleOf:
    def rule_of(
        name: str, version: int, rule: int
    ) -> tuple[PolicyRef, Condition] | None:
        try:
            policy = config.sla_policy(name, version)
            return policy.ref, policy.rules[rule].when
        except (NotFoundError, IndexError):
            return None

    return rule_of
