"""Rows of ServiceNow's audit log become what happened to a ticket."""

import io
from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from domain.configuration.configuration import fold_config
from domain.configuration.facts import PolicyPublished
from domain.event import SYSTEM, Event, Meta
from domain.lifecycle.facts import TicketPriorityChanged
from domain.people.facts import TicketAssigned
from domain.ticket.evolve import fold
from domain.ticket.world import World
from infra.servicenow.history import continued, opened, ticket_id
from infra.servicenow.importer import unknown_rows
from infra.servicenow.log import NotALogError, parse
from infra.servicenow.replay import judge
from infra.servicenow.report import table
from infra.servicenow.row import COLUMNS
from infra.servicenow.screen import show_report

NOW = datetime(2016, 6, 1, tzinfo=UTC)
DEFAULTS = dict.fromkeys(COLUMNS, "?") | {
    "number": "INC1",
    "incident_state": "New",
    "reopen_count": "0",
    "opened_at": "29-02-2016 08:00",
    "caller_id": "Caller 7",
    "contact_type": "Phone",
    "priority": "3 - Moderate",
    "assignment_group": "Group 1",
    "sys_updated_by": "Updated by 3",
}


def clock(time):
    """`HH:MM` of the day on which everything happens here."""
    hour, minute = map(int, time.split(":"))
    return datetime(2016, 2, 29, hour, minute, tzinfo=UTC)


def rows_of(*updates):
    """Each update: a time of the day, and the columns that are not as usual."""
    counter = count()
    return [
        DEFAULTS
        | {"sys_mod_count": str(next(counter)), "sys_updated_at": f"29-02-2016 {time}"}
        | columns
        for time, columns in updates
    ]


def text_of(rows):
    return [",".join(COLUMNS), *(",".join(row[c] for c in COLUMNS) for row in rows)]


def log_of(rows, zone="UTC"):
    return parse(iter(text_of(rows)), ZoneInfo(zone), NOW)


def state(time, name, **columns):
    return time, {"incident_state": name, **columns}


def history(*updates, zone="UTC"):
    log = log_of(rows_of(*updates), zone)
    assert not log.faults
    return opened(log.incidents["INC1"], 1, zone, "import:incidents:INC1")


def told(events, without=("ticket.updated", "ticket.assigned")):
    """What happened, and when."""
    return [
        (event.fact.topic.removeprefix("ticket."), event.timestamp)
        for event in events
        if event.fact.topic not in without
    ]


def fault_of(**columns):
    (fault,) = log_of(rows_of(("08:10", {}), ("08:20", columns))).faults
    return fault.line, fault.column


def test_the_ticket_is_opened_at_the_time_the_log_gives():
    assert told(history(("08:10", {}))) == [("opened", clock("08:00"))]


def test_every_update_leaves_an_event_at_its_own_time():
    events = history(("08:10", {}), ("08:20", {}), ("08:30", {}))
    assert [e.timestamp for e in events if e.fact.topic == "ticket.updated"] == [
        clock("08:10"),
        clock("08:20"),
        clock("08:30"),
    ]


def test_a_time_is_that_of_the_zone_that_is_named():
    (first, *_) = history(("08:10", {}), zone="America/Sao_Paulo")
    assert first.timestamp == datetime(2016, 2, 29, 11, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("word", "priority"),
    [
        ("1 - Critical", "urgent"),
        ("2 - High", "high"),
        ("3 - Moderate", "normal"),
        ("4 - Low", "low"),
    ],
)
def test_a_priority_is_ours(word, priority):
    assert fold(history(("08:10", {"priority": word}))).priority == priority


@pytest.mark.parametrize(
    ("word", "channel"),
    [
        ("Phone", "phone"),
        ("Self service", "web"),
        ("Email", "email"),
        ("IVR", "phone"),
        ("Direct opening", "api"),
    ],
)
def test_a_contact_type_is_a_channel(word, channel):
    assert fold(history(("08:10", {"contact_type": word}))).channel == channel


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("Awaiting User Info", "pending"),
        ("Awaiting Vendor", "on_hold"),
        ("Awaiting Problem", "on_hold"),
        ("Awaiting Evidence", "on_hold"),
    ],
)
def test_waiting_is_a_pause_and_names_its_reason(name, status):
    ticket = fold(history(("08:10", {}), state("08:20", name)))
    assert (ticket.status, ticket.pause.reason) == (status, name)
    assert ticket.pause.since == clock("08:20")


