"""SLA policies: what ops promise to whom, and how a promise is measured.

A policy is an ordered list of rules; each rule names the conditions it wants and the
targets it gives. Policies are asked in their `order`, then by name; for each metric
the first rule that matches wins (`match`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from domain.calendar.calendar import ALWAYS, WEEKDAYS, Calendar
from domain.calendar.document import parse_calendar, read_calendar_name
from domain.conditions.condition import Condition, read_condition
from domain.conditions.fields import TICKET_FIELDS
from domain.documents.reader import Reader
from domain.errors import InvalidError, UnknownWordError
from domain.event import PolicyRef
from domain.nearest import did_you_mean
from domain.sla.change_rules import ChangeRules, read_change_rules
from domain.sla.metric import Definition, Metric, read_definitions
from domain.sla.reply import Replies, read_replies
from domain.sla.threshold import parse_threshold


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


def read_sla_policy(ref: PolicyRef, reader: Reader) -> SlaPolicy:
    pauses = reader.get("pauses", ["resolution"])
    definitions = read_definitions(reader["clocks"], pauses.words())
    order = reader["order"].value
    policy = SlaPolicy(
        ref=ref,
        calendar=read_calendar_name(reader["calendar"]) or ALWAYS,
        rules=_read_rules(reader["match"], definitions),
        warn_at=_read_thresholds(reader["warn_at"]),
        escalation_policy=reader["escalation_policy"].name("escalation-policies"),
        order=order if isinstance(order, int) else 100,
        definitions=definitions,
        replies=reader.optional("replies", read_replies) or Replies(),
        on_change=reader.optional("on_change", read_change_rules) or ChangeRules(),
        longest_pause=reader.optional("longest_pause", Reader.duration),
        quiet=reader.optional("quiet_hours", _read_quiet_hours),
    )
    for pause in pauses.texts():
        metric = str(pause.value)
        if metric not in definitions:
            hint = did_you_mean(metric, definitions)
            message = f"{metric!r} is no metric of this policy{hint}"
            pause.fault(message, UnknownWordError)
    return policy


def _read_rules(reader: Reader, known: Mapping[Metric, Definition]) -> tuple[Rule, ...]:
    rules = tuple(_read_rule(rule, known) for rule in reader.items())
    if not rules:
        reader.fault("at least one rule is needed")
    return rules


def _read_rule(reader: Reader, known: Mapping[Metric, Definition]) -> Rule:
    """Without `when` it matches every ticket; an empty one is refused, because it is
    more often a mistake than a wish.
    """
    when = Condition()
    if "when" in reader:
        when = read_condition(reader["when"], TICKET_FIELDS)
    targets = reader["targets"]
    if not targets.members():
        targets.fault("at least one target is needed")
    return Rule(
        when=when,
        targets=tuple(
            (metric, _read_target(metric, target, known))
            for metric, target in targets.members().items()
        ),
        calendar=read_calendar_name(reader["calendar"]),
    )


def _read_target(
    metric: str, reader: Reader, known: Mapping[Metric, Definition]
) -> timedelta:
    if metric in known:
        return reader.duration()
    message = f"{metric!r} is not one of {', '.join(known)}"
    tail = f", and /clocks does not define it{did_you_mean(metric, known)}"
    reader.fault(message + tail, UnknownWordError)
    return timedelta(0)


def _read_thresholds(reader: Reader) -> tuple[str, ...]:
    for threshold in reader.texts():
        threshold.parsed(parse_threshold)
    return reader.words()


def _read_quiet_hours(reader: Reader) -> Calendar | None:
    """As the calendar of the hours that are not quiet."""
    begin, end = str(reader["from"].value), str(reader["to"].value)
    loud = [[end, begin]] if begin > end else [["00:00", begin], [end, "24:00"]]
    hours = {day: [w for w in loud if w[0] != w[1]] for day in WEEKDAYS}
    try:
        return parse_calendar({"tz": reader.get("tz", "UTC").value, "hours": hours})
    except InvalidError as error:
        reader.fault(f"must be {{tz, from, to}} with times of day: {error}")
        return None
