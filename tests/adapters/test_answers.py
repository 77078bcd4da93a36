"""Answers are made from the definitions that OpenAPI shows."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from pydantic import Field

from api.http.answers import Answer, Made, page_of
from api.http.fields import DurationText


@dataclass
class Step:
    after: timedelta | None
    secret: str = "not for everybody"


@dataclass
class Plan:
    maker: str
    steps: tuple[Step, ...] = ()
    first: Step | None = None


class StepOut(Answer):
    after: DurationText | None


class PlanOut(Answer):
    number: Made[int]
    maker: str = Field(alias="made_by")
    steps: list[StepOut]
    first: StepOut | None


class TotalOut(Answer):
    total: Made[DurationText] = Field(alias="sum")


HOUR = Step(timedelta(hours=1))


def test_an_answer_has_the_fields_of_its_definition_in_their_order():
    schema = PlanOut.model_json_schema(mode="serialization")
    assert list(PlanOut.of(Plan("ann"), number=1)) == list(schema["properties"])


def test_a_field_is_read_from_the_attribute_of_its_name_and_sent_under_its_alias():
    assert PlanOut.of(Plan("ann"), number=1)["made_by"] == "ann"


def test_what_is_inside_is_shown_by_its_own_definition():
    shown = PlanOut.of(Plan("ann", (HOUR,), HOUR), number=1)
    assert (shown["steps"], shown["first"]) == ([{"after": "PT1H"}], {"after": "PT1H"})


def test_what_is_not_there_is_null():
    assert StepOut.of(Step(None)) == {"after": None}
    assert PlanOut.of(Plan("ann"), number=1)["first"] is None


def test_an_answer_of_which_all_is_made_shows_nothing_else():
    assert TotalOut.of(total="PT2H") == {"sum": "PT2H"}


def test_what_is_to_be_made_cannot_be_forgotten():
    with pytest.raises(TypeError, match="number"):
        PlanOut.of(Plan("ann"))


def test_what_the_definition_does_not_name_cannot_be_sent():
    with pytest.raises(TypeError, match="secret"):
        StepOut.of(HOUR, secret="x")


def test_a_page_is_named_after_its_items():
    assert page_of(PlanOut).__name__ == "PlanPage"
    assert page_of(PlanOut, "Plans").model_json_schema()["title"] == "Plans"
