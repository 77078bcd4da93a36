"""What happened, in a sentence that can be read out, in two languages."""
# ruff: noqa: RUF001 - Chinese has punctuation of its own

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from string import Formatter
from typing import Any, Literal, cast

from typing_extensions import override

from domain.audit import sentences_en, sentences_zh
from domain.escalation.chosen import Chosen, Excluded
from domain.event import SYSTEM, Actor, Event, PolicyRef
from domain.sla.decision import Promise

Language = Literal["en", "zh"]
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_OF_TERMS = frozenset(
    {"channel", "clock", "kind", "metric", "new", "old", "priority", "status", "tier",
     "visibility"}
)  # fmt: skip
"""Fields whose words are not names that somebody chose."""
_NOTHING: tuple[object, ...] = (None, "", ())


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a sentence is put together from."""

    sentences: Mapping[str, str]
    nobody: str
    somebody_unknown: str
    comma: str
    ours: str
    acting_for: str
    policy: str
    promise: str
    excluded: str
    rule_matched: str
    rule_refused: str
    nothing: str
    person_chosen: str
    person_refused: str
    request: str
    timer: str
    imported: str
    units: tuple[str, str, str, str]
    terms: Mapping[str, str] = field(default_factory=dict)
    """Words of the log that are no names, as this language says them; others stay."""


EN = Words(
    sentences=sentences_en.SENTENCES,
    nobody="nobody",
    somebody_unknown="somebody with an unknown key",
    comma=", ",
    ours="Pledge",
    acting_for="{key} on behalf of {person}",
    policy="{name}, version {version}",
    promise="{metric} within {target} by rule {rule} of {policy}",
    excluded="{person} ({reason})",
    rule_matched="Rule {rule} of {policy} matched.",
    rule_refused="Rule {rule} of {policy} said no: {field} is {value}[, and it wants "
    "{wanted}].",
    nothing="not set",
    person_chosen="{person} was chosen: {reason}.",
    person_refused="{person} was not chosen: {reason}.",
    request="{who} sent the request {request}[ with the key {key}][ by {channel}].",
    timer="Pledge looked at what had come due by then.",
    imported="The history was imported from another system.",
    units=("{} d", "{} h", "{} min", "{} s"),
)
ZH = Words(
    sentences=sentences_zh.SENTENCES,
    nobody="无人",
    somebody_unknown="使用未知密钥者",
    comma="、",
    ours="Pledge",
    acting_for="{key}（代表{person}）",
    policy="{name}第{version}版",
    promise="{metric}须在{target}内（{policy}的规则{rule}）",
    excluded="{person}（{reason}）",
    rule_matched="{policy}的规则{rule}符合。",
    rule_refused="{policy}的规则{rule}不符合：{field}为{value}[，而规则要求{wanted}]。",
    nothing="未设置",
    person_chosen="选择{person}：{reason}。",
    person_refused="未选择{person}：{reason}。",
    request="{who}发出请求{request}[，密钥{key}][，通过{channel}]。",
    timer="Pledge 检查了当时已到期的事项。",
    imported="历史记录由其他系统导入。",
    units=("{}天", "{}小时", "{}分", "{}秒"),
    terms=sentences_zh.TERMS,
)
LANGUAGES: Mapping[Language, Words] = {"en": EN, "zh": ZH}


def sentence(event: Event, words: Words) -> str:
    """Raises KeyError for an event type without a sentence."""
    fact = event.fact
    unknown = fact.topic == "access.denied" and event.meta.key_id is None
    who = words.somebody_unknown if unknown else actor_words(event.meta.actor, words)
    return say(words.sentences[fact.topic], {**fields_of(fact), "who": who}, words)


def fields_of(recorded: object) -> dict[str, object]:
    return {f.name: getattr(recorded, f.name) for f in fields(cast(Any, recorded))}


def actor_words(actor: Actor, words: Words) -> str:
    if actor == SYSTEM:
        return words.ours
    if actor.on_behalf_of:
        return words.acting_for.format(key=actor.id, person=actor.on_behalf_of)
    return actor.id


def say(template: str, values: Mapping[str, object], words: Words) -> str:
    speech = _Spoken(words)

    def optional(found: re.Match[str]) -> str:
        names = [name for _, name, _, _ in speech.parse(found[1]) if name]
        missing = any(speech.get_field(n, (), values)[0] in _NOTHING for n in names)
        return "" if missing else found[1]

    return speech.vformat(_OPTIONAL.sub(optional, template), (), values)


class _Spoken(Formatter):
    def __init__(self, words: Words) -> None:
        self._words = words

    @override
    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        value, used = super().get_field(field_name, args, kwargs)
        if isinstance(value, str) and field_name.rpartition(".")[2] in _OF_TERMS:
            value = _termed(value, self._words)
        return value, used

    @override
    def format_field(self, value: Any, format_spec: str) -> str:
        return spoken(value, self._words)


def _termed(value: str, words: Words) -> str:
    """A clock is a metric and the number of its cycle, as `first_response/1`."""
    metric, slash, cycle = value.partition("/")
    return f"{words.terms.get(metric, metric)}{slash}{cycle}"


def spoken(value: object, words: Words) -> str:
    """A value as it is read out. Rules and steps count from 0, as in the documents."""
    match value:
        case None:
            return words.nobody
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        case timedelta():
            return length(value, words)
        case tuple() | list():
            some = [spoken(one, words) for one in value]
            return words.comma.join(some) or words.nobody
        case _:
            return _named(value, words)


def _named(value: object, words: Words) -> str:
    match value:
        case PolicyRef():
            return words.policy.format(name=value.name, version=value.version)
        case Promise():
            return say(words.promise, fields_of(value), words)
        case Chosen():
            return value.person
        case Excluded():
            return say(words.excluded, fields_of(value), words)
        case _:
            return str(value)


def length(time: timedelta, words: Words) -> str:
    """As `1 h 30 min`; what is below a second is left out of anything longer."""
    seconds = time.total_seconds()
    if abs(seconds) < 1:
        return words.units[3].format(f"{seconds:g}")
    left, parts = round(abs(seconds)), list[str]()
    for unit, size in zip(words.units, (86_400, 3_600, 60, 1), strict=True):
        count, left = divmod(left, size)
        if count:
            parts.append(unit.format(count))
    return ("-" if seconds < 0 else "") + " ".join(parts)
