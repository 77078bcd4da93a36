"""Which routes a path has, known before anything of a request is read."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

DEPTH = 2
"""So many segments and the length of a path leave few routes to look at."""


class RouteTable:
    def __init__(self, routes: Iterable[BaseRoute]) -> None:
        self._literal: dict[str, list[APIRoute]] = defaultdict(list)
        self._patterns: dict[tuple[str, ...], list[APIRoute]] = defaultdict(list)
        self._of_any_length: list[APIRoute] = []
        for route in routes:
            assert isinstance(route, APIRoute)
            if ":path}" in route.path:
                self._of_any_length.append(route)
            elif "{" in route.path:
                self._patterns[_place(route.path)].append(route)
            else:
                self._literal[route.path].append(route)

    def at(self, path: str) -> Sequence[APIRoute]:
        """All routes of this path, whatever their method. A path that is written out,
        as `/v1/calendars/evaluate`, is no calendar of that name.
        """
        if path in self._literal:
            return self._literal[path]
        near = (*self._patterns.get(_place(path), ()), *self._of_any_length)
        return [route for route in near if route.path_regex.match(path)]


def _place(path: str) -> tuple[str, ...]:
    segments = path.split("/")
    return (str(len(segments)), *segments[: DEPTH + 1])
