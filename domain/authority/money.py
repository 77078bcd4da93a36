"""Amounts of money, exact: decimal text in, decimal text out, never a float."""

import re
from decimal import Decimal

from domain.authority.currencies import currency_fault
from domain.errors import FieldError, UnknownWordError

AMOUNT = r"[0-9]{1,12}(\.[0-9]{1,4})?"


def parse_amount(
    value: object, pointer: str, errors: list[FieldError], *, zero: bool = False
) -> Decimal:
    """`"500"`, `"12.50"`. `zero`: whether zero is valid too."""
    if isinstance(value, str) and re.fullmatch(AMOUNT, value):
        amount = Decimal(value)
        if amount or zero:
            return amount
        errors.append(FieldError(pointer, "must be more than 0"))
    else:
        message = (
            'must be a decimal in quotes, for example "12.50", with at most 12 digits'
            f" and 4 decimals, not {value!r}"
        )
        errors.append(FieldError(pointer, message))
    return Decimal(0)


def parse_currency(value: object, pointer: str, errors: list[FieldError]) -> str:
    if (fault := currency_fault(value)) is not None:
        errors.append(UnknownWordError(pointer, fault))
        return ""
    return str(value)
