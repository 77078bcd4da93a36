"""Which names an object may have at a place of a request, as its models say."""

from collections.abc import Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel


def names_at(root: object, path: Iterable[object]) -> tuple[str, ...]:
    """Of the object at this place; `path` as pydantic tells it, with names of models
    where there are several forms.
    """
    here = [*_forms(root)]
    for part in path:
        inner = [found for form in here for found in _below(form, part)]
        named = [form for form in here if getattr(form, "__name__", None) == part]
        here = inner or named or here
    models = [form for form in here if _is_model(form)]
    return tuple(dict.fromkeys(name for model in models for name in aliases(model)))


def aliases(model: type[BaseModel]) -> dict[str, Any]:
    """By the name that people write: the type of the field."""
    return {
        field.alias or name: field.annotation
        for name, field in model.model_fields.items()
    }


def _is_model(form: Any) -> bool:
    return isinstance(form, type) and issubclass(form, BaseModel)


def _forms(kind: Any) -> Iterator[Any]:
    if get_origin(kind) is Annotated:
        yield from _forms(get_args(kind)[0])
    elif get_origin(kind) in (Union, UnionType):
        for one in get_args(kind):
            yield from _forms(one)
    else:
        yield kind


def _below(form: Any, part: object) -> Iterator[Any]:
    if _is_model(form):
        fields = aliases(form)
        if part in fields:
            yield from _forms(fields[str(part)])
    elif get_origin(form) is list and isinstance(part, int):
        yield from _forms(get_args(form)[0])
    elif get_origin(form) is dict and isinstance(part, str):
        yield from _forms(get_args(form)[1])
