"""ServiceNow's incident audit log as ticket histories, and a policy held against them.

    log       the file: its rows by incident, each fault with its line and column
    line      a line to a row; row: what it says, in our words
    history   rows to events, with the times of the rows
    importer  events into the store, once, and the rest of an incident later
    replay    an imported history under a policy: what would have been promised, kept
    report    many verdicts as one table

History only: an import attaches no promise, so nothing of 2016 is escalated today.
"""
