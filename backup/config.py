"""Settings of backups: those of the migrations, and where the files go, how many stay and how often one is taken."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field

from migrations.config import MigrationSettings


class BackupSettings(MigrationSettings):
    """Read from the environment; a restore makes the roles as the migrations do, so it needs the same passwords."""

    backup_folder: Path = Path("backups")
    backup_keep: int = Field(14, ge=1)
    backup_every: timedelta = Field(timedelta(days=1), ge=timedelta(minutes=1))