@pytest.mark.parametrize("name", ["Awaiting User Info", "Awaiting Vendor"])
def test_the_state_after_waiting_resumes(name):
    events = history(
        state("08:10", name),
        state("08:20", name),
        state("08:30", "Active"),
    )
    assert told(events)[1:] == [("paused", clock("08:10")), ("resumed", clock("08:30"))]


def test_waiting_for_somebody_else_is_another_pause():
    events = history(
        state("08:10", "Awaiting User Info"), state("08:30", "Awaiting Vendor")
    )
    assert told(events)[2:] == [("resumed", clock("08:30")), ("paused", clock("08:30"))]
    assert fold(events).status == "on_hold"


def test_resolved_while_waiting_is_no_longer_paused():
    ticket = fold(
        history(state("08:10", "Awaiting Problem"), state("08:30", "Resolved"))
    )
    assert (ticket.status, ticket.pause) == ("resolved", None)


def test_a_state_that_falls_back_from_resolved_reopens():
    events = history(state("08:10", "Resolved"), state("08:30", "Active"))
    assert told(events)[1:] == [
        ("resolved", clock("08:10")),
        ("reopened", clock("08:30")),
    ]


def test_a_higher_reopen_count_reopens_also_when_it_is_resolved_again_at_once():
    events = history(
        state("08:10", "Resolved"), state("08:30", "Resolved", reopen_count="1")
    )
    assert [topic for topic, _ in told(events)] == [
        "opened",
        "resolved",
        "reopened",
        "resolved",
    ]
    assert fold(events).reopen_count == 1


def test_reopenings_before_the_first_row_are_not_invented():
    assert told(history(("08:10", {"reopen_count": "2"})))[1:] == []


def test_a_change_of_priority_carries_both_and_why():
    events = history(
        ("08:10", {}), ("08:20", {"priority": "1 - Critical", "impact": "1 - High"})
    )
    (changed,) = [e.fact for e in events if e.fact.topic == TicketPriorityChanged.topic]
    assert changed == TicketPriorityChanged(
        old="normal", new="urgent", reason="impact 1 - High"
    )


def test_a_question_mark_is_nobody():
    events = history(
        ("08:10", {"assigned_to": "Resolver 1"}),
        ("08:20", {"assigned_to": "?", "assignment_group": "?"}),
    )
    assigned = [e.fact for e in events if e.fact.topic == TicketAssigned.topic]
    assert [(a.team, a.agent) for a in assigned] == [
        ("Group 1", "Resolver 1"),
        (None, None),
    ]


def test_nobody_is_assigned_while_nobody_is_named():
    events = history(("08:10", {"assignment_group": "?"}))
    assert TicketAssigned.topic not in [e.fact.topic for e in events]


def test_an_update_names_who_made_it():
    events = history(
        ("08:10", {"opened_by": "Opened by 8"}),
        ("08:20", {"sys_updated_by": "?", "assigned_to": "Resolver 1"}),
    )
    actors = [event.meta.actor for event in events]
    assert {actor.kind for actor in actors} == {"migration"}
    assert [actor.on_behalf_of for actor in actors] == [
        "Opened by 8",
        "Updated by 3",
        "Updated by 3",
        "Resolver 1",
        "Resolver 1",
    ]


def test_rows_are_taken_by_their_count_and_not_by_their_place():
    first, second = rows_of(("08:10", {}), state("08:20", "Resolved"))
    assert [r.mod_count for r in log_of([second, first]).incidents["INC1"]] == [0, 1]


def test_where_a_count_comes_twice_the_order_of_the_file_holds():
    rows = rows_of(("08:10", {"sys_mod_count": "2"}), ("08:20", {}), ("08:30", {}))
    times = [r.updated_at for r in log_of(rows).incidents["INC1"]]
    assert times == [clock("08:10"), clock("08:20"), clock("08:30")]


def test_time_never_runs_backwards_and_the_claim_is_kept():
    events = history(
        ("09:10", {}), state("08:20", "Resolved"), state("09:30", "Closed")
    )
    times = [event.timestamp for event in events]
    assert times == sorted(times)
    (resolved,) = [e for e in events if e.fact.topic == "ticket.resolved"]
    assert resolved.timestamp == clock("09:10")
    assert resolved.meta.occurred_at == clock("08:20")


