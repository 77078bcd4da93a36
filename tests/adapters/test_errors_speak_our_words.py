"""Whatever is wrong in a request is said in our words, never in pydantic's."""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel, ValidationError
from pydantic_core import core_schema

from api.app import ROUTERS
from api.configuration.bundle_schemas import BundleIn
from api.configuration.schemas import AgentIn, EscalationPolicyIn, SlaPolicyIn
from api.http.fields import FAULTS
from api.http.validation import NOUNS, PHRASES, field_errors
from api.tickets.schemas import TicketIn

SPECIAL = {
    "extra_forbidden", "literal_error", "enum", FAULTS,
    "too_short", "too_long", "string_too_short", "string_too_long",
}  # fmt: skip
RAISED_BY = {
    "any": (),
    "bool": ("bool_type", "bool_parsing"),
    "chain": (),
    "datetime": (
        "datetime_type", "datetime_parsing", "datetime_object_invalid",
        "datetime_from_date_parsing",
    ),
    "default": (),
    "definition-ref": (),
    "definitions": (),
    "dict": ("dict_type", "too_short", "too_long", "invalid_key"),
    "function-after": ("value_error", "assertion_error"),
    "function-before": ("value_error", "assertion_error", FAULTS),
    "function-wrap": ("value_error", "assertion_error"),
    "int": (
        "int_type", "int_parsing", "int_parsing_size", "int_from_float",
        "greater_than_equal", "less_than_equal", "finite_number",
    ),
    "json-or-python": (),
    "list": ("list_type", "too_short", "too_long"),
    "literal": ("literal_error",),
    "model": ("model_type", "model_attributes_type"),
    "model-field": ("missing",),
    "model-fields": ("model_type", "extra_forbidden", "invalid_key"),
    "none": ("none_required",),
    "nullable": (),
    "str": (
        "string_type", "string_unicode", "string_too_short", "string_too_long",
        "string_pattern_mismatch",
    ),
    "tagged-union": (),
    "union": (),
    "float": ("float_type", "float_parsing", "finite_number"),
}  # fmt: skip


def kinds(schema: Any) -> Iterator[str]:
    """Of everything that a schema of pydantic's consists of."""
    if isinstance(schema, dict):
        if isinstance(schema.get("type"), str):
            yield schema["type"]
        for key, inner in schema.items():
            if key not in ("metadata", "serialization", "cls", "config", "function"):
                yield from kinds(inner)
    elif isinstance(schema, list | tuple):
        for inner in schema:
            yield from kinds(inner)


def asked(dependant: Any) -> Iterator[Any]:
    yield from (*dependant.query_params, *dependant.path_params)
    for inner in dependant.dependencies:
        yield from asked(inner)


def used() -> set[str]:
    """Every kind that a body or a parameter of any route consists of."""
    found = set(kinds(BundleIn.__pydantic_core_schema__))
    for router in ROUTERS:
        for route in router.routes:
            body = [route.body_field] if route.body_field else []
            for field in (*asked(route.dependant), *body):
                found |= set(kinds(field._type_adapter.core_schema))
    return found


def test_every_error_that_a_request_can_raise_has_words_of_ours():
    types = {error for kind in used() for error in RAISED_BY[kind]}
    assert types <= NOUNS.keys() | PHRASES.keys() | SPECIAL
    known = set(get_args(core_schema.ErrorType)) | {FAULTS}
    assert types <= known, "this release of pydantic calls them otherwise"


def said(model: type[BaseModel], document: Any) -> dict[str, str]:
    with pytest.raises(ValidationError) as refused:
        model.model_validate(document)
    errors = [{**e, "loc": ("body", *e["loc"])} for e in refused.value.errors()]
    return {e.pointer: e.message for e in field_errors(errors, document, model)}


TICKET = {
    "subject": "s",
    "body": "b",
    "channel": "email",
    "type": "question",
    "customer": {"external_id": "c-1"},
}
STATUSES = "open, pending, on_hold, resolved, closed"


@pytest.mark.parametrize(
    ("change", "pointer", "message"),
    [
        ({"subject": 7}, "/subject", "must be text, not 7"),
        ({"subject": None}, "/subject", "must be text, not null"),
        ({"subject": ["a"]}, "/subject", "must be text, not a list"),
        ({"subject": ""}, "/subject", "must not be empty"),
        ({"subject": "x" * 301}, "/subject",
         "has 301 characters: at most 300 are allowed"),
        ({"tags": ["a"] * 51}, "/tags", "has 51 items: at most 50 are allowed"),
        ({"tags": "vip"}, "/tags", "must be a list, not 'vip'"),
        ({"customer": "c-1"}, "/customer", "must be an object, not 'c-1'"),
        ({"customer": {}}, "/customer/external_id", "is required"),
        ({"priority": "hihg"}, "/priority",
         "'hihg' is not one of low, normal, high, urgent; did you mean 'high'?"),
        ({"prioritty": "high"}, "/prioritty",
         "there is no such field; did you mean 'priority'?"),
        ({"customer": {"external_id": "c", "teir": "x"}}, "/customer/teir",
         "there is no such field; did you mean 'tier'?"),
    ],
)  # fmt: skip
def test_a_fault_names_the_value_what_is_allowed_and_the_nearest(
    change, pointer, message
):
    assert said(TicketIn, TICKET | change) == {pointer: message}


def test_where_nothing_is_near_all_the_fields_that_there_are_are_named():
    rule = {"targets": {"resolution": "PT1H"}, "x": 1}
    assert said(SlaPolicyIn, {"match": [rule]}) == {
        "/match/0/x": "there is no such field; there are when, targets, calendar"
    }


def step(**fields: Any) -> dict[str, Any]:
    return {"steps": [{"targets": [{"assignee": True}], **fields}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        (step(status="opne"), {
            "/steps/0/status":
            f"'opne' is not one of {STATUSES}; did you mean 'open'?"}),
        (step(status={"to": "opne"}), {
            "/steps/0/status/to":
            f"'opne' is not one of {STATUSES}; did you mean 'open'?"}),
        (step(status={"to": "open", "reson": "r"}), {
            "/steps/0/status/reson":
            "there is no such field; did you mean 'reason'?"}),
        (step() | {"nobody": 7}, {"/nobody": "must be text or an object, not 7"}),
        (step() | {"nobody": {"catch_al": {}}}, {
            "/nobody/catch_all": "is required",
            "/nobody/catch_al": "there is no such field; did you mean 'catch_all'?"}),
        (step(targets=["assignee"]), {
            "/steps/0/targets/0": "must be an object, not 'assignee'"}),
        (step(targets=[{"assignee": False}]), {
            "/steps/0/targets/0/assignee": "must be true, not false"}),
    ],
)  # fmt: skip
def test_of_several_forms_only_the_one_that_was_meant_is_spoken_of(document, expected):
    assert said(EscalationPolicyIn, document) == expected


def test_a_word_that_names_a_field_is_checked_like_any_other():
    document = {"name": "Ann", "notify": {"rules": [{"channel": "emial"}]}}
    assert said(AgentIn, document) == {
        "/notify/rules/0/channel": (
            "'emial' is not one of email, webhook, apprise; did you mean 'email'?"
        )
    }


def test_a_document_in_a_bundle_is_spoken_of_in_the_same_words():
    found = said(BundleIn, {"agents": {"ann": {"nmae": "Ann"}}})
    assert found == {
        "/agents/ann/name": "is required",
        "/agents/ann/nmae": "there is no such field; did you mean 'name'?",
    }
