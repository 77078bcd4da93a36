"""Two tickets of one customer that become one."""

from domain.copies import replace
from domain.ticket.decide import decide
from domain.ticket.draft import Draft
from domain.ticket.enforce import enforce_punctually
from domain.ticket.merge import merge, unmerge
from tests.support.dsl import instant

ALL = {
    "first_response": "1h",
    "next_response": "2h",
    "periodic_update": "3h",
    "requester_wait": "8h",
    "resolution": "9h",
}


class Two:
    """Tickets a and b, and what is done to either, or to both."""

    def __init__(self, a, b):
        self.world = a.world
        self.a = replace(a.ticket, id="a", number=1)
        self.b = replace(b.ticket, id="b", number=2)
        self.facts = {"a": [], "b": []}

    def _take(self, *drafts):
        for draft in drafts:
            setattr(self, draft.ticket_id, draft.ticket)
            self.facts[draft.ticket_id] += [step.fact for step in draft.steps]
        return self

    def merge(self, at):
        return self._take(*merge(self.b, self.a, instant(at), self.world))

    def unmerge(self, at, reason="not the same"):
        return self._take(*unmerge(self.b, self.a, reason, instant(at), self.world))

    def when(self, which, at, command):
        ticket = getattr(self, which)
        return self._take(decide(ticket, command, instant(at), self.world))

    def enforce(self, which, at):
        draft = Draft(which, getattr(self, which))
        enforce_punctually(draft, instant(at), self.world)
        return self._take(draft)

    def clocks(self, which="a"):
        ticket = getattr(self, which)
        return {c.key: c.state for c in ticket.clocks}

    def due(self, key, which="a"):
        return next(c.due_at for c in getattr(self, which).clocks if c.key == key)
