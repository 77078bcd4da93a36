"""How a person wants to be told: the part of an agent's document that says so.

Addresses stand in the document; what holds a token does not: `apprise` entries are
names of targets that the operator keeps outside of Pledge. Who has only an e-mail
address is told by e-mail at once; who has nothing cannot be told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo
from zoneinfo import ZoneInfo

from domain.calendar.calendar import WEEKDAYS, Calendar
from domain.calendar.document import parse_calendar
from domain.documents.fields import read_time, read_zone, time_text
from domain.documents.reader import Reader
from domain.duration import format_duration, parse_duration
from domain.errors import FieldError, InvalidError
from domain.people.channels import CHANNELS, Channel, Urgency

LONGEST_AFTER = timedelta(days=1)
"""A rule that waits longer tells nobody in time."""
URGENCIES: tuple[Urgency, ...] = ("low", "high")
_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,255}")
_URL = re.compile(r"https?://[^\s@/?#]+(?:[/?#]\S*)?")
_TARGET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCALE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """`after`: since the step told this person. `urgency=None`: whatever it is."""

    channel: Channel
    after: timedelta
    urgency: Urgency | None = None


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """`loud`: the hours that are not quiet; None = no hours are. `secret_version`: of
    the secret that signs what goes to the webhook.
    """

    name: str = ""
    rules: tuple[Rule, ...] = ()
    email: str | None = None
    webhook: str | None = None
    secret_version: int = 1
    apprise: tuple[str, ...] = ()
    loud: Calendar | None = None
    time_zone: str | None = None
    locale: str | None = None

    @property
    def zone(self) -> tzinfo:
        return ZoneInfo(self.time_zone) if self.time_zone else UTC

    def targets(self, channel: Channel) -> tuple[str | None, ...]:
        """One message each."""
        return self.apprise if channel == "apprise" else (None,)

    def address(self, channel: Channel, target: str | None) -> str | None:
        """Where this message goes as of now; None = nowhere any more."""
        if channel == "apprise":
            return target if target in self.apprise else None
        return self.email if channel == "email" else self.webhook


def read_preferences(name: str, reader: Reader) -> Preferences:
    notify = reader["notify"]
    email = _matching(_EMAIL, reader["email"], "an e-mail address")
    webhook = _matching(_URL, notify["webhook"], "an http(s) URL")
    zone = reader.optional("time_zone", lambda zone: zone.read(read_zone))
    preferences = Preferences(
        name=str(reader.get("name", name).value),
        rules=tuple(_read_rules(notify["rules"], email)),
        email=email,
        webhook=webhook,
        secret_version=notify.get("webhook_secret_version", 1).number(1),
        apprise=tuple(_read_targets(notify["apprise"])),
        loud=notify.optional("quiet_hours", lambda quiet: _read_loud(quiet, zone)),
        time_zone=zone,
        locale=_matching(_LOCALE, reader["locale"], "as en or zh-CN"),
    )
    reader.errors.extend(_unaddressed(preferences))
    return preferences


def preferences_advice(preferences: Preferences) -> Iterator[FieldError]:
    """What is allowed and probably unintended."""
    high = [r.after for r in preferences.rules if r.urgency in (None, "high")]
    if not preferences.rules:
        yield FieldError(
            "/notify",
            "no notification channel is configured: nothing reaches this person",
        )
    elif not high:
        message = "nothing tells this person of what is urgent"
        yield FieldError("/notify/rules", message)
    elif min(high):
        first = format_duration(min(high))
        message = f"nobody is told at once: the first rule waits {first}"
        yield FieldError("/notify/rules", message)


def _matching(pattern: re.Pattern[str], reader: Reader, wanted: str) -> str | None:
    value = reader.value
    if value is None or (isinstance(value, str) and pattern.fullmatch(value)):
        return value
    reader.fault(f"must be {wanted}, not {value!r}")
    return None


def _read_rules(reader: Reader, email: str | None) -> Iterator[Rule]:
    """Without any: the e-mail address, at once."""
    rules = [*reader.items()]
    if not rules and email is not None:
        yield Rule(channel="email", after=timedelta(0))
    for rule in rules:
        channel = rule["channel"].if_one_of(CHANNELS)
        if channel is not None:
            urgency = rule.optional("urgency", lambda word: word.if_one_of(URGENCIES))
            after = _read_after(rule.get("after", "PT0S"))
            yield Rule(channel=channel, after=after, urgency=urgency)


def _read_after(reader: Reader) -> timedelta:
    after = reader.parsed(parse_duration) or timedelta(0)
    if not timedelta(0) <= after <= LONGEST_AFTER:
        reader.fault("must be from PT0S to P1D")
    return after


def _read_targets(reader: Reader) -> Iterator[str]:
    for target in reader.items():
        name = target.text()
        if name is not None and _TARGET.fullmatch(name):
            yield name
            continue
        message = "must be the name of a target of PLEDGE_NOTIFY_TARGETS, not a URL"
        target.fault(message)


def _read_loud(reader: Reader, zone: str | None) -> Calendar | None:
    if zone is None:
        message = "quiet hours need the person's time zone"
        reader.errors.append(FieldError("/time_zone", message))
        return None
    return reader.read(
        lambda quiet, _: parse_calendar(
            {"tz": zone, "hours": dict.fromkeys(WEEKDAYS, _day(quiet))}
        )
    )


def _day(quiet: object) -> list[list[str]]:
    """The windows of a day that are not quiet. Raises InvalidError."""
    fields, pointer = quiet if isinstance(quiet, dict) else {}, "/notify/quiet_hours"
    begin, end = (
        time_text(read_time(fields.get(name), f"{pointer}/{name}"))
        for name in ("from", "to")
    )
    windows = [[end, begin]] if begin > end else [["00:00", begin], [end, "24:00"]]
    loud = [window for window in windows if window[0] != window[1]]
    if begin == end or not loud:
        message = "must end when they do not begin, and leave some of the day"
        raise InvalidError.at(pointer, message)
    return loud


def _unaddressed(preferences: Preferences) -> Iterator[FieldError]:
    """A rule by a channel for which nobody said where."""
    wanted = {"email": "/email", "webhook": "/notify/webhook"}
    for index, rule in enumerate(preferences.rules):
        targets = preferences.targets(rule.channel)
        if not targets or None in (
            preferences.address(rule.channel, target) for target in targets
        ):
            field = wanted.get(rule.channel, "/notify/apprise")
            message = f"needs {field}, which is not there"
            yield FieldError(f"/notify/rules/{index}/channel", message)
