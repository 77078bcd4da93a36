"""Open tickets for which no SLA policy has a target, by their types: mostly a type that
is misspelt, on the ticket or in a rule.
"""

from collections.abc import Iterable, Iterator, Mapping

from domain.errors import FieldError
from domain.nearest import nearest
from domain.sla.policy import SlaPolicy

Types = Mapping[str, int]
"""How many open tickets of each type have no promise."""


def meant_types(
    policies: Iterable[SlaPolicy], types: Types
) -> Mapping[str, str | None]:
    """By type that no rule names: a similar word of a rule."""
    named = _named(policies)
    return {type_: nearest(type_, named) for type_ in types if type_ not in named}


def unpromised_findings(
    policy: SlaPolicy, types: Types, meant: Mapping[str, str | None]
) -> Iterator[FieldError]:
    """For a policy: types that are probably a word of its rules, misspelt."""
    own = {word: pointer for pointer, word in _words(policy)}
    for type_, count in sorted(types.items()):
        near = meant.get(type_)
        if near is not None and near in own:
            message = f"{_none(type_, count)}; did you mean {near!r}?"
            yield FieldError(own[near], message)


def unpromised_elsewhere(
    policies: Iterable[SlaPolicy], types: Types
) -> Iterator[FieldError]:
    """The findings that `unpromised_findings` reports for no policy."""
    named = _named(policies)
    for type_, count in sorted(types.items()):
        if type_ in named:
            why = "the rules that name it did not match them, or are newer"
            yield FieldError("", f"{_none(type_, count)}: {why}")
        elif nearest(type_, named) is None:
            yield FieldError("", f"{_none(type_, count)}: no rule names it")


def _none(type_: str, count: int) -> str:
    tickets = "1 open ticket" if count == 1 else f"{count:,} open tickets"
    return f"{tickets} of type {type_!r} without any promise"


def _named(policies: Iterable[SlaPolicy]) -> dict[str, None]:
    return {word: None for policy in policies for _, word in _words(policy)}


def _words(policy: SlaPolicy) -> Iterator[tuple[str, str]]:
    """Each type that a rule names, and where."""
    for index, rule in enumerate(policy.rules):
        for test in rule.when.tests:
            if test.field == "type":
                yield from (
                    (f"/match/{index}/when/type", str(word)) for word in test.any_of
                )
