"""Hypothesis strategies: any fact that may be stored, built from its own fields."""

import dataclasses
import types
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from domain.event import Actor, Event, Fact, Meta
from infra.eventstore.topics import FACTS

TEXT = st.text(max_size=20)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | TEXT
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3)
    ),
    max_leaves=5,
)
INSTANTS = st.datetimes(
    datetime(1970, 1, 1),  # noqa: DTZ001 - the strategy wants them so
    datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: st.integers(-(2**53), 2**53),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
    object: JSON,
    datetime: INSTANTS,
    timedelta: st.timedeltas(timedelta(days=-36_500), timedelta(days=36_500)),
}


def values(hint: Any) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one per kind
    """Of this type, as far as facts use types."""
    if hint in SCALARS:
        return SCALARS[hint]
    if dataclasses.is_dataclass(hint):
        return instances(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return st.sampled_from(arguments)
    if origin in (Union, types.UnionType):
        return st.one_of(*map(values, arguments))
    if origin is dict:
        return st.dictionaries(*map(values, arguments), max_size=3)
    if origin is tuple and arguments[-1] is ...:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*map(values, arguments))
    raise TypeError(f"no strategy for {hint!r}")


def instances(kind: Any) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    fields = {f.name: values(hints[f.name]) for f in dataclasses.fields(kind) if f.init}
    return st.builds(kind, **fields)


def facts(topic: str) -> st.SearchStrategy[Fact]:
    return instances(FACTS[topic])


def events(topic: str) -> st.SearchStrategy[Event]:
    return st.builds(
        Event, TEXT, st.integers(1, 2**40), INSTANTS, instances(Meta), facts(topic)
    )


WHO = Actor(id="ann", kind="user")
INSTANT = datetime(2026, 1, 1, tzinfo=UTC)


def event(stream_id: str, version: int, fact: Fact) -> Event:
    """With nothing remarkable around the fact."""
    meta = Meta(
        command_id="c",
        correlation_id="c",
        causation_id="c",
        actor=WHO,
        data_subject="c-1",
    )
    return Event(stream_id, version, INSTANT, meta, fact)
