"""What is published of each event type is true, whatever events there are."""

import jsonschema
import pytest

from api.event_types.schemas import event_types
from infra.eventstore.topics import FACTS

TYPES = event_types(FACTS)
BY_NAME = pytest.mark.parametrize("found", TYPES, ids=lambda found: found.type)


@BY_NAME
def test_an_example_is_what_its_schema_says(found):
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    jsonschema.Draft202012Validator.check_schema(found.schema)
    jsonschema.validate(found.example, found.schema, format_checker=checker)


@BY_NAME
def test_an_example_shows_every_field(found):
    data = found.schema["properties"]["data"]["properties"]
    assert found.example["data"].keys() == data.keys()


def test_an_event_with_a_field_of_another_type_is_not_what_the_schema_says():
    [breached] = [found for found in TYPES if found.type == "sla.breached"]
    wrong = breached.example | {"data": breached.example["data"] | {"cycle": "first"}}
    with pytest.raises(jsonschema.ValidationError, match="'first' is not of type"):
        jsonschema.validate(wrong, breached.schema)
