"""Words in conditions that no ticket has ever had: more often misspelt than new."""

from collections.abc import Iterator, Mapping

from domain.conditions.condition import ATTRIBUTE
from domain.conditions.field_values import OWN_WORDS
from domain.configuration.lint.context import LintContext
from domain.errors import FieldError, escaped
from domain.event import Json
from domain.nearest import did_you_mean
from domain.sla.metric import CONDITIONS

NAMES = {"team": "team", "assignee": "agent"}
MOST = 5_000
"""A field with more words has free words."""
MOST_COMPARED = 500
"""Every document is checked: comparing with more words would take too long."""


def policy_words(document: Json, around: LintContext) -> Iterator[FieldError]:
    for pointer, rule in _items("/match", document.get("match")):
        yield from condition_words(rule.get("when"), f"{pointer}/when", around)
    clocks = document.get("clocks")
    for metric, clock in clocks.items() if isinstance(clocks, dict) else ():
        for name in CONDITIONS:
            given = clock.get(name)
            pointer = f"/clocks/{escaped(metric)}/{name}"
            if isinstance(given, list):
                for where, one in _items(pointer, given):
                    yield from condition_words(one, where, around)
            else:
                yield from condition_words(given, pointer, around)


def ladder_words(document: Json, around: LintContext) -> Iterator[FieldError]:
    for pointer, step in _items("/steps", document.get("steps")):
        yield from condition_words(step.get("when"), f"{pointer}/when", around)


def condition_words(
    document: object, pointer: str, around: LintContext
) -> Iterator[FieldError]:
    for field, wanted in document.items() if isinstance(document, dict) else ():
        where = f"{pointer}/{escaped(str(field))}"
        if field.startswith(ATTRIBUTE):
            name = field.removeprefix(ATTRIBUTE)
            yield from _unused("attributes", "attribute", name, where, around)
        elif field in OWN_WORDS or field in NAMES:
            for place, word in _words(wanted, where):
                yield from _unknown(str(field), word, place, around)


def _unknown(
    field: str, word: str, pointer: str, around: LintContext
) -> Iterator[FieldError]:
    if field not in NAMES:
        said = "tag" if field == "tags" else field
        yield from _unused(field, said, word, pointer, around)
        return
    directory, what = around.directory, NAMES[field]
    known: Mapping[str, object] = (
        directory.teams if field == "team" else directory.agents
    )
    if word not in known:
        hint = did_you_mean(word, known)
        yield FieldError(pointer, f"there is no {what} {word!r}{hint}")


def _unused(
    field: str, said: str, word: str, pointer: str, around: LintContext
) -> Iterator[FieldError]:
    """None before the first ticket: then no word has been used."""
    used = around.used_words
    if not used or not used.get("type"):
        return
    known = used.get(field, frozenset()) | around.given_words.get(field, frozenset())
    if word not in known and len(known) < MOST:
        near = sorted(known) if len(known) <= MOST_COMPARED else ()
        hint = did_you_mean(word, near)
        yield FieldError(pointer, f"no ticket has had the {said} {word!r} yet{hint}")


def _words(wanted: object, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(wanted, dict):
        yield from _words(wanted.get("not"), f"{pointer}/not")
    elif isinstance(wanted, list):
        for index, word in enumerate(wanted):
            yield from _words(word, f"{pointer}/{index}")
    elif isinstance(wanted, str):
        yield pointer, wanted


def _items(pointer: str, value: object) -> Iterator[tuple[str, Json]]:
    for index, item in enumerate(value if isinstance(value, list) else []):
        if isinstance(item, dict):
            yield f"{pointer}/{index}", item
