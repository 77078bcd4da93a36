"""What a role may spend without asking: a document of the kind `authorities`.

    refund: {currency: CNY, amount: "500"}
    compensation: {currency: CNY, amount: "200"}
    answer_within: PT4H          # who is asked for more; then the next above is asked

A kind that is not named: the role has no authority in it. `answer_within: never`: what
they are asked is asked of nobody else.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Literal, get_args

from domain.authority.money import parse_amount, parse_currency
from domain.duration import parse_positive
from domain.errors import FieldError, InvalidError
from domain.event import Json

SpendKind = Literal["refund", "compensation"]
ANSWER_WITHIN = timedelta(hours=4)
SPENDS: tuple[SpendKind, ...] = get_args(SpendKind)


@dataclass(frozen=True, kw_only=True)
class Limit:
    currency: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Authority:
    role: str
    limits: Mapping[SpendKind, Limit] = field(default_factory=dict)
    answer_within: timedelta | None = ANSWER_WITHIN


def parse_authority(role: str, document: Json) -> Authority:
    """Raises InvalidError that names the field of the document."""
    errors: list[FieldError] = []
    limits: dict[SpendKind, Limit] = {}
    for kind in SPENDS:
        given = document.get(kind)
        if given is None:
            continue
        limit: Json = given if isinstance(given, dict) else {}
        limits[kind] = Limit(
            currency=parse_currency(limit.get("currency"), f"/{kind}/currency", errors),
            amount=parse_amount(
                limit.get("amount"), f"/{kind}/amount", errors, zero=True
            ),
        )
    if not limits and not errors:
        message = f"name a limit for one of {', '.join(SPENDS)}"
        errors.append(FieldError(f"/{SPENDS[0]}", message))
    within = _answer_within(document.get("answer_within"), errors)
    if errors:
        raise InvalidError(errors)
    return Authority(role=role, limits=limits, answer_within=within)


def _answer_within(value: object, errors: list[FieldError]) -> timedelta | None:
    if value is None:
        return ANSWER_WITHIN
    if value == "never":
        return None
    try:
        return parse_positive(str(value))
    except ValueError as error:
        errors.append(FieldError("/answer_within", str(error)))
        return ANSWER_WITHIN
