"""Events of holiday feeds that mark a day that is worked instead of a weekend's day.

Chinese feeds have them beside the holidays that they make up for (休 and 班, 补班,
上班); Apple's mark them by an extra property.
"""

import re
import unicodedata

from icalendar import Event

MARKS = re.compile(
    # Not 不上班 (does not work); 值班, 加班 and the like mean something else.
    r"(?<![不无無免])(补班|補班|补课上班|補行上班|调班|調班|上班|工作日)"
    r"|(^|[\s()\[\]【】·:：,，;；/|\-—日节節天])班($|[\s()\[\]【】·:：,，;；/|\-—])"  # noqa: RUF001
    r"|(?<!non-)(?<!non )(?<!no )(?<!not a )\b(special |make-?up |compensatory )?"
    r"(working ?-?day|work ?-?day)s?\b(?! off)"
    r"|(?<!не)рабоч(ий|ая) (день|суббота)|\b(áthelyezett )?munkanap\b",
    re.IGNORECASE,
)
APPLE = "X-APPLE-SPECIAL-DAY"
WORKED = "ALTERNATE-WORKDAY"


def is_worked(event: Event) -> bool:
    if str(event.get(APPLE, "")).strip().upper() == WORKED:
        return True
    words = (event.get("SUMMARY", ""), *_categories(event))
    return any(MARKS.search(unicodedata.normalize("NFKC", str(w))) for w in words)


def _categories(event: Event) -> list[str]:
    found = event.get("CATEGORIES", [])
    parts = found if isinstance(found, list) else [found]
    return [str(word) for part in parts for word in getattr(part, "cats", [part])]
