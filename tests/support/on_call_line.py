"""A schedule over HTTP, in hours after the coming midnight."""

from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MIDNIGHT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
TOMORROW = MIDNIGHT + DAY
EVERY_DAY = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def after(hours):
    """So many hours after the coming midnight, as it is answered."""
    return (TOMORROW + hours * HOUR).strftime("%Y-%m-%dT%H:%M:%SZ")


def window(begin, end):
    return {"from": after(begin), "to": after(end)}


def document(*people, **layer):
    """Turns of a day from the coming midnight on, if not told otherwise."""
    turns = {"start": f"{TOMORROW:%Y-%m-%dT%H:%M}", "unit": "day", "people": people}
    return {"tz": "UTC", "layers": [{"name": "base", "rotation": turns, **layer}]}


def in_hours(begin, end):
    return {"restrict": [{"days": EVERY_DAY, "from": begin, "to": end}]}


class Line:
    """A schedule named `word` of the agents `<word>-ann`, `-bo` and `-chen`."""

    def __init__(self, api, word):
        self.api, self.word = api, word
        self.path = f"/v1/schedules/{word}"

    def publish(self, *people, **layer):
        names = [self.name(person) for person in people]
        return self.api.put("schedules", self.word, document(*names, **layer))

    def name(self, person):
        return f"{self.word}-{person}"

    def at(self, hours):
        return self.api.ok("GET", f"{self.path}/on-call?at={after(hours)}")

    def people(self, hours):
        return [self.short(shift["person"]) for shift in self.at(hours)["now"]]

    def covered(self, begin, end):
        query = f"from={after(begin)}&to={after(end)}"
        return self.api.ok("GET", f"{self.path}/on-call?{query}")

    def shifts(self, begin, end):
        found = self.covered(begin, end)["shifts"]
        return [(self.short(s["person"]), s["from"], s["to"]) for s in found]

    def short(self, name):
        return name.removeprefix(f"{self.word}-")

    def request(self, path, begin, end, **fields):
        named = ("person", "replaces", "with")
        fields = {k: self.name(v) if k in named else v for k, v in fields.items()}
        return self.api.post(path, json=window(begin, end) | fields)

    def override(self, kind, person, begin, end, **fields):
        fields = {"kind": kind, "person": person, "reason": "r"} | fields
        return self.request(f"{self.path}/overrides", begin, end, **fields)

    def swap(self, person, begin, end, **fields):
        return self.request(f"{self.path}/swaps", begin, end, person=person, **fields)

    def take(self, swap, person):
        body = {"person": self.name(person)}
        return self.api.post(f"{self.path}/swaps/{swap['id']}/take", json=body)

    def leave(self, person, begin, end, **fields):
        path = f"/v1/agents/{self.name(person)}/leaves"
        return self.request(path, begin, end, **fields)


def done(answer, status=201):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def refused(answer, status=422):
    assert answer.status_code == status, answer.text
    return {e["pointer"]: e["message"] for e in answer.json()["errors"]}


def conflict(answer):
    assert answer.status_code == 409, answer.text
    return answer.json()["detail"]
