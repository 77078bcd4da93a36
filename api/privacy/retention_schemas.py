"""Retention: bodies and answers."""

from datetime import datetime, timedelta

from pydantic import Field

from api.http.answers import Answer, Made
from api.http.fields import Duration, DurationText, Instant, Line, Strict, example
from api.privacy.schemas import HoldOut
from domain.errors import FieldError, InvalidError
from domain.privacy.retention import Periods, RunState, parse_period


class PeriodsIn(Strict):
    """Each class of records with its own period: what was touched last before it began
    is due. `off`: this class stays.
    """

    transactions: Duration | None = Field(
        default=None,
        description="For customers, by their tickets: a duration, or `off`; by default"
        " as `PLEDGE_RETENTION_TRANSACTIONS` says",
    )
    logs: Duration | None = Field(
        default=None,
        description="For records of operation that are not in the log of events: a"
        " duration, or `off`; by default as `PLEDGE_RETENTION_LOGS` says",
    )

    def periods(self, presets: Periods) -> Periods:
        """Raises InvalidError."""
        faults: list[FieldError] = []

        def period(
            name: str, text: str | None, preset: timedelta | None
        ) -> timedelta | None:
            if text is None:
                return preset
            try:
                return parse_period(text)
            except ValueError as error:
                faults.append(FieldError(f"/{name}", str(error)))
                return None

        found = Periods(
            transactions=period(
                "transactions", self.transactions, presets.transactions
            ),
            logs=period("logs", self.logs, presets.logs),
        )
        if faults:
            raise InvalidError(faults)
        return found


class RetentionPreviewIn(PeriodsIn):
    model_config = example(transactions="P1095D", logs="off")
    at: Instant | None = Field(
        default=None, description="As if it were this instant; by default now"
    )


class RetentionRunIn(PeriodsIn):
    model_config = example(transactions="P1095D", logs="P183D", reason="yearly")
    reason: Line = Field(description="Kept for ever: name no personal data in it")


class HeldOut(Answer):
    external_id: str
    hold: HoldOut


class DueCustomersOut(Answer):
    """Customers all of whose tickets are closed, and were touched last before `limit`.
    `people` would be erased; `examples` and `holds` are the first hundred.
    """

    period: Made[DurationText] = Field(description="How long they are kept")
    limit: Made[datetime] = Field(description="Who was touched last before it is due")
    people: Made[int] = Field(description="How many would be erased")
    tickets: Made[int] = Field(description="In how many tickets these occur")
    examples: Made[list[str]] = Field(description="Some who would be erased")
    held: Made[int] = Field(description="How many are kept by a legal hold")
    holds: Made[list[HeldOut]] = Field(description="Some of these, and why")
    not_closed: Made[int] = Field(
        description="How many are kept because a ticket of theirs is not closed"
    )


class RecordCountOut(Answer):
    name: Made[str] = Field(description="A table; `bundles`: the files of exports")
    count: Made[int] = Field(description="How many of its records")


class DueRecordsOut(Answer):
    period: Made[DurationText] = Field(description="How long they are kept")
    limit: Made[datetime] = Field(description="What is older is due")
    records: Made[list[RecordCountOut]] = Field(description="How many are due")


class RetentionPreviewOut(Answer):
    """What a run would do at that instant. Null: it would leave this class alone."""

    at: Made[datetime]
    transactions: Made[DueCustomersOut | None] = Field(description="Customers")
    logs: Made[DueRecordsOut | None] = Field(description="Records of operation")


class RetentionRunOut(Answer):
    """A run, and how far it is. Whoever was due when it began is looked at again when
    it is their turn: who came back meanwhile is `kept`.
    """

    id: Made[str]
    state: Made[RunState]
    progress: Made[float]
    transactions: Made[DurationText | None] = Field(
        description="How long customers are kept; null: for ever"
    )
    logs: Made[DurationText | None] = Field(
        description="How long records of operation are kept; null: for ever"
    )
    reason: Made[str]
    requested_at: Made[datetime]
    requested_by: Made[str] = Field(description="Who requested it")
    finished_at: Made[datetime | None]
    erased: Made[int] = Field(description="How many customers were erased")
    held: Made[int] = Field(description="How many a legal hold kept")
    kept: Made[int] = Field(description="How many were not due any more")
    deleted: Made[list[RecordCountOut]] = Field(
        description="How many records of operation were deleted"
    )
    error: Made[str | None]
