"""When the sealer must not sign: the last checkpoint *outside* the database is what the
world has seen, and the tree in the database must continue it.
"""

from collections.abc import Sequence

from domain.audit.checkpoint import Checkpoint
from domain.audit.facts import LOG_STREAM, LogRestarted
from domain.audit.note import VerifierKey
from domain.audit.tiles import MissingTileError
from infra.audit.growing_tree import GrowingTree
from infra.audit.tree_table import Tree, TreeTable
from infra.eventstore.store import PostgresEventStore

WAY_OUT = "see docs/operating.md, or begin anew by `pledge audit restart`"


class RefusedError(Exception):
    """The sealer does not sign, and says why; it tries again."""


async def check_may_begin(
    store: PostgresEventStore,
    origin: str,
    trees: Sequence[Tree],
    last: Checkpoint | None,
) -> None:
    """A tree begins with the log, or after an order that is on record. Raises
    RefusedError.
    """
    known = {tree.origin for tree in trees} | ({last.origin} if last else set())
    if known <= {origin}:
        return
    facts = [event.fact for event in await store.load(LOG_STREAM)]
    if not any(isinstance(f, LogRestarted) and f.new_origin == origin for f in facts):
        others = ", ".join(sorted(known - {origin}))
        raise RefusedError(
            f"the key is of {origin}, but the log is {others}; {WAY_OUT}"
        )


def check_whose(trees: Sequence[Tree], key: VerifierKey) -> None:
    """Only the newest tree is continued, with the key it began with. Raises
    RefusedError.
    """
    newest = trees[-1]
    if newest.origin != key.name:
        raise RefusedError(
            f"the key is of {key.name}, which was abandoned for {newest.origin}"
        )
    if newest.log_key != key.encoded:
        raise RefusedError(f"{key.name} began with another key; {WAY_OUT}")


async def check_continues(
    table: TreeTable, tree: GrowingTree, last: Checkpoint | None
) -> None:
    """`last`: the newest checkpoint of the outside file. Raises RefusedError if the
    tree does not begin with it, or if the file misses one that was published.
    """
    outside = last.size if last and last.origin == tree.origin else 0
    published = await table.newest(tree.id)
    if published and published.size > outside:
        raise RefusedError(
            f"a checkpoint of {published.size} events was published, but the"
            f" file outside the database ends with {outside}; {WAY_OUT}"
        )
    if last is None or outside == 0:
        return
    if tree.size < outside:
        raise RefusedError(
            f"the database is behind: it has {tree.size} events, and a checkpoint of"
            f" {outside} was signed; {WAY_OUT}"
        )
    try:
        root = await table.root(tree.id, outside)
    except MissingTileError as error:
        raise RefusedError(f"the stored tree is damaged: {error}; {WAY_OUT}") from error
    if root != last.root:
        raise RefusedError(
            f"the log has changed: the root of its first {outside} events is not the"
            f" one that was signed; {WAY_OUT}"
        )
