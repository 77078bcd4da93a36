"""Loopback ports for the embedded servers."""

import contextlib
import socket

LOOPBACK = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """Return `preferred` if a server can listen there on loopback, else a free port."""
    for port in (preferred, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            # As the servers do, or connections in TIME_WAIT would count as taken.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            probe.listen()
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Whether a server can listen there."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        family, kind, _, _, address = found[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError:
        return False
    return True
