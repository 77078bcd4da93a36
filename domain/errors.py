"""What can go wrong, by cause; who answers to people maps the cause, never the class.

    DomainError
    ├── InvalidError          the request itself is wrong; names each field by pointer
    ├── NotFoundError         no such ticket, policy, subscription …
    ├── RuleError             valid request, wrong state (for example a closed ticket)
    ├── NameTakenError        the name is taken
    ├── ActingError           the key may not act in this agent's name
    ├── UnreadableError       the log holds an event that nobody can read any more
    └── ConflictError         somebody was faster
        ├── VersionConflictError   the stream has changed
        │   └── LoadConflictError      an agent's capacity was used up meanwhile
        ├── PreconditionError      the caller's If-Match does not hold (or is missing)
        ├── CommandReusedError     same idempotency key, other request
        └── CommandRunningError    same idempotency key, still being worked on

Each carries data, builds its own message, and has a `code` that is never reused.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from domain.nearest import did_you_mean, listed, not_one_of


@dataclass(frozen=True)
class FieldError:
    """`pointer` is an RFC 6901 JSON pointer into the request, e.g. `/steps/0/after`.
    `code` is stable, so that a client can say it in another language.
    """

    code: ClassVar[str] = "invalid"
    pointer: str
    message: str


class RequiredError(FieldError):
    code = "required"


class UnknownFieldError(FieldError):
    code = "unknown_field"

    @classmethod
    def of(
        cls, pointer: str, name: object, known: Collection[str], what: str = "field"
    ) -> "UnknownFieldError":
        """With the nearest name, or else all of them."""
        hint = did_you_mean(name, known)
        if not hint and len(known) > 1:
            hint = f"; there are {listed(known)}"
        return cls(pointer, f"there is no such {what}{hint}")


class UnknownWordError(FieldError):
    """A word that a closed list does not have."""

    code = "unknown_word"

    @classmethod
    def of(
        cls, pointer: str, word: object, known: Collection[str]
    ) -> "UnknownWordError":
        return cls(pointer, not_one_of(word, known))


class UnknownNameError(FieldError):
    """Of a team, an agent, a policy … that does not exist."""

    code = "unknown_name"

    @classmethod
    def of(
        cls, pointer: str, what: str, name: str, known: Iterable[str]
    ) -> "UnknownNameError":
        hint = did_you_mean(name, known)
        return cls(pointer, f"there is no {what} {name!r}{hint}")


class WrongTypeError(FieldError):
    """A number where a text is needed, and the like."""

    code = "wrong_type"


class OutOfRangeError(FieldError):
    """Too small, too large, too short, too long."""

    code = "out_of_range"


class DuplicateError(FieldError):
    """The same name twice."""

    code = "duplicate"


def escaped(name: str) -> str:
    """As a part of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def _in_words(error: FieldError) -> str:
    return f"{error.pointer or 'the body'}: {error.message}"


class DomainError(Exception):
    code: ClassVar[str] = "error"


class InvalidError(DomainError):
    code = "invalid"

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("; ".join(map(_in_words, self.errors)))

    @classmethod
    def at(cls, pointer: str, message: str) -> "InvalidError":
        return cls([FieldError(pointer, message)])

    def under(self, pointer: str) -> "InvalidError":
        """As it is said of a document that stands at this place of a larger one. Some
        errors name a part of the address instead of a field.
        """
        return InvalidError(
            replace(e, pointer=pointer + (e.pointer if e.pointer[:1] == "/" else ""))
            for e in self.errors
        )


class NotFoundError(DomainError):
    code = "not_found"

    def __init__(self, kind: str, name: str, said: str | None = None) -> None:
        """`said`: of what was there once, instead."""
        self.kind, self.name = kind, name
        super().__init__(said or f"there is no {kind} {name!r}")


class RuleError(DomainError):
    code = "invalid_state"


class NameTakenError(DomainError):
    code = "name_taken"


class ActingError(DomainError):
    """`may`: in whose name the key acts instead."""

    code = "acting_refused"

    def __init__(self, may: str, agent: str) -> None:
        self.agent = agent
        super().__init__(f"{may}, not {agent!r}")


class UnreadableError(DomainError):
    code = "unreadable"

    def __init__(self, event_id: str, reason: str) -> None:
        self.event_id = event_id
        super().__init__(f"the recorded event {event_id} cannot be read: {reason}")


class ConflictError(DomainError):
    code = "conflict"


class VersionConflictError(ConflictError):
    code = "version_conflict"

    def __init__(self, stream_id: str) -> None:
        self.stream_id = stream_id
        super().__init__(f"{stream_id} was changed by somebody else; try again")


class LoadConflictError(VersionConflictError):
    """Somebody was given something meanwhile, and this might be more than fits."""


class PreconditionError(ConflictError):
    code = "precondition_failed"

    def __init__(self, current: int | None) -> None:
        self.current = current
        known = "there is no version" if current is None else "the current version is "
        super().__init__(f"If-Match does not hold: {known}{current or ''}")


class PreconditionRequiredError(ConflictError):
    code = "precondition_required"

    def __init__(self, current: int) -> None:
        self.current = current
        super().__init__(
            f"version {current} exists: send its ETag in If-Match to replace it"
        )


class CommandReusedError(ConflictError):
    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("this Idempotency-Key was used with another request")


class CommandRunningError(ConflictError):
    code = "command_running"

    def __init__(self) -> None:
        super().__init__("a request with this Idempotency-Key is still running")
