"""What a list of tickets may be asked for: several values of one filter, separated by
commas; words of a closed list are checked, and the nearest one is named.
"""

from collections.abc import Callable, Collection
from typing import Annotated, Any, get_args

from pydantic import BeforeValidator, Field

from api.ports import ClockWord, TicketFilter, TicketSort
from api.words import Instant, Line, Strict, clean
from domain.nearest import not_one_of
from domain.status import Status
from domain.ticket.facts import Channel, Priority

MOST_VALUES = 100
LONGEST_VALUE = 300
LARGEST_NUMBER = 2**63 - 1


def _parts(value: object) -> list[str]:
    """Of `?status=open,pending` and of `?status=open&status=pending`."""
    given = value if isinstance(value, list | tuple) else [value]
    found = [part.strip() for one in given for part in clean(str(one)).split(",")]
    if not all(found):
        raise ValueError("names an empty value")
    if len(found) > MOST_VALUES:
        raise ValueError(
            f"names {len(found)} values; at most {MOST_VALUES} are allowed"
        )
    return found


def _free(value: object) -> list[str]:
    """A value that holds a comma itself is found as a whole, too."""
    given = value if isinstance(value, list | tuple) else [value]
    wholes = [str(one) for one in given if "," in str(one)]
    found = [*_parts(value), *wholes]
    if any(len(one) > LONGEST_VALUE for one in found):
        raise ValueError(f"names a value of more than {LONGEST_VALUE} characters")
    return found


def _numbers(value: object) -> list[int]:
    found = []
    for part in _parts(value):
        digits = part.removeprefix("#")
        is_number = digits.isascii() and digits.isdigit()
        if not is_number or int(digits[:20]) > LARGEST_NUMBER:
            raise ValueError(f"{part!r} is not the number of a ticket, such as 921")
        found.append(int(digits))
    return found


def _closed(known: Collection[str]) -> Callable[[object], list[str]]:
    def check(value: object) -> list[str]:
        found = _parts(value)
        for part in found:
            if part not in known:
                raise ValueError(not_one_of(part, known))
        return found

    return check


def _one_of(known: Collection[str]) -> Callable[[object], object]:
    def check(value: object) -> object:
        if value not in known:
            raise ValueError(not_one_of(value, known))
        return value

    return check


def _truth(value: object) -> bool:
    return _one_of(("true", "false"))(str(value).lower()) == "true"


def _several(words: Any) -> Any:
    """A closed list of words."""
    known = get_args(words)
    schema: dict[str, Any] = {"items": {"type": "string", "enum": list(known)}}
    return Field(
        default=[],
        json_schema_extra=schema,
        description="One or more, separated by commas",
    )


def _any(description: str = "One or more, separated by commas") -> Any:
    return Field(default=[], description=description)


Free = Annotated[list[str], BeforeValidator(_free)]
Statuses = Annotated[list[str], BeforeValidator(_closed(get_args(Status)))]
Channels = Annotated[list[str], BeforeValidator(_closed(get_args(Channel)))]
Priorities = Annotated[list[str], BeforeValidator(_closed(get_args(Priority)))]
ClockWords = Annotated[list[str], BeforeValidator(_closed(get_args(ClockWord)))]
Sort = Annotated[TicketSort, BeforeValidator(_one_of(get_args(TicketSort)))]


class TicketQuery(Strict):
    """`wait_for`: a `Pledge-Position`; the list shows at least what it wrote."""

    status: Statuses = _several(Status)
    team: Free = _any("One or more, separated by commas; `none`: no team has it")
    assignee: Free = _any("Agents, separated by commas; `none`: nobody has it")
    tier: Free = _any()
    type: Free = _any()
    channel: Channels = _several(Channel)
    customer: Free = _any("`external_id`s, separated by commas")
    tag: Free = _any("Tags, separated by commas: a ticket that has any of them")
    priority: Priorities = _several(Priority)
    product_area: Free = _any()
    number: Annotated[list[int], BeforeValidator(_numbers)] = _any()
    clock_state: ClockWords = _several(ClockWord)
    promised: Annotated[bool | None, BeforeValidator(_truth)] = Field(
        default=None,
        description="`false`: tickets to which no SLA policy promises anything",
    )
    opened_after: Instant | None = Field(default=None, description="At or after this")
    opened_before: Instant | None = None
    updated_after: Instant | None = Field(default=None, description="At or after this")
    due_before: Instant | None = None
    q: Line | None = Field(
        default=None,
        description="Words that all occur in the number (`#921`), the subject, the"
        " customer, the messages or the tags; without regard to case, width, accents,"
        " Traditional or Simplified Chinese. Of Chinese any part of the text, of other"
        " scripts the beginning of a word of three letters or more",
    )
    sort: Sort = Field(
        default="-opened_at",
        description="`-` first: falling. Of tickets that are alike by `id`;"
        " what has no `due_at` comes last",
    )
    limit: int = Field(default=50, ge=1, le=500, strict=False)
    cursor: Annotated[str | None, Field(max_length=1000)] = None
    wait_for: int | None = Field(default=None, ge=0, le=2**62, strict=False)

    def wanted(self) -> TicketFilter:
        given = self.model_dump(exclude={"limit", "cursor", "wait_for"})
        fields: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in given.items()
        }
        return TicketFilter(**fields)
