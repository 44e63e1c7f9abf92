"""Migrate PostgreSQL to the newest schema: `python -m migrations`. Safe to repeat, even after a killed run."""

from pathlib import Path

from alembic import command
from alembic.config import Config

from migrations.config import MigrationSettings
from migrations.roles import create_roles_and_databases


def main() -> None:
    settings = MigrationSettings()
    create_roles_and_databases(settings)
    command.upgrade(Config(Path(__file__).parent / "alembic.ini"), "head")


if __name__ == "__main__":
    main()
