"""Time zones that a text defines itself: only rules as real zones have.

`icalendar` iterates over the rules of a zone whenever it reads a time there, so each
must match once a year, without a long search.
"""

import re
from collections.abc import Iterator

from icalendar.parser import Contentlines

from infra.calendars.ical.refusal import IcalError

MOST_RULES = 500
DAY = "(SU|MO|TU|WE|TH|FR|SA)"
DATE = "-?(0?[1-9]|1[0-9]|2[0-8])"
MONTHLY = f"BYDAY=[+-]?[1-4]{DAY}|BYMONTHDAY={DATE}"  # which each month has
DATED = (
    f"BYDAY={DAY};BYMONTHDAY={DATE}(,{DATE})*|BYMONTHDAY={DATE}(,{DATE})*;BYDAY={DAY}"
)
RULE = re.compile(
    rf"(FREQ=YEARLY|INTERVAL=1|BYMONTH=(0?[1-9]|1[0-2])|UNTIL=[0-9TZ]+|WKST={DAY}"
    rf"|{MONTHLY}|{DATED}|;)+"
)


def refuse_odd_zones(text: str) -> None:
    rules = list(_rules(text))
    if len(rules) > MOST_RULES:
        raise IcalError(f"time zones of more than {MOST_RULES} rules")
    for rule in rules:
        chosen = rule.count("BYDAY") + rule.count("BYMONTHDAY")
        dated = re.search(DATED, rule) is not None
        if not RULE.fullmatch(rule) or chosen > 1 + dated:
            raise IcalError(f"a time zone with the rule {rule[:100]}")


def _rules(text: str) -> Iterator[str]:
    """Of all that is no event."""
    within = [""]
    lines = Contentlines.from_ical(text)  # type: ignore[no-untyped-call]
    for line in lines[:-1]:  # the last is an empty one of the library's own
        try:
            name, _, value = line.parts()
        except ValueError:
            continue  # reading reports it
        match name.upper():
            case "BEGIN":
                within.append(value.strip().upper())
            case "END":
                within = within[:-1] or [""]
            case "RRULE" if within[-1] != "VEVENT" or "VTIMEZONE" in within:
                yield value.strip().upper()
