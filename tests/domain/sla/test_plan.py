"""What the durable clock is told of a ticket."""

from domain.ticket.decide import PauseTicket, Resolve
from domain.ticket.enforce import EPOCH, next_alarm, plan
from tests.support.dsl import ANSWER, Story, instant, promising

FIRST = {"first_response": "1h"}


def due(story):
    return plan(story.ticket).next_due_ms


def ms(at):
    return round((instant(at) - EPOCH).total_seconds() * 1000)


def test_it_names_the_earliest_thing_due():
    assert due(Story(promising(FIRST, warn_at=["50%"]))) == ms("30m")


def test_a_breach_is_due_the_first_millisecond_after_its_instant():
    assert due(Story(promising(FIRST))) == ms("1h") + 1


def test_a_part_of_a_millisecond_is_rounded_up_so_that_no_timer_is_early():
    assert due(Story(promising(FIRST), at="PT0.0001S")) == ms("1h") + 1


def test_the_end_of_a_pause_is_due():
    pause = PauseTicket(reason="r", until=instant("9h"))
    story = Story(promising({"resolution": "1h"})).when("1m", pause)
    assert due(story) == ms("9h")


def test_a_pause_without_an_end_waits_for_nothing_and_is_not_done():
    story = Story(promising({"resolution": "1h"})).when("1m", PauseTicket(reason="r"))
    assert (due(story), plan(story.ticket).done) == (None, False)


def test_an_open_ticket_with_nothing_due_is_not_done():
    story = Story(promising(FIRST)).when("1m", ANSWER)
    assert (due(story), plan(story.ticket).done) == (None, False)


def test_a_resolved_ticket_is_done():
    assert plan(Story(promising(FIRST)).when("1m", Resolve()).ticket).done


def test_each_thing_at_its_own_instant_is_as_if_somebody_had_looked_at_each():
    steps = [{"after": "0s", "targets": [{"agent": "bo"}], "raise_priority": 1}]
    late = {"first_response": "1h", "resolution": "2h"}
    rules = promising(late, steps=steps, repeat=2, warn_at=["50%", "30m"])
    looked = Story(rules)
    while (alarm := next_alarm(looked.ticket)) and alarm.due_from <= instant("9h"):
        looked.late(alarm.due_from)
    assert looked.events == Story(rules).enforce("9h").events


def test_it_carries_the_version_it_was_made_of():
    story = Story(promising(FIRST)).when("1m", ANSWER)
    assert plan(story.ticket).version == story.events[-1].originator_version
