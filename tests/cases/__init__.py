"""Cases that others published, run against our rules: see `tests/vectors`.

`python -m tests.cases FILE.jsonl` prints one line a case and a summary. It takes any
file of the published form, so the cases are kept as published and more words are
understood than those of `tests/vectors`. What a case says in prose is made data first
(`remarks`); the driver of its kind (`DRIVERS` of `runner.py`) reads data.

Those of a ticket are played through the engine: targets become a published policy
(`ticket_policy`), events become commands (`ticket_commands`) given at their instants
(`ticket_story`), and each expected field is asked of the ticket (`ticket_answers`).
"""
