"""What the two commands print; all text for people is on this page."""

from collections.abc import Sequence
from datetime import timedelta

from rich.console import Console
from rich.table import Table

from domain.duration import format_duration
from domain.event import Json
from infra.servicenow.history import TYPE
from infra.servicenow.importer import Summary
from infra.servicenow.replay import Verdict
from infra.servicenow.report import Line
from infra.servicenow.row import Fault

SHOWN_FAULTS = 20
COUNTED = (
    "target", "incidents", "met", "missed", "open", "none", "% met", "median", "p90",
)  # fmt: skip
NOT_JUDGED = (
    "first_response is not judged: the audit log holds no messages, so nobody knows"
    " when a customer was first answered."
)


def summary_json(summary: Summary, example: str | None) -> Json:
    return {
        "incidents": {
            "added": summary.added,
            "extended": summary.extended,
            "already_there": summary.already_there,
            "left_alone": len(summary.left_alone),
        },
        "events": summary.events,
        "bad_rows": [_fault_json(fault) for fault in summary.faults],
        "left_alone": [_fault_json(fault) for fault in summary.left_alone],
        "find": find(example) if example else [],
    }


def _fault_json(fault: Fault) -> Json:
    return {"line": fault.line, "column": fault.column, "message": fault.message}


def find(incident: str) -> list[str]:
    return [f"GET /v1/tickets?q={incident}", f"GET /v1/tickets?type={TYPE}"]


def show_faults(summary: Summary, console: Console) -> None:
    for faults in (summary.faults, summary.left_alone):
        for fault in faults[:SHOWN_FAULTS]:
            _say(console, str(fault))
        if (more := len(faults) - SHOWN_FAULTS) > 0:
            _say(console, f"… and {more} more (--json names all)")


def show_summary(summary: Summary, example: str | None, console: Console) -> None:
    _say(
        console,
        f"{summary.added} incidents imported, {summary.extended} extended,"
        f" {summary.already_there} already there, {len(summary.left_alone)} skipped;"
        f" {summary.events} events added; {len(summary.faults)} bad rows",
    )
    if example:
        _say(console, f"find one:  {'   or   '.join(find(example))}")
        _say(console, "then:      GET /v1/tickets/{id}/history, …/{id}?as_of=TIME")


def report_json(lines: Sequence[Line], verdicts: Sequence[Verdict]) -> Json:
    return {
        "metric": "resolution",
        "note": NOT_JUDGED,
        "priorities": [_line_json(line) for line in lines[:-1]],
        "total": _line_json(lines[-1]),
        "incidents": [
            {
                "incident": v.incident,
                "ticket_id": v.ticket_id,
                "priority": v.priority,
                "outcome": v.outcome,
                "target": _iso(v.target),
                "elapsed": _iso(v.elapsed),
            }
            for v in verdicts
        ],
    }


def show_report(lines: Sequence[Line], policy: str, console: Console) -> None:
    _say(console, f"resolution, had {policy} been in force:\n")
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("priority", no_wrap=True)
    for name in COUNTED:
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*_cells(line))
    console.print(table)
    _say(console, "")
    if lines[-1].unpromised:
        _say(console, "none: to these the policy promises no resolution.")
    _say(console, "median and p90: elapsed time of those judged, without pauses.")
    _say(console, NOT_JUDGED)


def _cells(line: Line) -> tuple[str, ...]:
    counts = (line.incidents, line.met, line.missed, line.open, line.unpromised)
    return (
        line.name,
        _words(line.target),
        *(str(count) for count in counts),
        "" if line.met_share is None else f"{line.met_share:.1%}",
        _words(line.median),
        _words(line.p90),
    )


def _line_json(line: Line) -> Json:
    return {
        "priority": line.name,
        "incidents": line.incidents,
        "met": line.met,
        "missed": line.missed,
        "open": line.open,
        "unpromised": line.unpromised,
        "met_share": line.met_share,
        "target": _iso(line.target),
        "median": _iso(line.median),
        "p90": _iso(line.p90),
    }


def _iso(length: timedelta | None) -> str | None:
    return None if length is None else format_duration(length)


def _words(length: timedelta | None) -> str:
    """`2 d 04:30`."""
    if length is None:
        return ""
    hours, minutes = divmod(length.seconds // 60, 60)
    days = f"{length.days} d " if length.days else ""
    return f"{days}{hours:02}:{minutes:02}"


def _say(console: Console, text: str) -> None:
    """As it is: names from a file are no markup."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
