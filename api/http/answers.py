"""Answers, each defined once: the definition is what OpenAPI shows and what is sent."""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from types import GenericAlias, UnionType
from typing import (
    Annotated,
    Any,
    ClassVar,
    Final,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict, create_model
from typing_extensions import override

from api.http.fields import DURATION_TEXT
from domain.duration import format_duration
from domain.event import Json

T = TypeVar("T")
Convert = Callable[[Any], object]
MADE: Final = "made for the answer"
Made = Annotated[T, MADE]
"""Of a field that `of` is given, ready to be sent."""


class Answer(BaseModel):
    """A field is read from the attribute of the same name of what is shown, if it is
    not `Made`. Its name in the answer is its `alias`, if it has one.
    """

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)
    of: ClassVar[Callable[..., Json]]
    """`(shown, **made)`: the answer; `(**made)` if all is made. What the log holds is
    shown without validation.
    """

    @classmethod
    @override
    def __pydantic_init_subclass__(cls, **_: object) -> None:
        cls.of = _compiled(cls)

    @classmethod
    def each(cls, shown: Iterable[object]) -> list[Json]:
        return [cls.of(one) for one in shown]


@cache
def page_of(item: type[BaseModel], name: str | None = None) -> type[BaseModel]:
    """Of `KeyOut`, if it has no other name, `KeyPage`."""
    items: Any = GenericAlias(list, (item,))
    name = name or f"{item.__name__.removesuffix('Out')}Page"
    return create_model(name, items=items, next_cursor=(str | None, ...))


def _compiled(model: type[Answer]) -> Callable[..., Json]:
    """Generated, as dataclasses generate theirs: as quick as a dict that is spelled
    out.
    """
    made, pairs, converts = [], [], {}
    for name, field in model.model_fields.items():
        value = f"shown.{name}"
        if MADE in field.metadata:
            made.append(value := name)
        elif convert := _convert(field.annotation, field.metadata):
            converts[f"convert_{name}"] = convert
            value = f"convert_{name}({value})"
        pairs.append(f"{field.alias or name!r}: {value}")
    given = made if len(made) == len(pairs) else ["shown", *made]
    source = f"lambda {', '.join(given)}: {{{', '.join(pairs)}}}"
    return eval(source, converts)  # type: ignore[no-any-return] # noqa: S307 - our own names


def _convert(kind: Any, beside: Sequence[object] = ()) -> Convert | None:
    """None: it is sent as it is. `beside`: what an Annotated says of it."""
    inner, origin = get_args(kind), get_origin(kind)
    if DURATION_TEXT in beside:
        return format_duration
    if isinstance(kind, type) and issubclass(kind, Answer):
        return kind.of
    if origin is Annotated:
        return _convert(inner[0], inner[1:])
    if origin in (Union, UnionType) and (some := [*filter(None, map(_convert, inner))]):
        return lambda value: None if value is None else some[0](value)
    if origin is list and (convert := _convert(inner[0])):
        return lambda values: [*map(convert, values)]
    return None
