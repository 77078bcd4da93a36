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
from domain.documents.reader import Reader

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


def read_authority(role: str, reader: Reader) -> Authority:
    read = ((kind, reader.optional(kind, _read_limit)) for kind in SPENDS)
    limits = {kind: limit for kind, limit in read if limit is not None}
    if not limits:
        message = f"name a limit for one of {', '.join(SPENDS)}"
        reader[SPENDS[0]].fault(message)
    within = _read_answer_within(reader["answer_within"])
    return Authority(role=role, limits=limits, answer_within=within)


def _read_limit(reader: Reader) -> Limit:
    currency, amount = reader["currency"], reader["amount"]
    errors = reader.errors
    return Limit(
        currency=parse_currency(currency.value, currency.pointer, errors),
        amount=parse_amount(amount.value, amount.pointer, errors, zero=True),
    )


def _read_answer_within(reader: Reader) -> timedelta | None:
    if reader.value is None:
        return ANSWER_WITHIN
    return None if reader.value == "never" else reader.duration()
