"""Who is on call in a span of time and why; cutting and joining such spans."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

from domain.calendar.instants import Span, merge


class Held(NamedTuple):
    """[begin, end) in microseconds since 1970, never empty."""

    begin: int
    end: int
    person: str
    reason: str


Absences: TypeAlias = Mapping[str, list[Span]]  # of each person, merged


def without(held: Iterable[Held], cover: list[Span]) -> Iterator[Held]:
    """The spans without the time in `cover`, which is merged."""
    ends = [end for _, end in cover]
    for piece in held:
        rest, at = piece.begin, bisect_right(ends, piece.begin)
        while at < len(cover) and cover[at][0] < piece.end:
            begin, end = cover[at]
            if rest < begin:
                yield piece._replace(begin=rest, end=begin)
            rest, at = end, at + 1
        if rest < piece.end:
            yield piece if rest == piece.begin else piece._replace(begin=rest)


def within(held: Iterable[Held], cover: list[Span]) -> Iterator[Held]:
    """The spans within the time in `cover`, which is merged."""
    ends = [end for _, end in cover]
    for piece in held:
        at = bisect_right(ends, piece.begin)
        while at < len(cover) and cover[at][0] < piece.end:
            begin, end = max(cover[at][0], piece.begin), min(cover[at][1], piece.end)
            yield piece._replace(begin=begin, end=end)
            at += 1


def taken_over(held: Iterable[Held], new: Iterable[Held]) -> list[Held]:
    """Both, with nobody twice at an instant: the new reason wins."""
    joined, more = list(held), list(new)
    for person in {piece.person for piece in more}:
        own = [piece for piece in joined if piece.person == person]
        if own:
            again = spans(piece for piece in more if piece.person == person)
            others = [piece for piece in joined if piece.person != person]
            joined = [*others, *without(own, again)]
    return joined + more


def spans(held: Iterable[Held]) -> list[Span]:
    return merge((piece.begin, piece.end) for piece in held)


def joined(held: Iterable[Held]) -> list[Held]:
    """Sorted by begin and person; adjacent spans with the same reason are joined."""
    result: list[Held] = []
    last: dict[tuple[str, str], int] = {}
    for piece in sorted(held):
        key = (piece.person, piece.reason)
        at = last.get(key)
        if at is not None and result[at].end >= piece.begin:
            result[at] = result[at]._replace(end=max(result[at].end, piece.end))
        else:
            last[key] = len(result)
            result.append(piece)
    return result
