"""The filters of the ticket list: several values separated by commas; unknown values of
a fixed list are refused with the nearest one.
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.http.fields import Instant, Line, Several, Strict, clean, split
from api.ports import ClockWord, TicketFilter, TicketSort
from domain.lifecycle.facts import Channel, Priority
from domain.lifecycle.status import Status

MOST_VALUES = 100
LONGEST_VALUE = 300
LARGEST_NUMBER = 2**63 - 1


def _parts(value: object) -> list[str]:
    found = [clean(part) for part in split(value)]
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


def _truth(value: object) -> object:
    """As JSON writes it, in any case; nothing else that might mean it."""
    return str(value).lower()


def _any(description: str = "One or more, separated by commas") -> Any:
    return Field(default=[], description=description)


Free = Annotated[list[str], BeforeValidator(_free)]
Most = Field(max_length=MOST_VALUES)
Statuses = Annotated[list[Status], Several, Most]
Channels = Annotated[list[Channel], Several, Most]
Priorities = Annotated[list[Priority], Several, Most]
ClockWords = Annotated[list[ClockWord], Several, Most]
Truth = Annotated[
    Literal["true", "false"],
    BeforeValidator(_truth),
    WithJsonSchema({"type": "boolean"}),
]


class TicketQuery(Strict):
    """`wait_for`: a `Pledge-Position`; the list shows at least what was written up to
    there.
    """

    status: Statuses = _any()
    team: Free = _any("One or more, separated by commas; `none`: no team")
    assignee: Free = _any("Agents, separated by commas; `none`: unassigned")
    tier: Free = _any()
    type: Free = _any()
    channel: Channels = _any()
    customer: Free = _any("`external_id`s, separated by commas")
    tag: Free = _any("Tags, separated by commas: a ticket that has any of them")
    priority: Priorities = _any()
    product_area: Free = _any()
    number: Annotated[list[int], BeforeValidator(_numbers)] = _any()
    clock_state: ClockWords = _any()
    promised: Truth | None = Field(
        default=None,
        description="`false`: tickets to which no SLA policy applies",
    )
    opened_after: Instant | None = Field(
        default=None, description=("At this instant or later")
    )
    opened_before: Instant | None = None
    updated_after: Instant | None = Field(
        default=None, description=("At this instant or later")
    )
    due_before: Instant | None = None
    q: Line | None = Field(
        default=None,
        description=(
            "Words that must all occur in the number (`#921`), the subject, the "
            "customer, the messages or the tags. Case, width, accents, and Traditional "
            "or Simplified Chinese make no difference. In Chinese any part of the text "
            "matches, in other scripts the beginning of a word of three letters or "
            "more"
        ),
    )
    sort: TicketSort = Field(
        default="-opened_at",
        description=(
            "A leading `-` means descending. Equal tickets are sorted by `id`; those "
            "without `due_at` come last"
        ),
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
        if self.promised is not None:
            fields["promised"] = self.promised == "true"
        return TicketFilter(**fields)
