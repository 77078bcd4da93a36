"""Documents handed in together, and what that changes."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, create_model

from api.configuration.routes import SCHEMAS
from api.http.fields import Strict, Word, example
from api.http.warning import WarningOut
from domain.configuration.bundle import Action
from domain.configuration.kinds import Kind
from domain.documents.diff import Op

PEOPLE: JsonValue = {"ann": {"name": "Ann"}}
TEAM: JsonValue = {"desk": {"members": ["ann"], "lead": "ann"}}
RULE: JsonValue = {"when": {"type": "pre_sales"}, "targets": {"resolution": "P1D"}}
POLICIES: JsonValue = {"pre-sales": {"match": [RULE]}}


class _BundleIn(Strict):
    """What it does not name stays as it is."""

    model_config = example(
        agents=PEOPLE,
        teams=TEAM,
        **{"sla-policies": POLICIES},
    )


def _bundle() -> type[Strict]:
    """One member a kind: the documents by name, each as it would be PUT."""
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


class DifferenceOut(BaseModel):
    """`pointer` into the document. `before` is null where `op` is add, `after` where it
    is remove.
    """

    op: Op
    pointer: str
    before: JsonValue
    after: JsonValue


class ChangeOut(BaseModel):
    """`version`: of the document by this change; of what is retired, its last.
    `differences` from the version before it, none where there was none.
    """

    kind: Kind
    name: str
    action: Action
    version: int
    differences: list[DifferenceOut]
    warnings: list[WarningOut]


class BundleOut(BaseModel):
    """In the order in which they are published, and then retired. What is in force as
    it is, is not in it.
    """

    changes: list[ChangeOut]
