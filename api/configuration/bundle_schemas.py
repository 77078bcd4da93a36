"""Several documents submitted together, and what they change."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from api.configuration.routes import SCHEMAS
from api.http.answers import Answer, Made
from api.http.fields import Strict, Word, example
from api.http.warning import WarningOut
from domain.configuration.bundle import Action
from domain.documents.diff import Op
from domain.documents.kinds import Kind

PEOPLE: JsonValue = {"ann": {"name": "Ann"}}
TEAM: JsonValue = {"desk": {"members": ["ann"], "lead": "ann"}}
RULE: JsonValue = {"when": {"type": "pre_sales"}, "targets": {"resolution": "P1D"}}
POLICIES: JsonValue = {"pre-sales": {"match": [RULE]}}


class _BundleIn(Strict):
    """Documents that it does not contain stay as they are."""

    model_config = example(
        agents=PEOPLE,
        teams=TEAM,
        **{"sla-policies": POLICIES},
    )


def _bundle() -> type[Strict]:
    """One member per kind: its documents by name, each in the form of a PUT."""
    members: dict[str, Any] = {
        kind.replace("-", "_"): (
            dict[Word, schema],  # type: ignore[valid-type] # from the table
            Field(default={}, alias=kind, max_length=1000),
        )
        for kind, schema in SCHEMAS.items()
    }
    made: type[Strict] = create_model(
        "BundleIn", __base__=_BundleIn, __doc__=_BundleIn.__doc__, **members
    )
    return made


BundleIn = _bundle()
Named = dict[str, dict[str, object]]


class _ConfigurationOut(BaseModel):
    """Every document in force by kind and name, with its defaults written out."""

    model_config = ConfigDict(
        serialize_by_alias=True,
        json_schema_extra={
            "examples": [{"agents": PEOPLE, "teams": TEAM, "sla-policies": POLICIES}]
        },
    )


def _configuration() -> type[BaseModel]:
    members: dict[str, Any] = {
        kind.replace("-", "_"): (Named, Field(default={}, alias=kind))
        for kind in SCHEMAS
    }
    made: type[BaseModel] = create_model(
        "ConfigurationOut",
        __base__=_ConfigurationOut,
        __doc__=_ConfigurationOut.__doc__,
        **members,
    )
    return made


ConfigurationOut = _configuration()


class DifferenceOut(Answer):
    """`pointer`: the place in the document. `before` is null if op is add, `after` is
    null if op is remove.
    """

    op: Op
    pointer: str
    before: JsonValue
    after: JsonValue


class ChangeOut(Answer):
    """`version`: the version that this change creates; for a retired document, its last
    version. `differences`: from the version before it; none if there is no version
    before.
    """

    kind: Made[Kind]
    name: Made[str]
    action: Action
    version: int
    differences: list[DifferenceOut]
    warnings: Made[list[WarningOut]]


class BundleOut(BaseModel):
    """In the order of publication; retired documents come last. Documents that do not
    change are left out.
    """

    changes: list[ChangeOut]
