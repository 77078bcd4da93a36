"""What a role may spend without asking: a document of the kind `authorities`.

    refund: {currency: CNY, amount: "500"}
    compensation: {currency: CNY, amount: "200"}

A kind that is not named: the role has no authority in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, get_args

from domain.authority.money import parse_amount, parse_currency
from domain.errors import FieldError, InvalidError
from domain.event import Json

SpendKind = Literal["refund", "compensation"]
SPENDS: tuple[SpendKind, ...] = get_args(SpendKind)


@dataclass(frozen=True, kw_only=True)
class Limit:
    currency: str
    amount: Decimal


@dataclass(frozen=True, kw_only=True)
class Authority:
    role: str
    limits: Mapping[SpendKind, Limit] = field(default_factory=dict)


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
    if errors:
        raise InvalidError(errors)
    return Authority(role=role, limits=limits)
