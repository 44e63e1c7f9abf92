"""`python -m backup`: create, restore FILE, schedule or check; failures are one sentence and exit code 1."""

import argparse
import sys
from pathlib import Path

from pydantic import ValidationError

from backup.config import BackupSettings, FolderSettings, RestoreSettings
from backup.dump import back_up
from backup.postgres import BackupError
from backup.restore import restore
from backup.schedule import keep_backing_up, refuse_stale


def main() -> None:
    wanted = _arguments()
    try:
        match wanted.command:
            case "create":
                print(f"Backed up to {back_up(BackupSettings())}")
            case "restore":
                print(restore(RestoreSettings(), wanted.file, replace=wanted.replace))
            case "schedule":
                keep_backing_up(BackupSettings())
            case "check":
                refuse_stale(FolderSettings())
    except ValidationError as error:
        sys.exit("\n".join(f"{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in error.errors()))
    except BackupError as error:
        sys.exit(str(error))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("create", help="back up now, to BACKUP_FOLDER")
    restoring = commands.add_parser("restore", help="restore a backup while no service runs")
    restoring.add_argument("file", type=Path, help="its path, or its name in BACKUP_FOLDER")
    restoring.add_argument("--replace", action="store_true", help="also replace a database that has tables")
    commands.add_parser("schedule", help="back up every BACKUP_EVERY, until stopped")
    commands.add_parser("check", help="fail if the newest backup is too old")
    return parser.parse_args()


if __name__ == "__main__":
    main()
