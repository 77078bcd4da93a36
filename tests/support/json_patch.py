"""A JSON patch (RFC 6902) as somebody else applies it."""

from copy import deepcopy
from typing import Any


def applied(document: Any, changes: list[dict[str, Any]]) -> Any:
    """Fails where a change is not about what it says was there before."""
    holder = {"root": deepcopy(document)}
    for change in changes:
        *way, last = ["root", *map(_name, change["pointer"].split("/")[1:])]
        found: Any = holder
        for name in way:
            found = found[_key(found, name)]
        _change(found, _key(found, last), change)
    return holder["root"]


def _change(found: Any, key: Any, change: dict[str, Any]) -> None:
    if change["op"] == "add":
        assert change["before"] is None
        if isinstance(found, list):
            found.insert(key, change["after"])
        else:
            assert key not in found
            found[key] = change["after"]
        return
    assert found[key] == change["before"]
    if change["op"] == "remove":
        del found[key]
    else:
        found[key] = change["after"]


def _name(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _key(found: Any, name: str) -> Any:
    return int(name) if isinstance(found, list) else name
