"""Times, promises and reasons in the words of the reader's language."""

from datetime import datetime, timedelta

from domain.escalation.chosen import Because
from domain.notification.audience import LEADS
from domain.notification.payload import Payload, Promised
from domain.notification.templates import Phrases
from domain.people.contact import Preferences

_SECONDS = (86_400, 3_600, 60, 1)
_CHOSEN = ("offered", "assigned_by_rule")


def local_time(at: datetime, reader: Preferences) -> str:
    """In the reader's time zone, which is named."""
    zone = reader.time_zone or "UTC"
    return f"{at.astimezone(reader.zone):%Y-%m-%d %H:%M} ({zone})"


def length(time: timedelta, say: Phrases) -> str:
    """By its two largest units, as `1 h 5 min`; below a second it is one."""
    left, parts = max(round(time.total_seconds()), 1), list[str]()
    for unit, seconds in zip(say.units, _SECONDS, strict=True):
        count, left = divmod(left, seconds)
        if count:
            parts.append(unit.format(count))
        if parts and (len(parts) == 2 or not count):  # noqa: PLR2004 - two units
            break
    return " ".join(parts)


def promise_name(clock: str | None, say: Phrases) -> str:
    """`first_response/1` in words; clocks of a policy's own by their name."""
    metric, _, cycle = (clock or "").partition("/")
    name = say.metrics.get(metric, metric)
    repeated = cycle not in ("", "1")
    return say.cycle.format(promise=name, cycle=cycle) if repeated else name


def overdue(promise: Promised | None, now: datetime) -> timedelta | None:
    """How late the promise is; None: it is not late, or not known."""
    if promise is None or not promise.broken or promise.due_at is None:
        return None
    return max((promise.stopped_at or now) - promise.due_at, timedelta(0))


def reason(item: Payload, say: Phrases) -> str:
    """Why this person is notified. A reason recorded without data is shown as it was
    recorded.
    """
    if item.because:
        found = [_because(one, say) for one in item.because]
        return say.comma.join(dict.fromkeys(found))
    if item.cause == "step":
        return item.reason
    if item.cause in _CHOSEN:
        return say.because.get(item.reason, say.because["rule"])
    if item.cause == "unresolved":
        return say.because["lead" if item.reason == LEADS else "asked"]
    return say.because[item.cause]


def _because(one: Because, say: Phrases) -> str:
    above = one.target == "manager_of" and (one.level or 1) > 1
    text = say.because["manager_above" if above else one.target]
    why = text.format(name=one.name, level=one.level)
    return say.because["catch_all"].format(why=why) if one.catch_all else why
