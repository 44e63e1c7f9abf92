"""Takes backups on schedule, counted from the newest existing one: restarts and pauses don't shift it."""

import signal
import sys
import time
from datetime import UTC, datetime

from backup.config import BackupSettings, FolderSettings
from backup.dump import back_up
from backup.folder import BackupFolder
from backup.postgres import BackupError

LONGEST_NAP_SECONDS = 60.0  # to notice a changed clock or a machine that slept


def keep_backing_up(settings: BackupSettings) -> None:
    """Back up whenever it is due, until SIGTERM. A failure ends this; its supervisor restarts it."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # a container's first process must handle it itself
    while True:
        while (seconds := _seconds_until_due(settings)) > 0:
            time.sleep(min(seconds, LONGEST_NAP_SECONDS))
        print(f"Backed up to {back_up(settings)}", flush=True)


def refuse_stale(settings: FolderSettings) -> None:
    """Raise BackupError if the newest backup is older than two intervals."""
    if _seconds_until_due(settings) < -settings.backup_every.total_seconds():
        raise BackupError(
            f"No backup of {settings.postgres_db} in {settings.backup_folder} since {_newest_at(settings) or 'ever'}, "
            f"but one is due every {settings.backup_every}. See the backup log."
        )


def _seconds_until_due(settings: FolderSettings) -> float:
    newest = _newest_at(settings)
    if newest is None:
        return float("-inf")
    return (newest + settings.backup_every - datetime.now(UTC)).total_seconds()


def _newest_at(settings: FolderSettings) -> datetime | None:
    return BackupFolder(settings.backup_folder, settings.postgres_db).newest_at()
