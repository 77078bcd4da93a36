"""Reading a document on after a mistake, so that one answer names them all."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import TypeVar

from domain.documents.fields import MAX_ENTRIES, below, read_list, read_object
from domain.documents.kinds import Kind, Reference
from domain.duration import parse_positive
from domain.errors import (
    FieldError,
    InvalidError,
    UnknownFieldError,
    UnknownWordError,
)

T = TypeVar("T")


@dataclass(slots=True)
class Reader:
    """One value of a document and where it stands. `errors` and `references` are of the
    whole document, in the order in which it is read. What cannot be read is replaced by
    something of its type: nobody sees it, because `finished` raises.
    """

    value: object
    pointer: str = ""
    errors: list[FieldError] = field(default_factory=list)
    references: list[Reference] = field(default_factory=list)

    def __getitem__(self, name: object) -> "Reader":
        """A member, whose value is None where there is none."""
        return self.get(name, None)

    def __contains__(self, name: object) -> bool:
        return name in self._object()

    def get(self, name: object, default: object) -> "Reader":
        value = self._object().get(name, default)
        return Reader(value, below(self.pointer, name), self.errors, self.references)

    def members(self) -> dict[str, "Reader"]:
        return {str(name): self[name] for name in self._object()}

    def items(self) -> Iterator["Reader"]:
        for index, value in enumerate(self._list()):
            pointer = f"{self.pointer}/{index}"
            yield Reader(value, pointer, self.errors, self.references)

    def entries(self, most: int = MAX_ENTRIES) -> list["Reader"]:
        """Of what must be a list."""
        found = self.read(partial(read_list, limit=most))
        return [] if found is None else [*self.items()]

    def fault(self, message: str, cause: type[FieldError] = FieldError) -> None:
        self.errors.append(cause(self.pointer, message))

    def finished(self, made: T) -> T:
        """Raises InvalidError that names everything that is wrong."""
        if self.errors:
            raise InvalidError(self.errors)
        return made

    def optional(self, name: str, read: Callable[["Reader"], T]) -> T | None:
        """A member that may be missing or null."""
        member = self[name]
        return None if member.value is None else read(member)

    def fields(self, known: tuple[str, ...]) -> bool:
        """Whether it is an object; members of other names are faults."""
        found = self.read(read_object)
        for name in found or ():
            if name not in set[object](known):
                where = self[name].pointer
                self.errors.append(UnknownFieldError.of(where, name, known))
        return found is not None

    def is_object(self) -> bool:
        if isinstance(self.value, Mapping):
            return True
        self.fault("must be an object")
        return False

    def refuse_others(self, known: tuple[str, ...]) -> None:
        """Members of other names."""
        for name, member in self.members().items():
            if name not in known:
                self.errors.append(UnknownWordError.of(member.pointer, name, known))

    def one_of(self, words: tuple[T, ...]) -> T:
        found = self.if_one_of(words)
        return words[0] if found is None else found

    def if_one_of(self, words: tuple[T, ...]) -> T | None:
        """None: it is none of them, which is a fault too."""
        for word in words:
            if word == self.value:
                return word
        known = [str(word) for word in words]
        self.errors.append(UnknownWordError.of(self.pointer, self.value, known))
        return None

    def read(self, read: Callable[[object, str], T]) -> T | None:
        """`read` raises InvalidError at the pointer that it is given."""
        try:
            return read(self.value, self.pointer)
        except InvalidError as error:
            self.errors.extend(error.errors)
            return None

    def parsed(self, parse: Callable[[str], T]) -> T | None:
        """`parse` raises ValueError with a sentence."""
        try:
            return parse(str(self.value))
        except ValueError as error:
            self.fault(str(error))
            return None

    def duration(self) -> timedelta:
        """More than zero."""
        return self.parsed(parse_positive) or timedelta(hours=1)

    def number(self, least: int, most: int | None = None) -> int:
        value = self.value
        if type(value) is int and least <= value <= (value if most is None else most):
            return value
        upper = "" if most is None else f" to {most}"
        self.fault(f"must be a whole number from {least}{upper}")
        return least

    def flag(self, cause: type[FieldError] = FieldError) -> bool:
        if not isinstance(self.value, bool):
            self.fault("must be true or false", cause)
        return self.value is True

    def text(self) -> str | None:
        return self.value if isinstance(self.value, str) else None

    def name(self, kind: Kind) -> str | None:
        """Of another document, which is kept as a reference."""
        if not isinstance(self.value, str):
            return None
        self.references.append((self.pointer, kind, self.value))
        return self.value

    def required_name(self, kind: Kind, wanted: str) -> str:
        found = self.name(kind)
        if found is None:
            self.fault(wanted)
        return found or ""

    def names(self, kind: Kind) -> tuple[str, ...]:
        for item in self.texts():
            item.name(kind)
        return self.words()

    def texts(self) -> list["Reader"]:
        """The items that are texts."""
        return [item for item in self.items() if isinstance(item.value, str)]

    def words(self) -> tuple[str, ...]:
        return tuple(str(item.value) for item in self.texts())

    def _object(self) -> Mapping[object, object]:
        return self.value if isinstance(self.value, Mapping) else {}

    def _list(self) -> list[object]:
        return list(self.value) if isinstance(self.value, list | tuple) else []