def test_an_update_before_the_opening_takes_effect_at_the_opening():
    events = history(("07:00", {}))
    assert {event.timestamp for event in events} == {clock("08:00")}


def test_the_codes_of_the_end_are_not_known_before_it():
    events = history(
        ("08:10", {"closed_code": "code 5"}),
        state("08:20", "Resolved", closed_code="code 5"),
    )
    assert "closed_code" not in fold(events[:-2]).attributes
    assert fold(events).attributes["closed_code"] == "code 5"


def test_the_number_leads_the_subject():
    ticket = fold(history(("08:10", {"category": "Mail", "u_symptom": "Slow"})))
    assert ticket.subject == "INC1: Mail / Slow"


def test_no_promise_is_attached():
    events = history(
        ("08:10", {}), state("08:20", "Resolved"), state("08:30", "Closed")
    )
    assert {event.fact.topic.partition(".")[0] for event in events} == {"ticket"}


def test_the_same_incident_is_the_same_ticket():
    assert ticket_id("INC1") == ticket_id("INC1") != ticket_id("INC2")


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("incident_state", "-100"),
        ("priority", "?"),
        ("contact_type", "Pigeon"),
        ("sys_updated_at", "29-02-2015 08:20"),
        ("sys_updated_at", "?"),
        ("opened_at", "yesterday"),
        ("sys_updated_at", "01-06-2016 00:01"),
        ("sys_mod_count", "-1"),
        ("reopen_count", "1.5"),
        ("number", "?"),
        ("number", "INC 1"),
        ("assignment_group", "Gr\0up"),
        ("location", "\udcff"),
        ("category", "x" * 201),
    ],
)
def test_a_bad_cell_is_reported_by_line_and_column(column, cell):
    assert fault_of(**{column: cell}) == (3, column)


@pytest.mark.parametrize(
    "text", ["INC1,New", "", ",".join(["x"] * 99), '"INC1,New'], ids=repr
)
def test_a_bad_line_is_reported_and_the_rest_goes_in(text):
    first, second = text_of(rows_of(("08:10", {}), ("08:20", {})))[1:]
    lines = [",".join(COLUMNS), first, text, second]
    log = parse(iter(lines), ZoneInfo("UTC"), NOW)
    assert [fault.line for fault in log.faults] == ([3] if text else [])
    assert [row.line for row in log.incidents["INC1"]] == [2, 4]


def test_the_same_line_again_is_reported_and_not_taken_twice():
    (row,) = rows_of(("08:10", {}))
    log = log_of([row, row])
    assert [str(fault) for fault in log.faults] == [
        "line 3, sys_mod_count: the same update as on line 2"
    ]
    assert len(log.incidents["INC1"]) == 1


@pytest.mark.parametrize("header", ["", "number,priority", '"'], ids=repr)
def test_another_file_is_refused_whole(header):
    with pytest.raises(NotALogError, match="sys_updated_at"):
        parse(iter([header, "INC1,1 - Critical"]), ZoneInfo("UTC"), NOW)


def split(before, after):
    """What a later file can add to, and what it cannot put into, a history."""
    events = opened(log_of(before).incidents["INC1"], 1, "UTC", "import:incidents:INC1")
    late, new = unknown_rows(log_of(after).incidents["INC1"], events)
    return [row.mod_count for row in late], [row.mod_count for row in new], events


def test_the_same_file_again_has_nothing_new():
    rows = rows_of(("08:10", {}), ("08:20", {}))
    assert split(rows, rows)[:2] == ([], [])


def test_rows_after_the_last_one_can_be_added():
    rows = rows_of(("08:10", {}), ("08:20", {}), state("08:30", "Resolved"))
    late, new, events = split(rows[:1], rows)
    assert (late, new) == ([], [1, 2])
    more = continued(fold(events), log_of(rows).incidents["INC1"][1:], "import")
    whole = opened(log_of(rows).incidents["INC1"], 1, "UTC", "import")
    assert [(e.fact, e.timestamp) for e in (*events, *more)] == [
        (e.fact, e.timestamp) for e in whole
    ]
    assert more[0].originator_version == len(events) + 1


def test_a_row_between_two_that_are_there_comes_too_late():
    rows = rows_of(("08:10", {}), ("08:20", {}), ("08:30", {}))
    assert split([rows[0], rows[2]], rows)[:2] == ([1], [])


