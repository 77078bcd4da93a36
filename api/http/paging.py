"""Lists page by page, of what is at hand as a whole."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Query

from api.http.fields import Cleaned
from domain.errors import InvalidError
from domain.event import Json

T = TypeVar("T")
LIMIT = 500


@dataclass(frozen=True)
class Paging:
    limit: int
    cursor: str | None

    def of(
        self,
        items: Iterable[T],
        key: Callable[[T], str | int],
        shown: Callable[[T], Json],
    ) -> Json:
        """`key` is unique and rises from item to item, so that what comes or goes
        between two pages moves nothing else.
        """
        left = list(items)
        if self.cursor is not None and left:
            after = self._after(key(left[0]))
            left = [item for item in left if key(item) > after]  # type: ignore[operator]
        page = left[: self.limit]
        more = len(left) > self.limit
        following = str(key(page[-1])) if more else None
        return {"items": [shown(item) for item in page], "next_cursor": following}

    def numbered(self, items: Iterable[T], shown: Callable[[T], Json]) -> Json:
        """Of what has no name of its own, in an order that stays."""
        return self.of(enumerate(items, start=1), lambda i: i[0], lambda i: shown(i[1]))

    def _after(self, example: str | int) -> str | int:
        assert self.cursor is not None
        if isinstance(example, str):
            return self.cursor
        if not self.cursor.isascii() or not self.cursor.isdigit():
            raise InvalidError.at("?cursor", "is not a valid cursor")
        return int(self.cursor)


async def paging(
    limit: Annotated[int, Query(ge=1, le=LIMIT)] = LIMIT,
    cursor: Annotated[
        str | None, Cleaned, Query(max_length=300, description="A `next_cursor`")
    ] = None,
) -> Paging:
    return Paging(limit, cursor)


PageDep = Annotated[Paging, Depends(paging)]
