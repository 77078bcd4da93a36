"""SLA policies: what ops promise to whom, and how a promise is measured.

A policy is an ordered list of rules; each rule names the conditions it wants and the
targets it gives. Policies are asked in their `order`, then by name; for each metric
the first rule that matches wins (`match`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.calendar.calendar import Calendar
from domain.calendar.document import parse_calendar
from domain.conditions.condition import Condition, parse_condition
from domain.conditions.fields import TICKET_FIELDS
from domain.duration import parse_positive
from domain.errors import FieldError, InvalidError, UnknownWordError
from domain.event import Json, PolicyRef
from domain.nearest import did_you_mean
from domain.sla.change_rules import ChangeRules, parse_change_rules
from domain.sla.metric import Definition, Metric, parse_definitions
from domain.sla.reply import Replies, parse_replies
from domain.sla.threshold import parse_threshold

ALWAYS = "always"
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`calendar` None: that of the policy."""

    when: Condition
    targets: tuple[tuple[Metric, timedelta], ...]
    calendar: str | None = None


@dataclass(frozen=True, kw_only=True)
class SlaPolicy:
    """`longest_pause` is of each single pause, on wall time. `quiet`: when people may
    be warned; None = always.
    """

    ref: PolicyRef
    rules: tuple[Rule, ...]
    calendar: str
    warn_at: tuple[str, ...]
    escalation_policy: str | None
    order: int
    definitions: Mapping[Metric, Definition]
    replies: Replies
    on_change: ChangeRules
    longest_pause: timedelta | None
    quiet: Calendar | None


def parse_sla_policy(ref: PolicyRef, document: Json) -> SlaPolicy:
    """Raises InvalidError that names each wrong field of the document."""
    errors: list[FieldError] = []
    pauses = _strings(document.get("pauses", ["resolution"]))
    definitions = parse_definitions(document.get("clocks"), pauses, errors)
    calendar, order = document.get("calendar", ALWAYS), document.get("order", 100)
    escalation = document.get("escalation_policy")
    policy = SlaPolicy(
        ref=ref,
        rules=_parse_rules(document.get("match"), definitions, errors),
        calendar=calendar if isinstance(calendar, str) else ALWAYS,
        warn_at=_parse_thresholds(document.get("warn_at"), errors),
        escalation_policy=escalation if isinstance(escalation, str) else None,
        order=order if isinstance(order, int) else 100,
        definitions=definitions,
        replies=parse_replies(document.get("replies"), errors),
        on_change=parse_change_rules(document.get("on_change"), errors),
        longest_pause=_parse_longest_pause(document.get("longest_pause"), errors),
        quiet=_parse_quiet_hours(document.get("quiet_hours"), errors),
    )
    errors += [
        UnknownWordError(
            f"/pauses/{i}",
            f"{metric!r} is no metric of this policy"
            + did_you_mean(metric, definitions),
        )
        for i, metric in enumerate(pauses)
        if metric not in definitions
    ]
    if errors:
        raise InvalidError(errors)
    return policy


def _parse_rules(
    value: object, known: Mapping[Metric, Definition], errors: list[FieldError]
) -> tuple[Rule, ...]:
    rules = value if isinstance(value, list) else []
    if not rules:
        errors.append(FieldError("/match", "at least one rule is needed"))
    return tuple(
        _parse_rule(rule if isinstance(rule, dict) else {}, i, known, errors)
        for i, rule in enumerate(rules)
    )


def _parse_rule(
    document: Json,
    index: int,
    known: Mapping[Metric, Definition],
    errors: list[FieldError],
) -> Rule:
    """Without `when` it matches every ticket; an empty one is refused, because it is
    more often a mistake than a wish.
    """
    pointer = f"/match/{index}"
    when, calendar = document.get("when"), document.get("calendar")
    condition = Condition()
    if "when" in document:
        condition = parse_condition(when, f"{pointer}/when", TICKET_FIELDS, errors)
    return Rule(
        when=condition,
        targets=_parse_targets(document, pointer, known, errors),
        calendar=calendar if isinstance(calendar, str) else None,
    )


def _parse_targets(
    document: Json,
    pointer: str,
    known: Mapping[Metric, Definition],
    errors: list[FieldError],
) -> tuple[tuple[Metric, timedelta], ...]:
    value = document.get("targets")
    targets = value if isinstance(value, dict) else {}
    if not targets:
        errors.append(FieldError(f"{pointer}/targets", "at least one target is needed"))
    parsed: list[tuple[Metric, timedelta]] = []
    for metric, text in targets.items():
        where = f"{pointer}/targets/{metric}"
        if metric not in known:
            message = f"{metric!r} is not one of {', '.join(known)}"
            tail = f", and /clocks does not define it{did_you_mean(metric, known)}"
            errors.append(UnknownWordError(where, message + tail))
            continue
        try:
            parsed.append((metric, parse_positive(str(text))))
        except ValueError as error:
            errors.append(FieldError(where, str(error)))
    return tuple(parsed)


def _parse_thresholds(value: object, errors: list[FieldError]) -> tuple[str, ...]:
    thresholds = _strings(value)
    for i, threshold in enumerate(thresholds):
        try:
            parse_threshold(threshold)
        except ValueError as error:
            errors.append(FieldError(f"/warn_at/{i}", str(error)))
    return thresholds


def _parse_longest_pause(value: object, errors: list[FieldError]) -> timedelta | None:
    if value is None:
        return None
    try:
        return parse_positive(str(value))
    except ValueError as error:
        errors.append(FieldError("/longest_pause", str(error)))
        return None


def _parse_quiet_hours(value: object, errors: list[FieldError]) -> Calendar | None:
    """As the calendar of the hours that are not quiet."""
    if value is None:
        return None
    fields = value if isinstance(value, dict) else {}
    begin, end = str(fields.get("from")), str(fields.get("to"))
    loud = [[end, begin]] if begin > end else [["00:00", begin], [end, "24:00"]]
    hours = {day: [w for w in loud if w[0] != w[1]] for day in WEEKDAYS}
    try:
        return parse_calendar({"tz": fields.get("tz", "UTC"), "hours": hours})
    except InvalidError as error:
        message = "must be {tz, from, to} with times of day: " + str(error)
        errors.append(FieldError("/quiet_hours", message))
        return None


def _strings(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        return ()
    return tuple(word for word in value if isinstance(word, str))
