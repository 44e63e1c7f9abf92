"""Restores a backup: next to the existing database, which it replaces only once complete."""

from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import psycopg
from alembic.script import ScriptDirectory
from psycopg import sql

import migrations
from backup.config import RestoreSettings
from backup.dump import read_whole
from backup.folder import checksum_file, sha256
from backup.postgres import BackupError, Login, run
from migrations.roles import create_roles_and_databases, keep_platform_database

TABLES = """
select count(*) from pg_class
where relkind in ('r', 'p', 'v', 'm') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
"""
PLATFORM_TABLES = """
select string_agg(format('%I.%I', schemaname, tablename), ', ') from pg_tables where schemaname in ('bronze', 'public')
"""
COUNTS = "select (select count(*) from public.users), (select count(*) from bronze.transactions)"
OTHERS = """
select coalesce(usename, '?') || ' (' || count(*) || ')' from pg_stat_activity
where datname = %s and pid <> pg_backend_pid() and backend_type = 'client backend' group by usename order by 1
"""


def restore(settings: RestoreSettings, file: Path, *, replace: bool) -> str:
    """Create the roles, and put a backup in place of the platform's database.

    `file` is a path, or a name in the backup folder. With `replace` the database may have tables: it stays as it is
    until the backup is completely restored, and is then deleted.

    Returns:
        A sentence about the restored content.

    Raises:
        BackupError: Nothing was restored, and the database is unchanged.

    """
    try:
        file = _found(settings, file)
        _check(file)
    except OSError as error:
        raise BackupError(f"The backup can't be read: {error}. Put it where this account can read it.") from error
    read_whole(file)
    with settings.login.connect("postgres") as connection:
        if not replace:
            _refuse_to_replace(settings, connection)
        _refuse_while_others_use_it(settings, connection)
        create_roles_and_databases(settings)
        beside, before = f"{settings.postgres_db}_restoring", f"{settings.postgres_db}_replaced"
        for leftover in (beside, before):  # left by a killed restore
            _drop(connection, leftover)
        keep_platform_database(connection, beside)
        try:
            content = _fill(settings, file, beside)
            _refuse_while_others_use_it(settings, connection)
            with connection.transaction():
                _rename(connection, settings.postgres_db, before)
                _rename(connection, beside, settings.postgres_db)
        finally:
            _drop(connection, beside)
        _drop(connection, before)
    return f"Restored the database {settings.postgres_db} from {file}: {content}."


def _found(settings: RestoreSettings, file: Path) -> Path:
    for place in (file, settings.backup_folder / file):
        if place.is_file():
            return place
    raise BackupError(f"There is no backup {file}, and none of that name in {settings.backup_folder}.")


def _check(file: Path) -> None:
    """Refuse a file that was changed, if its checksum is there to tell."""
    written = checksum_file(file)
    if written.exists() and written.read_bytes().split()[:1] != [sha256(file).encode()]:
        raise BackupError(f"{file} is damaged: its checksum differs from {written}. Use another backup.")


def _refuse_to_replace(settings: RestoreSettings, connection: psycopg.Connection[Any]) -> None:
    known = connection.execute("select from pg_database where datname = %s", [settings.postgres_db]).fetchone()
    if known is None:
        return
    with settings.login.connect(settings.postgres_db) as there:
        (tables,) = there.execute(TABLES).fetchone() or (0,)
    if tables:
        raise BackupError(
            f"The database {settings.postgres_db} already has {tables} tables and views. Nothing was restored. To "
            "replace its contents with the backup, run make restore FILE=… REPLACE=1 or "
            "docker compose run --rm restore --replace …"
        )


def _refuse_while_others_use_it(settings: RestoreSettings, connection: psycopg.Connection[Any]) -> None:
    others = [row[0] for row in connection.execute(OTHERS, [settings.postgres_db])]
    if others:
        raise BackupError(
            f"The database {settings.postgres_db} is in use by {', '.join(others)}. Nothing was restored. "
            "Stop every service first: make down, or docker compose down."
        )


def _fill(settings: RestoreSettings, file: Path, database: str) -> str:
    """Restore into an empty database; returns its content, in words."""
    of_models, of_platform = _by_owner(run("pg_restore", "--list", str(file)))
    _restore_listed(settings.login, file, database, of_platform)
    with settings.login.connect(database) as restored:
        restored.execute('create schema "default" authorization macrofolio_dbt')
    models = _fill_models(settings.models_login, file, database, of_models)
    with settings.login.connect(database) as restored:
        (revision,) = restored.execute("select version_num from public.alembic_version").fetchone() or (None,)
        known = {script.revision for script in ScriptDirectory(str(Path(migrations.__file__).parent)).walk_revisions()}
        if revision not in known:
            raise BackupError(
                f"{file} is from a newer version of Macrofolio: its schema is {revision}, this version supports up to "
                f"{max(known)}. Nothing was restored. Restore it with the version that wrote it, or a newer one."
            )
        (tables,) = restored.execute(PLATFORM_TABLES).fetchone() or ("",)
        restored.execute(f"analyze {tables}")
        accounts, versions = restored.execute(COUNTS).fetchone() or (0, 0)
    return f"{accounts} accounts, {versions} versions of transactions, schema {revision}{models}"


def _by_owner(listed: str) -> tuple[str, str]:
    """The entries that dbt created, and all others; the last word of each names the owner.

    A cast has no owner, and only dbt could have created one. The models' schema is created beforehand: their owner may
    create none.
    """
    others = [entry for entry in listed.splitlines() if " CAST - " not in entry]
    of_models = [entry for entry in others if entry.endswith(" macrofolio_dbt")]
    of_platform = [entry for entry in others if entry not in of_models]
    return "\n".join(entry for entry in of_models if " SCHEMA - default " not in entry), "\n".join(of_platform)


def _restore_listed(login: Login, file: Path, database: str, listed: str) -> None:
    with NamedTemporaryFile("w", encoding="utf-8") as entries:
        entries.write(listed)
        entries.flush()
        options = ("--single-transaction", "--no-password", f"--dbname={database}", f"--use-list={entries.name}")
        login.run("pg_restore", *options, str(file))


def _fill_models(login: Login, file: Path, database: str, listed: str) -> str:
    """Restore what dbt created, as dbt; returns the result in words.

    Checks, columns, indexes and views call functions with the rights of whoever restores them. All of it can be rebuilt
    from the rest, so nothing is lost if it can't be restored.
    """
    try:
        _restore_listed(login, file, database, listed)
        with login.connect(database) as restored:
            restored.execute("analyze")
    except (BackupError, psycopg.Error) as error:
        return f"; the models could not be restored and will be rebuilt at the next start ({error})"
    return ""


def _rename(connection: psycopg.Connection[Any], database: str, name: str) -> None:
    statement = sql.SQL("alter database {} rename to {}")
    try:
        connection.execute(statement.format(sql.Identifier(database), sql.Identifier(name)))
    except psycopg.errors.ObjectInUse as error:
        raise BackupError(f"Nothing was restored: {error} Stop every service and try again.") from error


def _drop(connection: psycopg.Connection[Any], database: str) -> None:
    connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))
