"""Login roles and databases: created before Alembic can log in.

One role per service, each limited to its own work: `macrofolio_owner` owns bronze and public, `macrofolio_api` keeps
identities and the ledger, `macrofolio_reader` reads the models' tables, `macrofolio_ingestion` loads outside data,
`macrofolio_dbt` owns the models, `macrofolio_airflow` owns Airflow's metadata database and sees nothing of the
platform, `macrofolio_backup` reads every row of the platform and changes none.
"""

from collections.abc import Mapping

import psycopg
from psycopg import sql

from migrations.config import MigrationSettings

# Who may connect to the platform's database, besides its owner.
GUESTS = {
    "macrofolio_api": "connect, temporary",
    "macrofolio_reader": "connect",
    "macrofolio_ingestion": "connect, temporary",
    "macrofolio_dbt": "connect, temporary",
    "macrofolio_backup": "connect",
}
# By default every role may connect to these, and create what it likes there.
PUBLIC_DATABASES = ("postgres", "template1")
# These create large objects, which belong to no table and which nobody counts.
LARGE_OBJECTS = """
select string_agg(oid::regprocedure::text, ', ') from pg_proc
where pronamespace = 'pg_catalog'::regnamespace and proname in ('lo_creat', 'lo_create', 'lo_from_bytea')
"""
# Shares of the server's connections: whatever one service does, the others still get in.
MOST_CONNECTIONS = 0.5
# Session limits. They stop accidents only: whoever holds the role may lift them. Airflow's schedulers take turns by
# locking rows, so one that vanishes with its machine mid-transaction must not keep the others from starting tasks for
# longer than this.
LIMITS = {
    "macrofolio_api": ("statement_timeout", "15s"),
    "macrofolio_reader": ("statement_timeout", "15s"),
    "macrofolio_ingestion": ("statement_timeout", "5min"),
    "macrofolio_dbt": ("statement_timeout", "30min"),
    "macrofolio_airflow": ("idle_in_transaction_session_timeout", "60s"),
}
# Disk space that one session may use to sort or join: no role can lift this for itself.
MOST_ON_DISK = "10GB"


def create_roles_and_databases(settings: MigrationSettings) -> None:
    """Create what is missing, and set passwords and limits from the environment."""
    with psycopg.connect(
        host=settings.postgres_host,
        port=settings.postgres_port,
        user=settings.postgres_user,
        password=settings.postgres_password.get_secret_value(),
        dbname="postgres",
        autocommit=True,
    ) as connection:
        (at_most,) = connection.execute(
            "select (current_setting('max_connections')::int * %s)::int", [MOST_CONNECTIONS]
        ).fetchone() or (-1,)
        for role, password in settings.role_passwords().items():
            _keep_role(connection, role, password, at_most)
        # The owner hands the schema "default" over to dbt.
        connection.execute("grant macrofolio_dbt to macrofolio_owner")
        # Every table, including future ones of dbt, and every user's rows. That includes PostgreSQL's own tables with
        # the hashes of these passwords, one more reason for the passwords to be long and random.
        connection.execute("grant pg_read_all_data to macrofolio_backup")
        connection.execute("alter role macrofolio_backup bypassrls")
        for database in PUBLIC_DATABASES:
            connection.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
        keep_platform_database(connection, settings.postgres_db)
        _keep_database(connection, settings.airflow_db, owner="macrofolio_airflow", guests={})


def keep_platform_database(connection: psycopg.Connection, database: str) -> None:
    """Create the platform's database if it is missing; only the platform's roles may connect to it."""
    _keep_database(connection, database, owner="macrofolio_owner", guests=GUESTS)
    with psycopg.connect(connection.info.dsn, password=connection.info.password, dbname=database) as inside:
        (functions,) = inside.execute(LARGE_OBJECTS).fetchone() or ("",)
        inside.execute(f"revoke execute on function {functions} from public")


def _keep_role(connection: psycopg.Connection, role: str, password: str, at_most: int) -> None:
    known = connection.execute("select from pg_roles where rolname = %s", [role]).fetchone()
    name = sql.Identifier(role)
    if known is None:
        connection.execute(sql.SQL("create role {} login nosuperuser nocreatedb nocreaterole").format(name))
    statement = sql.SQL("alter role {} password {} connection limit {}")
    connection.execute(statement.format(name, sql.Literal(password), sql.Literal(at_most)))
    for setting, limit in (("temp_file_limit", MOST_ON_DISK), *filter(None, [LIMITS.get(role)])):
        statement = sql.SQL("alter role {} set {} = {}")
        connection.execute(statement.format(name, sql.Identifier(setting), sql.Literal(limit)))


def _keep_database(connection: psycopg.Connection, database: str, owner: str, guests: Mapping[str, str]) -> None:
    known = connection.execute("select from pg_database where datname = %s", [database]).fetchone()
    name = sql.Identifier(database)
    if known is None:
        connection.execute(sql.SQL("create database {} owner {}").format(name, sql.Identifier(owner)))
    connection.execute(sql.SQL("revoke all on database {} from public").format(name))
    for guest, rights in guests.items():
        grant = sql.SQL("grant {} on database {} to {}")
        connection.execute(grant.format(sql.SQL(rights), name, sql.Identifier(guest)))


if __name__ == "__main__":
    create_roles_and_databases(MigrationSettings())