def test_the_next_part_of_a_file_goes_on_where_the_first_ended():
    rows = rows_of(("08:10", {}), ("08:20", {}), ("08:30", {}))
    assert split(rows[:2], rows[2:])[:2] == ([], [2])


def test_an_earlier_part_of_a_file_comes_too_late():
    rows = rows_of(("08:10", {}), ("08:20", {}), ("08:30", {}), ("08:40", {}))
    assert split(rows[1:3], [rows[0], rows[3]])[:2] == ([0], [3])


def world():
    """Normal: two hours; urgent: one."""
    rule = [
        {"when": {"type": "incident", "priority": p}, "targets": {"resolution": t}}
        for p, t in (("normal", "PT2H"), ("urgent", "PT1H"))
    ]
    fact = PolicyPublished(
        kind="sla-policies", name="p", version=1, sha256="", document={"match": rule}
    )
    meta = Meta(command_id="c", correlation_id="c", causation_id="c", actor=SYSTEM)
    return World(config=fold_config([Event("sla-policies/p", 1, NOW, meta, fact)]))


def verdict(*updates):
    found = judge(history(*updates), world())
    return found.outcome, found.elapsed


def test_resolved_within_the_target_is_met():
    assert verdict(state("10:00", "Resolved")) == ("met", timedelta(hours=2))


def test_resolved_after_the_target_is_missed():
    late = verdict(state("10:01", "Resolved"))
    assert late == ("missed", timedelta(hours=2, minutes=1))


def test_time_spent_waiting_does_not_count():
    waited = verdict(
        state("09:00", "Awaiting User Info"),
        state("12:00", "Active"),
        state("12:30", "Resolved"),
    )
    assert waited == ("met", timedelta(minutes=90))


def test_a_higher_priority_shortens_the_target_from_the_start():
    outcome, _ = verdict(
        ("08:10", {}),
        state("09:30", "Resolved", priority="1 - Critical"),
    )
    assert outcome == "missed"


def test_a_reopened_incident_goes_on_with_the_time_already_used():
    reopened = verdict(
        state("09:00", "Resolved"),
        state("15:00", "Active", reopen_count="1"),
        state("16:30", "Resolved", reopen_count="1"),
    )
    assert reopened == ("missed", timedelta(hours=2, minutes=30))


def test_an_incident_that_was_missed_once_stays_missed():
    outcome, elapsed = verdict(
        state("11:00", "Resolved"),
        state("15:00", "Active", reopen_count="1"),
        state("15:30", "Resolved", reopen_count="1"),
    )
    assert (outcome, elapsed) == ("missed", timedelta(hours=3))


def test_a_new_priority_after_the_end_changes_no_verdict():
    after = verdict(
        state("09:30", "Closed"), state("09:40", "Closed", priority="1 - Critical")
    )
    assert after == ("met", timedelta(minutes=90))


def test_what_is_not_resolved_has_no_verdict():
    assert verdict(("08:10", {})) == ("open", None)


def test_what_no_rule_names_has_no_promise():
    assert verdict(state("08:10", "Resolved", priority="4 - Low"))[0] == "unpromised"


def test_the_table_adds_up():
    verdicts = [
        judge(history(state(f"{hour:02}:00", "Resolved", priority=word)), world())
        for word in ("1 - Critical", "3 - Moderate", "4 - Low")
        for hour in (9, 10, 11)
    ]
    *lines, total = table(verdicts)
    assert [(line.name, line.met, line.missed) for line in lines] == [
        ("urgent", 1, 2),
        ("normal", 2, 1),
        ("low", 0, 0),
    ]
    assert (total.incidents, total.met, total.missed, total.unpromised) == (9, 3, 3, 3)
    assert (total.median, total.p90) == (timedelta(hours=2), timedelta(hours=3))


def test_the_report_fits_a_screen_and_says_what_it_cannot_judge():
    verdicts = [judge(history(state("09:00", "Resolved")), world())]
    screen = Console(file=io.StringIO(), width=80)
    show_report(table(verdicts), "policy.yaml", screen)
    text = screen.file.getvalue()
    rows = [line.split() for line in text.splitlines()]
    assert ["normal", "02:00", "1", "1", "0", "0", "0", "100.0%"] in [
        r[:8] for r in rows
    ]
    assert "…" not in text
    assert "first_response is not judged" in text
