"""Cases that others published, run against our rules: see `tests/vectors`.

`python -m tests.cases FILE.jsonl` prints one line a case and a summary. A kind of case
is added by one driver in `DRIVERS` of `runner.py`.
"""
