"""Approval limits of roles, delegations, and refunds and compensations of a ticket."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from api.http.answers import Answer, Made
from api.http.fields import (
    DISPLAYED,
    Duration,
    Identifier,
    Instant,
    Line,
    Strict,
    example,
)
from domain.authority.currencies import CURRENCIES, currency_fault
from domain.authority.limits import SpendKind
from domain.authority.money import AMOUNT, parse_amount
from domain.errors import FieldError


def _amount(value: object) -> object:
    errors: list[FieldError] = []
    parse_amount(value, "", errors, zero=True)
    if errors:
        raise ValueError(errors[0].message)
    return value


def _currency(value: object) -> object:
    if fault := currency_fault(value):
        raise ValueError(fault)
    return value


Amount = Annotated[
    str,
    BeforeValidator(_amount),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": f"^{AMOUNT}$",
            "description": 'Exact, for example `"12.50"`',
        }
    ),
]
Currency = Annotated[
    str,
    BeforeValidator(_currency),
    WithJsonSchema(
        {
            "type": "string",
            "enum": sorted(CURRENCIES),
            "description": "ISO 4217 code, for example `CNY`",
        }
    ),
]


class MoneyIn(Strict):
    currency: Currency
    amount: Amount


class AuthorityIn(Strict):
    """What an agent with this role may approve. If a kind is left out, the limit is
    nothing.
    """

    model_config = example(
        refund={"currency": "CNY", "amount": "500"},
        compensation={"currency": "CNY", "amount": "200"},
    )
    name: Line | None = Field(default=None, description=DISPLAYED)
    refund: MoneyIn | None = None
    compensation: MoneyIn | None = None
    answer_within: Duration | Literal["never"] = Field(
        default="PT4H",
        description=(
            "How long an approver with this role has to decide; then the request is "
            "escalated to the next manager with a high enough limit"
        ),
    )


class ScopeIn(MoneyIn):
    """`team`: only for tickets of this team. The limit is `amount`, and never more than
    the principal's own limit.
    """

    types: list[SpendKind] = Field(min_length=1, max_length=2)
    team: Identifier | None = None


class DelegationIn(Strict):
    model_config = example(
        principal="ann",
        delegate="bo",
        scope={"types": ["refund"], "currency": "CNY", "amount": "300"},
        until="2199-01-04T00:00:00+08:00",
        reason="vacation",
        **{"from": "2198-12-21T00:00:00+08:00"},
    )
    principal: Identifier
    delegate: Identifier
    scope: ScopeIn
    from_: Instant = Field(alias="from")
    until: Instant
    reason: Line


class ScopeOut(Answer):
    kinds: list[SpendKind] = Field(alias="types")
    currency: str
    amount: str
    team: str | None


class DelegationOut(Answer):
    id: str
    principal: str
    delegate: str
    scope: Made[ScopeOut]
    begin: datetime = Field(alias="from")
    end: datetime = Field(alias="until")
    reason: str
    made_at: datetime
    made_by: str
    revoked_at: datetime | None


class ApprovalIn(Strict):
    """Granted at once within the requester's own limit. `requested_by`: may be left out
    with the key of an agent.
    """

    model_config = example(
        kind="refund",
        amount="120.00",
        currency="CNY",
        reason="the pump came broken",
        requested_by="ann",
    )
    kind: SpendKind
    amount: Amount
    currency: Currency
    reason: Line
    requested_by: Identifier | None = None


class VerdictIn(Strict):
    """`by`: the agent who decides; never the requester. It may be left out with the key
    of an agent.
    """

    model_config = example(by="mia", reason="the photo shows it")
    by: Identifier | None = None
    reason: Line
