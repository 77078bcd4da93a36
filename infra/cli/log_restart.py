"""`pledge audit restart`: the tree of the log begun anew."""

import asyncio
from pathlib import Path

from domain.audit.facts import LogRestarted
from domain.audit.note import NoteError
from infra.audit.restart import Restarting
from infra.audit.signing import KeyFileError
from infra.audit.tree_table import TreeTable
from infra.embedded.located import located
from infra.process.failures import Failure
from infra.settings_checks import checked
from infra.wiring import core_now, new_id, now


def restart_log(reason: str) -> LogRestarted:
    """Raises Failure."""
    try:
        return asyncio.run(_restart(reason))
    except FileNotFoundError as error:
        raise Failure(f"{error.filename}: there is no log here yet") from error
    except (KeyFileError, NoteError) as error:
        raise Failure(str(error)) from error


async def _restart(reason: str) -> LogRestarted:
    settings = located(checked())
    folder = Path(settings.data_dir)
    async with core_now(settings) as made:
        table = TreeTable(made.database)
        restarting = Restarting(folder, table, made.store, now, new_id)
        return await restarting.restart(reason)
