"""What happened to documents of configuration."""

from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeAlias

from domain.documents.kinds import Kind
from domain.errors import FieldError
from domain.event import Fact, Json
from domain.personal import ValuesOf

Document = Annotated[Json, ValuesOf("personal")]
PERSONAL_OF_AGENTS = ("name", "email")


@dataclass(frozen=True, kw_only=True)
class PolicyPublished(Fact):
    """`document` as it was written; `resolved`: a calendar with every date and a
    schedule with every shift of a text, because the packages that know the holidays and
    read the texts change. `personal`: the names of the fields of the document that are
    personal data of the agent whose document it is.
    """

    topic: ClassVar[str] = "policy.published"
    kind: Kind
    name: str
    version: int
    sha256: str
    document: Document
    resolved: Json | None = None
    warnings: tuple[FieldError, ...] = ()
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PolicyRetired(Fact):
    """`warnings`: documents that still name it, and the hours that it leaves
    uncovered.
    """

    topic: ClassVar[str] = "policy.retired"
    kind: Kind
    name: str
    warnings: tuple[FieldError, ...] = ()


ConfigurationFact: TypeAlias = PolicyPublished | PolicyRetired
