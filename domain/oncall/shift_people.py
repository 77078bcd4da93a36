"""Which agents an event of an external calendar names.

Its summary names them, several people separated by commas; if it names nobody known,
the mail addresses of its attendees do. Case and surrounding blanks do not matter.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from domain.documents.fields import below, read_object, read_text, refuse
from domain.errors import FieldError
from domain.event import Json

MOST_TOGETHER: Final = 100
MOST_NAMED: Final = 20
People: TypeAlias = Mapping[str, str]
"""The agent for a text, in lower case."""


@dataclass(frozen=True)
class Strangers:
    """Texts that name no agent, and the first time of each."""

    first: dict[str, datetime] = field(default_factory=dict)

    def faults(self, pointer: str) -> Iterator[FieldError]:
        for text, begin in list(self.first.items())[:MOST_NAMED]:
            said = f"{text[:200]!r} is not an agent: map it to one in `people`"
            message = said if text else "an event names nobody: give it a summary"
            yield FieldError(pointer, f"{message} (first at {begin:%Y-%m-%dT%H:%MZ})")
        if (rest := len(self.first) - MOST_NAMED) > 0:
            yield FieldError(pointer, f"and {rest} others are not agents")


@dataclass(frozen=True, kw_only=True)
class FoundShift:
    """In UTC; `mails`: addresses of the attendees."""

    begin: datetime
    end: datetime
    summary: str
    mails: tuple[str, ...] = ()

    def people(self, known: People, strangers: Strangers) -> list[str]:
        """Each agent once; unknown texts are added to the strangers."""
        people: dict[str, None] = {}
        for text in self._texts(known):
            if (person := known.get(folded(text))) is not None:
                people[person] = None
            elif len(strangers.first) <= MOST_NAMED or text in strangers.first:
                strangers.first.setdefault(text, self.begin)
        return list(people)

    def _texts(self, known: People) -> list[str]:
        if folded(self.summary) in known:
            return [self.summary]
        parts = self.summary.split(",", MOST_TOGETHER)
        summary = [text.strip() for text in parts if text.strip()]
        mails = list(self.mails)
        unsaid = not summary or any(folded(text) not in known for text in summary)
        if unsaid and any(folded(mail) in known for mail in mails):
            return mails
        return summary or mails or [""]


def people_of(agents: Mapping[str, Json]) -> People:
    """By their names and e-mail addresses, if only one person has them."""
    meant: dict[str, set[str]] = {}
    for name, document in agents.items():
        for text in (name, document.get("email")):
            if isinstance(text, str):
                meant.setdefault(folded(text), set()).add(name)
    return {text: min(names) for text, names in meant.items() if len(names) == 1}


def read_people(layer: Mapping[str, object], pointer: str) -> People:
    """Raises InvalidError."""
    found: dict[str, str] = {}
    written = read_object(layer.get("people", {}), f"{pointer}/people")
    for text, agent in written.items():
        where = below(f"{pointer}/people", text)
        person = read_text(agent, where)
        if found.setdefault(folded(str(text)), person) != person:
            refuse(where, "the same text is another person's")
    return found


def folded(text: str) -> str:
    return text.strip().casefold()
