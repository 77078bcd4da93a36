"""What a rule decided and why, as the event recorded it: the inputs, what each rule
said, who was considered, and which version of which policy was asked.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.audit.sentences import Words, fields_of, say, spoken
from domain.authority.facts import Ineligible
from domain.conditions.condition import Condition, FieldTest
from domain.escalation.chosen import Chosen, Excluded
from domain.event import SYSTEM, Event, Fact, Json, PolicyRef
from domain.people.candidate import Candidate
from domain.personal import MASKED, is_personal
from domain.sla.decision import Decision, RuleAsked

RuleOf = Callable[[str, int, int], tuple[PolicyRef, Condition] | None]
"""Name and version of an SLA policy, and the place of a rule: None if unknown here."""
_PEOPLE = (Candidate, Chosen, Excluded, Ineligible)
_PLAIN = (str, int, float, bool, datetime, timedelta)


@dataclass(frozen=True, kw_only=True)
class RuleAnswer:
    """`rule` counts from 0, as in the document. `field`, `value`: what made it say no;
    `wanted`: what it wants of that field.
    """

    policy: PolicyRef
    rule: int
    matched: bool
    field: str | None
    value: object
    wanted: str | None
    says: str


@dataclass(frozen=True, kw_only=True)
class Considered:
    """`load`: the weight of their open tickets, where that counted."""

    person: str
    chosen: bool
    reason: str
    load: int | None
    says: str


@dataclass(frozen=True, kw_only=True)
class DecisionRecord:
    """`policy`: whose rule decided; None where several were asked, or none."""

    policy: PolicyRef | None
    calendar: PolicyRef | None
    inputs: Json
    rules: tuple[RuleAnswer, ...]
    people: tuple[Considered, ...]


def decision_record(
    event: Event, rule_of: RuleOf, words: Words
) -> DecisionRecord | None:
    """None: no rule decided, somebody did it."""
    fact = event.fact
    values = fields_of(fact)
    decision = values.get("decision")
    people = tuple(_people(values, words))
    by_rule = event.meta.actor == SYSTEM or event.meta.policy is not None
    if not (by_rule or people or isinstance(decision, Decision)):
        return None
    calendar = values.get("calendar")
    return DecisionRecord(
        policy=event.meta.policy,
        calendar=calendar if isinstance(calendar, PolicyRef) else None,
        inputs=_seen(decision)
        if isinstance(decision, Decision)
        else _inputs(fact, values),
        rules=_rules(decision, rule_of, words),
        people=people,
    )


def _seen(decision: Decision) -> Json:
    """An input that is personal is shown to nobody here: it can be revealed in the
    ticket.
    """
    return decision.inputs | dict.fromkeys(decision.personal, MASKED)


def _inputs(fact: Fact, values: Json) -> Json:
    """What the event says in plain values, but for what is personal."""
    if is_personal(type(fact)):
        return {}
    return {name: v for name, v in values.items() if isinstance(v, _PLAIN)}


def _rules(decision: object, rule_of: RuleOf, words: Words) -> tuple[RuleAnswer, ...]:
    if not isinstance(decision, Decision):
        return ()
    return tuple(_answers(decision, rule_of, words))


def _answers(decision: Decision, rule_of: RuleOf, words: Words) -> Iterator[RuleAnswer]:
    for asked in decision.asked:
        found = rule_of(asked.policy, asked.version, asked.rule)
        ref = PolicyRef(name=asked.policy, version=asked.version, sha256="")
        test = None
        if found is not None:
            ref, test = found[0], _test(found[1], asked.failed_field)
        yield _answer(asked, ref, test, _seen(decision), words)


def _answer(
    asked: RuleAsked,
    ref: PolicyRef,
    test: FieldTest | None,
    inputs: Json,
    words: Words,
) -> RuleAnswer:
    field = asked.failed_field
    value = inputs.get(field) if field else None
    wanted = wanted_words(test) if test else None
    told = {
        "rule": asked.rule,
        "policy": ref,
        "field": field,
        "value": words.nothing if value in (None, ()) else value,
        "wanted": wanted,
    }
    template = words.rule_refused if field else words.rule_matched
    return RuleAnswer(
        policy=ref,
        rule=asked.rule,
        matched=field is None,
        field=field,
        value=value,
        wanted=wanted,
        says=say(template, told, words),
    )


def _test(condition: Condition, field: str | None) -> FieldTest | None:
    return next((test for test in condition.tests if test.field == field), None)


def wanted_words(test: FieldTest) -> str:
    """As it is written in the document."""
    parts = []
    if test.any_of:
        parts.append("|".join(map(str, test.any_of)))
    if test.none_of:
        parts.append("not " + "|".join(map(str, test.none_of)))
    if test.is_set is not None:
        parts.append(f"set: {str(test.is_set).lower()}")
    if test.at_least is not None:
        parts.append(f">= {test.at_least:g}")
    if test.at_most is not None:
        parts.append(f"<= {test.at_most:g}")
    return ", ".join(parts)


def _people(values: Json, words: Words) -> Iterator[Considered]:
    for value in values.values():
        if isinstance(value, tuple):
            for one in value:
                if isinstance(one, _PEOPLE):
                    yield _considered(one, words)


def _considered(
    one: Candidate | Chosen | Excluded | Ineligible, words: Words
) -> Considered:
    load: int | None = None
    if isinstance(one, Candidate):
        person, chosen, reason, load = one.agent, one.chosen, one.reason, one.load
    elif isinstance(one, Chosen):
        person, chosen, reason = one.person, True, spoken(one.reasons, words)
    else:
        person, chosen, reason = one.person, False, one.reason
    template = words.person_chosen if chosen else words.person_refused
    says = say(template, {"person": person, "reason": reason}, words)
    return Considered(person=person, chosen=chosen, reason=reason, load=load, says=says)
