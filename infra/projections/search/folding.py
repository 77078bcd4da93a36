"""Text as search compares it: without case, width, accents, or the difference between
Traditional and Simplified Chinese.

Each character is simplified alone, not by its phrase as OpenCC does for readers: a part
of a text must fold as it does in the whole, or a search for the part would miss it.
"""

import re
import unicodedata
from functools import cache

import opencc

_COMMON = ((0x3400, 0x9FFF), (0xF900, 0xFAFF))
_RARE = ((0x20000, 0x2A6DF),)
_STANDARDS = (("hk2s", _COMMON), ("tw2s", _COMMON), ("t2s", _COMMON + _RARE))
"""What Hong Kong and Taiwan write otherwise, and what all do; the last one decides."""
_ACCENTS = re.compile("[\u0300-\u036f]+")
"""Not the voicing marks of kana or the vowels of Thai: there they are letters."""
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "\u0131": "i",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
    }
)
"""Letters with a stroke, which Unicode does not take apart."""


def fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    even = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    bare = _ACCENTS.sub("", unicodedata.normalize("NFD", even)).translate(_LETTERS)
    return unicodedata.normalize("NFC", bare).translate(simplified())


@cache
def simplified() -> dict[int, str]:
    """Each Traditional character with the Simplified one, from OpenCC's tables. Made
    once in a process, in some tenths of a second.
    """
    found: dict[int, str] = {}
    for standard, ranges in _STANDARDS:
        known = [chr(code) for begin, end in ranges for code in range(begin, end + 1)]
        # On a line of its own no character is part of a phrase.
        lines = opencc.OpenCC(standard).convert("\n".join(known)).split("\n")
        pairs = zip(known, lines, strict=True)
        found |= {ord(old): new for old, new in pairs if old != new}
    return {old: found.get(ord(new), new) for old, new in found.items()}
