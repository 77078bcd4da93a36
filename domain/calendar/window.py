"""An opening window as people write it."""

from domain.calendar.calendar import Window
from domain.documents.fields import read_time, refuse
from domain.duration import DAY_S

LAST_MINUTE_S = DAY_S - 60


def read_window(value: object, pointer: str) -> Window:
    """Closing at or after 23:59 is the end of the day; before opening, the next day."""
    match value:
        case [start, end]:
            opens_s = read_time(start, f"{pointer}/0")
            closes_s = read_time(end, f"{pointer}/1")
        case _:
            refuse(pointer, 'must be [opening, closing], like ["09:00", "17:00"]')
    if opens_s == DAY_S:
        refuse(f"{pointer}/0", "must open before 24:00")
    if closes_s == 0:
        refuse(f"{pointer}/1", 'midnight at the end of a window is "24:00"')
    if opens_s == closes_s:
        refuse(pointer, "closes when it opens")
    if closes_s >= LAST_MINUTE_S:
        closes_s = DAY_S
    return Window(opens_s, closes_s if closes_s > opens_s else closes_s + DAY_S)
