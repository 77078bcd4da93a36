"""The words of a text, as they are stored and searched.

Of scripts without blanks between words (Chinese, Japanese, Thai …) characters and pairs
of neighbours are stored, so that any part of such a text is found; of Korean too, where
endings are attached to words. All others are stored word by word; three letters or more
also find longer words that begin with them, so of a word each beginning is stored. A
number finds only itself. Each stored word is a keyed token: it cannot be read, and its
beginning cannot be compared.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from domain.errors import InvalidError
from infra.projections.search.folding import fold

LONGEST_WORD = 64
MOST_BYTES = 700_000
"""Of all words of one ticket; PostgreSQL keeps 1 MB of them with what belongs to it."""
TOKEN_BYTES = 16
"""What PostgreSQL needs for one token."""
SHORTEST_BEGINNING = 3
Token = Callable[[str], str]

_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff"
    "\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af"
)
_SYMBOLS = "\u2600-\u27bf\U0001f300-\U0001faff"
_RUN = re.compile(f"([{_UNSPACED}]+)|([{_SYMBOLS}])|([^\\W_{_UNSPACED}]+)")


def words(texts: Iterable[str], token: Token) -> list[str]:
    """The stored words of the texts, each once, within `MOST_BYTES`."""
    found: dict[str, None] = {}
    left = MOST_BYTES
    for text in texts:
        for word in _kept(fold(text)):
            if word in found:
                continue
            left -= TOKEN_BYTES
            if left < 0:
                return list(map(token, found))
            found[word] = None
    return list(map(token, found))


def asked(q: str, token: Token) -> str:
    """All words of the query as a `tsquery`. Raises InvalidError."""
    parts = list(dict.fromkeys(_asked(fold(q))))
    if not parts:
        message = f"{q!r} has no letter, digit or symbol that could be looked for"
        raise InvalidError.at("?q", message)
    # A token has letters, digits, `-` and `_` only.
    return " & ".join(f"'{token(part)}'" for part in parts)


def _kept(folded: str) -> Iterator[str]:
    for run, symbol, word in _RUN.findall(folded):
        if run:
            yield from run
            yield from _pairs(run)
        elif _begins(word):
            cut = word[:LONGEST_WORD]
            yield from (cut[:end] for end in range(SHORTEST_BEGINNING, len(cut) + 1))
        else:
            yield symbol or word[:LONGEST_WORD]


def _asked(folded: str) -> Iterator[str]:
    for run, symbol, word in _RUN.findall(folded):
        if len(run) > 1:
            yield from _pairs(run)
        else:
            yield run or symbol or word[:LONGEST_WORD]


def _pairs(run: str) -> Iterator[str]:
    return (run[at : at + 2] for at in range(len(run) - 1))


def _begins(word: str) -> bool:
    """Whether it is found by its beginning too."""
    return len(word) >= SHORTEST_BEGINNING and not word.isdigit()
