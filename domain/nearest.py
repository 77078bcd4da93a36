"""The known name that somebody most likely meant, in whatever script it is written."""

from collections.abc import Collection, Iterable
from difflib import SequenceMatcher

MOST_LISTED = 16
LEAST_ALIKE = 0.7
"""Two letters swapped in a word of four; less would suggest `ann` for `dan`."""
LEAST_ALIKE_OTHER_SCRIPT = 0.5
"""One of two characters, because a Chinese word is often no longer."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The most alike of `known`, whatever the case; None if nothing comes close."""
    asked = _folded(word)
    best, name = 0.0, None
    for candidate in known:
        other = _folded(candidate)
        ascii_only = asked.isascii() and other.isascii()
        least = LEAST_ALIKE if ascii_only else LEAST_ALIKE_OTHER_SCRIPT
        alike = _alike(asked, other, max(best, least))
        if alike >= least and alike > best:
            best, name = alike, candidate
    return name


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The tail of a message: `; did you mean 'email'?`, or nothing."""
    name = nearest(word, known) if isinstance(word, str) else None
    return f"; did you mean {name!r}?" if name is not None else ""


def not_one_of(word: object, known: Collection[str]) -> str:
    """The message for a word that a closed list does not have:
    `'emial' is not one of email, phone, chat; did you mean 'email'?`.
    """
    return f"{word!r} is not one of {listed(known)}{did_you_mean(word, known)}"


def listed(known: Collection[str]) -> str:
    """What is allowed; of a long list the first, so that the rest can be read too."""
    names, left = list(known)[:MOST_LISTED], len(known) - MOST_LISTED
    return ", ".join(names) + (f" and {left} more" if left > 0 else "")


def _folded(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")


def _alike(asked: str, other: str, least: float) -> float:
    """From 0 to 1; 0 where a cheap bound shows that it is less than `least`."""
    length = len(asked) + len(other)
    if 2 * min(len(asked), len(other)) < least * length:
        return 0.0
    matcher = SequenceMatcher(None, asked, other, autojunk=False)
    if matcher.quick_ratio() < least:
        return 0.0
    return matcher.ratio()
