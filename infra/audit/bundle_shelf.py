"""Where bundles are kept until they are deleted, and how far each is."""

from datetime import timedelta
from pathlib import Path

from infra.postgres.database import Database


class BundleShelf:
    """`folder` is made when the first one is. `kept_for`: after it was made."""

    def __init__(self, database: Database, folder: Path, kept_for: timedelta) -> None:
        self._database, self.folder, self.kept_for = database, folder, kept_for

    async def progress(self, export_id: str) -> float | None:
        rows = await self._database.rows(
            "SELECT share FROM export_progress WHERE id = %s", (export_id,)
        )
        return float(rows[0][0]) if rows else None

    async def begin(self, export_id: str) -> None:
        await self.advance(export_id, 0)

    async def advance(self, export_id: str, share: float) -> None:
        async with self._database.connection() as connection:
            await connection.execute(
                "INSERT INTO export_progress AS p (id, share) VALUES (%s, %s)"
                " ON CONFLICT (id) DO UPDATE SET share = EXCLUDED.share,"
                " updated_at = clock_timestamp()",
                (export_id, share),
            )

    def place(self, export_id: str) -> Path:
        return self.folder / f"{export_id}.zip"

    def path(self, export_id: str) -> Path | None:
        place = self.place(export_id)
        return place if place.parent == self.folder and place.is_file() else None

    def kept(self) -> list[str]:
        """The ids of the exports whose bundles are there."""
        return [file.stem for file in self.folder.glob("*.zip")]

    def withdraw(self, export_id: str) -> None:
        self.place(export_id).unlink(missing_ok=True)

    def make(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def older(self, before: float) -> list[Path]:
        """Bundles that were made before this time, in seconds since 1970."""
        files = self.folder.glob("*.zip")
        return [file for file in files if file.stat().st_mtime < before]

    async def expire(self, at: float) -> None:
        """Delete what is too old at this time, in seconds since 1970."""
        for file in self.older(at - self.kept_for.total_seconds()):
            file.unlink(missing_ok=True)
        async with self._database.connection() as connection:
            await connection.execute(
                "DELETE FROM export_progress WHERE updated_at < now() - %s::interval",
                (self.kept_for,),
            )
