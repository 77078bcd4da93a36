"""The words of a text, as they are stored and searched.

Scripts without blanks between words (Chinese, Japanese, Thai …) are stored as pairs of
neighbouring characters, so that any part of such a text is found; Korean too, where
endings are attached to words. All others are stored word by word; a word of three
letters or more also finds longer words that begin with it. A number finds only itself.
"""

import re
from collections.abc import Iterable, Iterator

from domain.errors import InvalidError
from infra.projections.search.folding import fold

LONGEST_WORD = 64
MOST_BYTES = 700_000
"""Of all words of one ticket; PostgreSQL keeps 1 MB of them with what belongs to it."""
SHORTEST_BEGINNING = 3

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
)
_SYMBOLS = "\u2600-\u27bf\U0001f300-\U0001faff"
_RUN = re.compile(f"([{_UNSPACED}]+)|([{_SYMBOLS}])|([^\\W_{_UNSPACED}]+)")


def words(texts: Iterable[str]) -> list[str]:
    """The stored words of the texts, each once, within `MOST_BYTES`."""
    found: dict[str, None] = {}
    left = MOST_BYTES
    for text in texts:
        for word in _kept(fold(text)):
            if word in found:
                continue
            left -= len(word.encode()) + 4
            if left < 0:
                return list(found)
            found[word] = None
    return list(found)


def asked(q: str) -> str:
    """All words of the query as a `tsquery`. Raises InvalidError."""
    parts = list(dict.fromkeys(_asked(fold(q))))
    if not parts:
        message = f"{q!r} has no letter, digit or symbol that could be looked for"
        raise InvalidError.at("?q", message)
    return " & ".join(parts)


def _kept(folded: str) -> Iterator[str]:
    for run, symbol, word in _RUN.findall(folded):
        if run:
            yield from (run[at : at + 2] for at in range(len(run)))
        else:
            yield symbol or word[:LONGEST_WORD]


def _asked(folded: str) -> Iterator[str]:
    # A part holds letters, digits or a symbol: nothing that a `tsquery` reads itself.
    for run, symbol, word in _RUN.findall(folded):
        if run and len(run) == 1:
            yield f"'{run}':*"
        elif run:
            yield from (f"'{run[at : at + 2]}'" for at in range(len(run) - 1))
        else:
            begins = len(word) >= SHORTEST_BEGINNING and not word.isdigit()
            cut = symbol or word[:LONGEST_WORD]
            yield f"'{cut}':*" if begins else f"'{cut}'"
