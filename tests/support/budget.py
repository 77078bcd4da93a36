"""Round the clock: when a budget is used up, and how much of it is."""

from functools import partial

from domain.calendar import business_time

elapsed, due_at, breach_at = (
    partial(question, None)
    for question in (
        business_time.elapsed,
        business_time.due_at,
        business_time.breach_at,
    )
)
