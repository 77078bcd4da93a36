"""JSON as clients send it: errors are reported with their place, and a duplicate name
is refused instead of the first value being lost.
"""

import json
from collections.abc import Iterator
from typing import Any

from domain.errors import DuplicateError, FieldError, escaped
from domain.own_words import normal

_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting ',' delimiter": "a ',' is missing",
    "Expecting ':' delimiter": "a ':' is missing",
    "Expecting property name enclosed in double quotes": (
        "a name in double quotes is missing"
    ),
    "Illegal trailing comma before end of object": "a ',' stands before the end",
    "Illegal trailing comma before end of array": "a ',' stands before the end",
    "Extra data": "something stands after the end",
    "Unterminated string starting at": "a text is not closed",
    "Invalid control character at": "a control character is not escaped",
    "Invalid \\escape": "there is no such escape",
    "Invalid \\uXXXX escape": "an escape has four hexadecimal digits",
}
"""What Python's reader says, in ours."""
Pairs = list[tuple[str, Any]]


class UnreadableTextError(ValueError):
    """`errors`: if it can be said of a place in what was read."""

    def __init__(self, message: str, *errors: FieldError) -> None:
        super().__init__(message)
        self.errors = errors


def read_json(text: str | bytes) -> Any:
    """Raises UnreadableTextError."""
    doubled: list[tuple[Any, str]] = []

    def made(pairs: Pairs) -> dict[str, Any]:
        found = dict(pairs)
        if len({normal(name) for name in found}) < len(pairs):
            doubled.append((found, _twice(pairs)))
        return found

    try:
        if isinstance(text, bytes):
            text = text.decode()  # JSON is UTF-8, whatever else the library would read
        found = json.loads(text, parse_constant=_constant, object_pairs_hook=made)
    except UnreadableTextError:
        raise
    except (ValueError, RecursionError) as error:
        raise UnreadableTextError(_in_words(error)) from error
    if doubled:
        errors = [duplicate(f"{_place(found, o)}/{escaped(n)}") for o, n in doubled]
        said = "; ".join(f"{e.pointer}: {e.message}" for e in errors)
        raise UnreadableTextError(said, *errors)
    return found


def _in_words(error: ValueError | RecursionError) -> str:
    match error:
        case json.JSONDecodeError(lineno=line, colno=column, msg=said):
            words = _WORDS.get(said.removesuffix(":"), "it cannot be read from here")
            return f"line {line}, column {column}: {words}"
        case UnicodeDecodeError(start=byte):
            return f"byte {byte} is not UTF-8"
        case RecursionError():
            return "nested too deeply"
        case _:  # Python reads no number of more than 4,300 digits
            return "a number has too many digits"


def duplicate(pointer: str, where: str = "") -> DuplicateError:
    return DuplicateError(pointer, f"stands twice in the same object{where}")


def _twice(pairs: Pairs) -> str:
    seen: set[str] = set()
    for name, _ in pairs:
        if normal(name) in seen:
            break
        seen.add(normal(name))
    return name


def _place(root: Any, wanted: Any) -> str:
    """The pointer to this very object; it may be lost in another one's double."""
    return next((where for where, found in _objects(root) if found is wanted), "")


def _objects(root: Any) -> Iterator[tuple[str, Any]]:
    left = [("", root)]
    while left:
        pointer, value = left.pop()
        yield pointer, value
        if isinstance(value, dict):
            left += [(f"{pointer}/{escaped(name)}", v) for name, v in value.items()]
        elif isinstance(value, list):
            left += [(f"{pointer}/{i}", v) for i, v in enumerate(value)]


def _constant(name: str) -> None:
    raise UnreadableTextError(f"{name} is not JSON")
