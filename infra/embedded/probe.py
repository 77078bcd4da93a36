"""Waiting until a server of ours answers."""

import httpx

from infra.embedded.process import until

LIMIT_S = 2.0


async def answering(url: str) -> None:
    """Return when a GET of this loopback URL succeeds."""
    async with httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:

        async def answers() -> bool:
            try:
                return (await http.get(url)).is_success
            except httpx.TransportError:
                return False

        await until(answers)
