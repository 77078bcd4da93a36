"""Reading a document on after a mistake, so that one answer names them all."""

from collections.abc import Callable, Mapping
from typing import TypeAlias, TypeVar

from domain.documents.fields import below, read_list, read_object
from domain.errors import FieldError, InvalidError, UnknownFieldError

Fields: TypeAlias = Mapping[object, object]
T = TypeVar("T")


class Reader:
    def __init__(self) -> None:
        self.errors: list[FieldError] = []

    def attempt(
        self, read: Callable[[object, str], T], value: object, pointer: str
    ) -> T | None:
        try:
            return read(value, pointer)
        except InvalidError as error:
            self.errors += error.errors
            return None

    def fields(
        self, value: object, pointer: str, known: tuple[str, ...]
    ) -> Fields | None:
        found = self.attempt(read_object, value, pointer)
        self.errors += (
            UnknownFieldError.of(below(pointer, name), name, known)
            for name in found or ()
            if name not in set[object](known)
        )
        return found

    def entries(self, value: object, pointer: str, most: int) -> list[object]:
        found = self.attempt(read_list, value, pointer)
        if found is not None and not 0 < len(found) <= most:
            self.errors.append(FieldError(pointer, f"must have 1 to {most} entries"))
        return (found or [])[:most]

    def optional(
        self, read: Callable[[object, str], T], fields: Fields, name: str, pointer: str
    ) -> T | None:
        if name not in fields:
            return None
        return self.attempt(read, fields[name], f"{pointer}/{name}")
