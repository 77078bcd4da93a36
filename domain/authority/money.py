"""Amounts of money, exact: decimal text in, decimal text out, never a float."""

import re
from decimal import Decimal

from domain.errors import FieldError

AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,4})?"
CURRENCY = r"[A-Z]{3}"


def parse_amount(
    value: object, pointer: str, errors: list[FieldError], *, zero: bool = False
) -> Decimal:
    """`"500"`, `"12.50"`. `zero`: whether nothing is an amount too."""
    if isinstance(value, str) and re.fullmatch(AMOUNT, value):
        amount = Decimal(value)
        if amount or zero:
            return amount
        errors.append(FieldError(pointer, "must be more than 0"))
    else:
        message = 'must be a decimal in quotes, as "12.50", of at most 12 and 4 digits'
        errors.append(FieldError(pointer, message))
    return Decimal(0)


def parse_currency(value: object, pointer: str, errors: list[FieldError]) -> str:
    if isinstance(value, str) and re.fullmatch(CURRENCY, value):
        return value
    message = "must be three capital letters (ISO 4217), as CNY"
    errors.append(FieldError(pointer, message))
    return ""
