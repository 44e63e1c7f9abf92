"""Settings for migrations, partly for backups too: where PostgreSQL is, and each database role's password."""

import os

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class DatabaseSettings(BaseSettings):
    """Read from the environment or files in SECRETS_DIR; a missing or short value stops the start and is named."""

    model_config = SettingsConfigDict(
        hide_input_in_errors=True, env_ignore_empty=True, secrets_dir=os.environ.get("SECRETS_DIR")
    )

    postgres_host: str = "127.0.0.1"
    postgres_port: int = 5433
    postgres_db: str = "macrofolio"


class MigrationSettings(DatabaseSettings):
    """What it takes to create roles and databases: the superuser, and the password of every role."""

    airflow_db: str = "airflow"
    postgres_user: str = "postgres"
    postgres_password: SecretStr = Field(min_length=16)
    owner_db_password: SecretStr = Field(min_length=16)
    api_db_password: SecretStr = Field(min_length=16)
    reader_db_password: SecretStr = Field(min_length=16)
    ingestion_db_password: SecretStr = Field(min_length=16)
    dbt_db_password: SecretStr = Field(min_length=16)
    airflow_db_password: SecretStr = Field(min_length=16)
    backup_db_password: SecretStr = Field(min_length=16)

    def role_passwords(self) -> dict[str, str]:
        """Each login role's password, by role name."""
        return {
            "macrofolio_owner": self.owner_db_password.get_secret_value(),
            "macrofolio_api": self.api_db_password.get_secret_value(),
            "macrofolio_reader": self.reader_db_password.get_secret_value(),
            "macrofolio_ingestion": self.ingestion_db_password.get_secret_value(),
            "macrofolio_dbt": self.dbt_db_password.get_secret_value(),
            "macrofolio_airflow": self.airflow_db_password.get_secret_value(),
            "macrofolio_backup": self.backup_db_password.get_secret_value(),
        }
