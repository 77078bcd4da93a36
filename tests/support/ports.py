"""Ports for servers that are killed and started again."""

import secrets

from infra.embedded.ports import is_free

LOWEST, HIGHEST = 10_000, 32_000
"""Below what systems give to outgoing connections: while a server is down, nobody's
connection takes its port.
"""


def lasting_port() -> int:
    while not is_free(port := LOWEST + secrets.randbelow(HIGHEST - LOWEST)):
        pass
    return port
