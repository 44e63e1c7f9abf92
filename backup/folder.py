"""The folder of backups: a file under its final name is complete, and has a checksum next to it."""

import fcntl
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from backup.postgres import PRIVATE, BackupError

STAMP = "%Y%m%dT%H%M%SZ"
UNFINISHED = ".unfinished"


@dataclass(frozen=True)
class BackupFolder:
    """Backups of one database, named after it and the UTC time at which each began."""

    path: Path
    database: str

    def backups(self) -> list[Path]:
        """Complete backups, oldest first. Names with a future date, from a wrong clock, don't count."""
        return [file for file in self._named() if self._taken_at(file) <= datetime.now(UTC) and _is_whole(file)]

    def from_the_future(self) -> list[Path]:
        """Files with a future date in their name: left alone, and ignored."""
        return [file for file in self._named() if self._taken_at(file) > datetime.now(UTC)]

    def newest_at(self) -> datetime | None:
        """When the newest backup began."""
        backups = self.backups()
        return self._taken_at(backups[-1]) if backups else None

    @contextmanager
    def new_file(self) -> Iterator[Path]:
        """A file to write a backup to. It gets its name if the block succeeds, and is deleted if not."""
        with self._alone():
            for left_behind in self.path.glob(f".{self.database}-*{UNFINISHED}"):
                left_behind.unlink()
            unfinished = self.path / f".{self.database}-{datetime.now(UTC):{STAMP}}.dump{UNFINISHED}"
            try:
                yield unfinished
                self._name(unfinished, self.finished(unfinished))
            finally:
                unfinished.unlink(missing_ok=True)

    def finished(self, unfinished: Path) -> Path:
        """The final name of an unfinished backup."""
        return self.path / unfinished.name.removeprefix(".").removesuffix(UNFINISHED)

    def keep_newest(self, count: int) -> None:
        """Delete all backups but the newest."""
        for backup in self.backups()[:-count]:
            backup.unlink()
            checksum_file(backup).unlink(missing_ok=True)

    def _named(self) -> list[Path]:
        """Files with a backup's name, oldest first."""
        name = re.compile(re.escape(self.database) + r"-\d{8}T\d{6}Z\.dump")
        return sorted(file for file in self.path.glob(f"{self.database}-*.dump") if name.fullmatch(file.name))

    def _taken_at(self, file: Path) -> datetime:
        return datetime.strptime(file.name, f"{self.database}-{STAMP}.dump").replace(tzinfo=UTC)

    def _name(self, unfinished: Path, backup: Path) -> None:
        """Give a finished file its name, after its checksum, so that each survives a power cut intact."""
        checksum = checksum_file(backup)
        with _own(checksum) as file:
            file.write(f"{sha256(unfinished)}  {backup.name}\n")
            file.flush()
            os.fsync(file.fileno())
        _sync(unfinished)
        unfinished.replace(backup)
        _sync(self.path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Create the folder, and keep others from writing a backup there meanwhile."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = _own(self.path / f".{self.database}.lock")
        except OSError as error:
            raise BackupError(
                f"Cannot write to the backup folder ({error}). Create it, or set BACKUP_FOLDER to another."
            ) from error
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise BackupError(
                    f"Another backup to {self.path} is in progress. Wait until it has finished."
                ) from error
            yield


def _is_whole(backup: Path) -> bool:
    """True for a file that isn't empty and has a checksum next to it."""
    return backup.is_file() and not backup.is_symlink() and backup.stat().st_size > 0 and checksum_file(backup).exists()


def checksum_file(backup: Path) -> Path:
    """The file with a backup's checksum, in the format of `sha256sum --check`."""
    return backup.with_name(f"{backup.name}.sha256")


def sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _own(path: Path) -> TextIO:
    """Create a file that nobody else may read."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666 & ~PRIVATE), "w")


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
