"""Documents published together, each of which may name any other of them.

Validated as if they were published one after the other, then checked for what is
probably unintended with all of them in force; nothing is stored here.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from domain.calendar.holiday_sources import Expansion
from domain.configuration.configuration import Configuration
from domain.configuration.facts import PolicyPublished, PolicyRetired
from domain.configuration.pruning import pruned
from domain.configuration.publishing import (
    Submission,
    next_version,
    unchanged,
    with_warnings,
)
from domain.documents.diff import Difference, differences
from domain.documents.kinds import ORDER, Kind
from domain.errors import FieldError, InvalidError
from domain.event import Json
from domain.oncall.book import OnCallBook
from domain.oncall.shift_sources import ShiftExpansion

Named = tuple[Kind, str]
Documents = Mapping[Named, Json]
Action = Literal["create", "replace", "restore", "retire"]
"""restore: it was retired. retire: the bundle does not name it."""


def in_order(names: Iterable[Named]) -> list[Named]:
    """An order in which each kind names only earlier ones."""
    return sorted(names, key=lambda named: ORDER.index(named[0]))


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """`expansions`: data from others that its calendars and schedules need, looked up.
    `prunes`: kinds of which every document that it does not name is retired.
    """

    documents: Documents
    expansions: Mapping[Named, Expansion | ShiftExpansion]
    prunes: frozenset[Kind] = frozenset()

    def in_order(self) -> Iterator[Submission]:
        """Of one kind as they were written."""
        for kind, name in in_order(self.documents):
            yield Submission(
                kind=kind,
                name=name,
                document=self.documents[kind, name],
                expansion=self.expansions.get((kind, name)),
            )


@dataclass(frozen=True, kw_only=True)
class Change:
    """One document that the bundle publishes or retires, and the differences from the
    version before. `version`: the published one, or the last.
    """

    action: Action
    fact: PolicyPublished | PolicyRetired
    version: int
    differences: tuple[Difference, ...] = ()


def changes(
    bundle: Bundle, config: Configuration, book: OnCallBook, at: datetime
) -> tuple[Change, ...]:
    """What would be published, in the order of publishing, without documents that do
    not change; and then what would be retired. Raises InvalidError that points to
    `/<kind>/<name>/…`, RuleError for documents in use.
    """
    made, facts = overlaid_with(bundle, config, at)
    gone = pruned(made, bundle.prunes, bundle.documents, book, at)
    published = (change(config, fact) for fact in facts)
    return (*published, *(change(config, fact) for fact in gone))


def change(config: Configuration, fact: PolicyPublished | PolicyRetired) -> Change:
    """`config` as it was before."""
    entry = config.entry(fact.kind, fact.name)
    if isinstance(fact, PolicyRetired):
        return Change(action="retire", fact=fact, version=len(entry.versions))
    action: Action = "create"
    if entry.versions:
        action = "restore" if entry.retired else "replace"
    found = list[Difference]()
    if entry.versions:
        before = config.normal(fact.kind, entry.versions[-1].document)
        found += differences(before, fact.document)
    return Change(
        action=action, fact=fact, version=fact.version, differences=tuple(found)
    )


def overlaid_with(
    bundle: Bundle, config: Configuration, at: datetime
) -> tuple[Configuration, Sequence[PolicyPublished]]:
    """The configuration with it in force, and the facts of publishing, without
    documents that do not change. Raises InvalidError that points to `/<kind>/<name>/…`.
    """
    facts, errors = list[PolicyPublished](), list[FieldError]()
    for written in bundle.in_order():
        if unchanged(config, written):
            continue
        try:
            config, fact = next_version(config, written, at, bundle.documents)
        except InvalidError as error:
            errors += error.under(f"/{written.kind}/{written.name}").errors
            continue
        facts.append(fact)
    if not errors:
        facts = [*_settled(facts, config, at, errors)]
    if errors:
        raise InvalidError(errors)
    return config, facts


def _settled(
    facts: Iterable[PolicyPublished],
    config: Configuration,
    at: datetime,
    errors: list[FieldError],
) -> Iterator[PolicyPublished]:
    facts = [*facts]
    escalation_policies = {
        fact.name for fact in facts if fact.kind == "escalation-policies"
    }
    for fact in facts:
        try:
            yield with_warnings(config, fact, at, escalation_policies)
        except InvalidError as error:
            errors += error.under(f"/{fact.kind}/{fact.name}").errors
