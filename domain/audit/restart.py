"""How a log that cannot be continued begins anew: under another name, because a log
must never sign two checkpoints that contradict each other, and with a trace.
"""

import re

_SUFFIX = re.compile(r"/[0-9a-f]{8}\Z")


def next_origin(origin: str, unique: str) -> str:
    """`unique`: eight random digits, in the place of those before."""
    return f"{_SUFFIX.sub('', origin)}/{unique}"
