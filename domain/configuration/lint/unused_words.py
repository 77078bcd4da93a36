"""Words in conditions that no ticket has ever had: more often misspelt than new."""

from collections.abc import Iterator, Mapping

from domain.conditions.condition import ATTRIBUTE
from domain.conditions.field_values import OWN_WORDS
from domain.configuration.lint.context import LintContext
from domain.documents.reader import Reader
from domain.errors import FieldError
from domain.event import Json
from domain.nearest import did_you_mean
from domain.sla.metric import CONDITIONS

NAMES = {"team": "team", "assignee": "agent"}
MOST = 5_000
"""A field with more words has free words."""
MOST_COMPARED = 500
"""Every document is checked: comparing with more words would take too long."""


def policy_words(document: Json, around: LintContext) -> Iterator[FieldError]:
    reader = Reader(document)
    for rule in reader["match"].items():
        yield from _condition_words(rule["when"], around)
    for clock in reader["clocks"].members().values():
        for name in CONDITIONS:
            given = clock[name]
            several = isinstance(given.value, list)
            for condition in given.items() if several else (given,):
                yield from _condition_words(condition, around)


def ladder_words(document: Json, around: LintContext) -> Iterator[FieldError]:
    for step in Reader(document)["steps"].items():
        yield from _condition_words(step["when"], around)


def _condition_words(reader: Reader, around: LintContext) -> Iterator[FieldError]:
    for field, wanted in reader.members().items():
        if field.startswith(ATTRIBUTE):
            name = field.removeprefix(ATTRIBUTE)
            yield from _unused("attributes", "attribute", name, wanted.pointer, around)
        elif field in OWN_WORDS or field in NAMES:
            for word in _words(wanted):
                yield from _unknown(field, str(word.value), word.pointer, around)


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


def _words(reader: Reader) -> Iterator[Reader]:
    if isinstance(reader.value, dict):
        yield from _words(reader["not"])
    elif isinstance(reader.value, list):
        yield from reader.texts()
    elif isinstance(reader.value, str):
        yield reader
