"""One's own words and names, in any script: types, tags, tiers, areas; ids of teams,
agents, policies, schedules, calendars, macros, layers, metrics.

Letters, marks and digits of any script, and `_`, `.`, `-`; the first is a letter or a
digit. Upper and lower case differ, as written. All is compared in NFC, the form to
which `normal` brings it, so that `é` is one word however it was typed.
"""

import unicodedata
from functools import lru_cache

LONGEST = 64
JOINERS = "_.-"
_LIKE_LATIN = frozenset(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0423\u0425"
    "\u0406\u0408\u0405\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0458"
    "\u0455\u0501\u051b\u051d\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c"
    "\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
)
"""Cyrillic and Greek letters that nobody can tell from Latin ones."""

_UNSEEN = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
) | frozenset(map(chr, (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))))
"""Letters and marks by their category, of which nothing is seen."""


def normal(text: str) -> str:
    """NFC."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def word_fault(text: str) -> str | None:
    """Why this can be no word or name of one's own; None if it can. Of normal text."""
    if not text:
        return "must not be empty"
    if len(text) > LONGEST:
        return f"has {len(text)} characters: at most {LONGEST} are allowed"
    if text.isascii() and text.isalnum():
        return None
    return _fault(text)


@lru_cache(maxsize=4096)
def _fault(text: str) -> str | None:
    """The same few words come with every ticket."""
    for place, character in enumerate(text):
        if not _allowed(character):
            said = f"{text!r} holds {described(character)} at {place}"
            return f"{said}; a word has letters, marks and digits of any script, _ . -"
    return _first(text) or _mixed(text)


def _allowed(character: str) -> bool:
    if character in JOINERS:
        return True
    return unicodedata.category(character)[0] in "LMN" and character not in _UNSEEN


def _first(text: str) -> str | None:
    if unicodedata.category(text[0])[0] in "LN":
        return None
    return f"{text!r} must begin with a letter or a digit"


def _mixed(text: str) -> str | None:
    """A letter of another script among Latin ones that looks like one of them."""
    if not any("a" <= c <= "z" for c in text.casefold()):
        return None
    for place, character in enumerate(text):
        if character in _LIKE_LATIN:
            name = unicodedata.name(character).lower()
            return f"{text!r} holds {name} at {place}, which looks like a Latin letter"
    return None


def described(character: str) -> str:
    """`a space`, `'/'`, `ZERO WIDTH SPACE (U+200B)`."""
    if character == " ":
        return "a space"
    if "!" <= character <= "~":
        return repr(character)
    name = unicodedata.name(character, "a character without a name")
    return f"{name} (U+{ord(character):04X})"


def folded(name: str) -> str:
    """Equal for names that people cannot tell apart when they read or say them: other
    case, other width.
    """
    return unicodedata.normalize("NFKC", name).casefold()
