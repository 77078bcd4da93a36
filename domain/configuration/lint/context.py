"""The context of a document that is checked: everything in force, the document
included.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from domain.configuration.lint.no_sla import meant_types
from domain.errors import FieldError
from domain.escalation.policy import EscalationPolicy
from domain.oncall.plan import Plan
from domain.people.contact import Preferences
from domain.people.directory import Directory, may_act
from domain.sla.policy import SlaPolicy

Words = Mapping[str, frozenset[str]]
UrlRefusal = Callable[[str], str | None]


@dataclass(frozen=True, kw_only=True)
class LintContext:
    """`preferences`: of an agent; empty where they are from before today's rules for
    them. `plan`: that of a schedule, None if there is none.
    `gaps`: what is to be said of hours of a schedule in which nobody is on call.
    `chat_targets`: names of those that are set up; None: not known. `url_refusal`: why
    no request ever goes to a URL; None: not known. `mail`: whether a mail server is set
    up; None: not known. `unpromised`: how many open tickets of each type have no
    promise. `used_words`: by field, the words that tickets have had; None: not known.
    `given_words`: the words that macros set.
    """

    directory: Directory
    preferences: Callable[[str], Preferences]
    sla_policies: tuple[SlaPolicy, ...]
    escalation_policies: Mapping[str, EscalationPolicy]
    plan: Callable[[str], Plan | None]
    gaps: Callable[[str], tuple[FieldError, ...]]
    chat_targets: frozenset[str] | None = None
    url_refusal: UrlRefusal | None = None
    used_words: Words | None = None
    given_words: Words = field(default_factory=dict)
    mail: bool | None = None
    unpromised: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def meant_types(self) -> Mapping[str, str | None]:
        """Once for all policies: with many types and rules it is slow."""
        return meant_types(self.sla_policies, self.unpromised)

    def acts(self, person: str) -> bool:
        return may_act(self.directory, person) is None

    def can_be_told(self, person: str) -> bool:
        """Whether any channel leads to this person."""
        return bool(self.preferences(person).rules)
