"""`If-Match` as RFC 9110 has it: a list of ETags, or `*`, compared strongly."""

import re
from collections.abc import Sequence

from domain.errors import InvalidError

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"{_TAG}(?:[ \t]*,[ \t]*{_TAG})*")
_EACH = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"[0-9]{1,18}")


def versions(lines: Sequence[str]) -> frozenset[int] | None:
    """The versions that may be current; None for any. A weak tag matches none, and
    neither does one that we never gave.
    """
    text = ", ".join(line.strip() for line in lines)
    if text == "*":
        return None
    if not _TAGS.fullmatch(text):
        wanted = f'is {text[:80]!a}: it must be ETags like "7" or "7", "8", or *'
        raise InvalidError.at("If-Match", wanted)
    return frozenset(
        int(tag)
        for weak, tag in _EACH.findall(text)
        if not weak and _VERSION.fullmatch(tag)
    )
