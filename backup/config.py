"""Settings of backups: where they are, how many to keep, how often to take one; and who takes or restores one."""

from datetime import timedelta
from pathlib import Path

from pydantic import Field, SecretStr

from backup.postgres import Login
from migrations.config import DatabaseSettings, MigrationSettings


class FolderSettings(DatabaseSettings):
    """Settings for looking at a database's backups."""

    backup_folder: Path = Path("backups")
    backup_keep: int = Field(14, ge=1)
    backup_every: timedelta = Field(timedelta(days=1), ge=timedelta(minutes=1))


class BackupSettings(FolderSettings):
    """Settings for taking one: the role that reads everything."""

    backup_db_password: SecretStr = Field(min_length=16)

    @property
    def login(self) -> Login:
        return Login(self.postgres_host, self.postgres_port, "macrofolio_backup", self.backup_db_password)


class RestoreSettings(FolderSettings, MigrationSettings):
    """Settings for restoring one: the migrations' roles, and the superuser, who creates databases."""

    @property
    def login(self) -> Login:
        return Login(self.postgres_host, self.postgres_port, self.postgres_user, self.postgres_password)

    @property
    def models_login(self) -> Login:
        """The role that owns what dbt has created."""
        return Login(self.postgres_host, self.postgres_port, "macrofolio_dbt", self.dbt_db_password)
