"""Takes a backup: one snapshot of the database, read back before it gets its name."""

import logging
from pathlib import Path

from backup.config import BackupSettings
from backup.folder import BackupFolder
from backup.postgres import BackupError, run

log = logging.getLogger(__name__)


def back_up(settings: BackupSettings) -> Path:
    """Write a new backup, and delete surplus ones.

    Raises:
        BackupError: It failed; then there is no new file.

    """
    folder = BackupFolder(settings.backup_folder, settings.postgres_db)
    with folder.new_file() as file:
        # Fail if somebody holds a table for long, rather than wait with everybody else queueing behind.
        options = ("--format=custom", "--no-password", "--lock-wait-timeout=60s")
        settings.login.run("pg_dump", *options, f"--file={file}", settings.postgres_db)
        read_whole(file)
        backup = folder.finished(file)
    folder.keep_newest(settings.backup_keep)
    if ahead := folder.from_the_future():
        log.warning("%s has a future date in its name, so it doesn't count as a backup. Check the clock.", ahead[0])
    return backup


def read_whole(file: Path) -> None:
    """Raise BackupError unless the file is a backup of a platform database, readable to its end."""
    contents = run("pg_restore", "--list", str(file))
    if " TABLE DATA public alembic_version " not in contents:
        raise BackupError(
            f"{file.name} is not a Macrofolio database: the migrations have not run (python -m migrations)."
        )
    run("pg_restore", "--file=/dev/null", str(file))
