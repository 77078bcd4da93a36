"""python -m bench.business_time: how fast are deadlines, warm and cold?"""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from timeit import repeat

from domain.calendar.business_time import back, breach_at, due_at, elapsed
from domain.calendar.calendar import Calendar
from domain.calendar.document import parse_calendar
from domain.calendar.span import Span
from domain.calendar.working_days import working_days_later

START = datetime(2026, 1, 12, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = 8 * HOUR
TEN_YEARS = 2600 * DAY  # of business time
FAR = START + timedelta(days=3650)
PAUSES = [
    Span(START + 2 * HOUR, START + 4 * HOUR),
    Span(START + 30 * HOUR, START + 50 * HOUR),
]
DAYS = ("mon", "tue", "wed", "thu", "fri")
HOLIDAYS = ["01-01", "05-01", "12-25", {"from": "2026-10-01", "to": "2026-10-07"}]
serial = count()


def office(opening: str = "09:00") -> Calendar:
    windows = [[opening, "12:00"], ["13:00", "18:00"]]
    hours = dict.fromkeys(DAYS, windows)
    form = {"tz": "Europe/Berlin", "hours": hours, "holidays": HOLIDAYS}
    return parse_calendar(form)


def unseen() -> Calendar:
    minute, second = divmod(next(serial), 60)
    return office(f"09:{minute:02}:{second:02}")


def over() -> Calendar:
    """A calendar that opens once and never again; unseen."""
    breaks = {f"20{10 + next(serial) % 90}-01-01": [["09:00", "10:00"]]}
    shifts = {"2026-01-13": [["09:00", "10:00"]]}
    form = {"tz": "Europe/Berlin", "shifts": shifts, "breaks": breaks}
    return parse_calendar(form)


def warm(hours: Calendar) -> dict[str, Callable[[], object]]:
    return {
        "due_at, a day": lambda: due_at(hours, START, DAY),
        "due_at, a day, two pauses": lambda: due_at(hours, START, DAY, PAUSES),
        "due_at, ten years": lambda: due_at(hours, START, TEN_YEARS),
        "due_at, always open": lambda: due_at(None, START, DAY),
        "breach_at, a day": lambda: breach_at(hours, START, DAY),
        "back, a day": lambda: back(hours, START, DAY),
        "elapsed, a week": lambda: elapsed(hours, START, START + 168 * HOUR),
        "elapsed, ten years": lambda: elapsed(hours, START, FAR),
        "five working days": lambda: working_days_later(hours, START, 5),
        "parse_calendar": office,
    }


COLD: dict[str, Callable[[], object]] = {
    "unseen calendar: parse and due_at": lambda: due_at(unseen(), START, DAY),
    "unseen calendar, ten years": lambda: due_at(unseen(), START, TEN_YEARS),
    "unseen calendar that never opens again": lambda: due_at(over(), START, DAY),
}


def report(name: str, run: Callable[[], object], number: int) -> None:
    run()
    best = min(repeat(run, number=number, repeat=5)) / number
    sys.stdout.write(f"{name:<40}{best * 1e6:10.1f} us{1 / best:12,.0f} /s\n")


def main() -> None:
    for name, run in warm(office()).items():
        report(name, run, 2000)
    for name, run in COLD.items():
        report(name, run, 5)


if __name__ == "__main__":
    main()
