"""Retries calls to an unavailable service, with growing pauses, until it is
available.
"""

import logging

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_exponential,
)

LONGEST_PAUSE_S = 2.0
LOG = logging.getLogger(__name__)


def patiently(what: str, *away: type[Exception]) -> AsyncRetrying:
    """Call it with a function and its arguments. The function is called until it raises
    none of `away`; each failure is logged in a line.
    """

    def say(state: RetryCallState) -> None:
        assert state.outcome is not None, "only what failed is called again"
        assert state.next_action is not None, "and after a pause"
        why = str(state.outcome.exception()).strip().partition("\n")[0]
        pause_s = state.next_action.sleep
        LOG.warning("waiting for %s: %s; again in %.1f s", what, why, pause_s)

    return AsyncRetrying(
        retry=retry_if_exception_type(away),
        wait=wait_exponential(multiplier=0.1, max=LONGEST_PAUSE_S),
        before_sleep=say,
    )
