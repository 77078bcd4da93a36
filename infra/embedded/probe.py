"""Waiting until a server of ours answers."""

from collections.abc import Callable

import httpx

from infra.embedded.process import until

LIMIT_S = 2.0


async def answering(
    url: str, content: Callable[[httpx.Response], bool] = lambda _: True
) -> None:
    """Return when a GET of this URL of ours succeeds, with this content."""
    async with httpx.AsyncClient(timeout=LIMIT_S, trust_env=False) as http:

        async def answers() -> bool:
            try:
                answer = await http.get(url)
                return answer.is_success and content(answer)
            except (httpx.TransportError, ValueError):
                return False

        await until(answers)
