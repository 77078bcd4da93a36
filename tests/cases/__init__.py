"""Cases that others published, run against our rules: see `tests/vectors`.

`python -m tests.cases FILE.jsonl` prints one line a case and a summary. A kind of case
is added by one driver in `DRIVERS` of `runner.py`. What a case says in prose is made
data first (`remarks`); drivers read data.

Those of a ticket are played through the engine: targets become a published policy
(`ticket_policy`), events become commands (`ticket_commands`) given at their instants
(`ticket_story`), and each expected field is asked of the ticket (`ticket_answers`).
"""
