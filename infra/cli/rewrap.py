"""The keys of persons, encrypted with another master key."""

from infra.settings import Settings
from infra.wiring import core_now


async def rewrap(settings: Settings) -> int:
    async with core_now(settings) as made:
        return await made.keyring.rewrap()
