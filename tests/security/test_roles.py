"""Each role of the database, tried against what it must not do; and what it must do still works."""

import itertools
from contextlib import ExitStack, closing

import psycopg
import pytest

from tests.support.platform import Platform

LEDGER, USERS, SESSIONS = "bronze.transactions", "public.users", "public.sessions"
APPLICATION = (USERS, SESSIONS, "public.portfolio_settings", "public.idempotency_keys", "public.login_failures")
OUTSIDE = ("bronze.raw_prices", "bronze.raw_corporate_actions", "bronze.raw_assets", "bronze.raw_fred")
GUESTS = ("macrofolio_api", "macrofolio_reader", "macrofolio_ingestion", "macrofolio_dbt", "macrofolio_backup")

FORBIDDEN = {
    "macrofolio_api": [
        f"update {LEDGER} set price = 1",
        f"delete from {LEDGER}",
        f"truncate {LEDGER}",
        f"insert into {LEDGER} (recorded_at) values ('2020-01-01')",
        f"insert into {LEDGER} (entry_number) overriding system value values (1)",
        "create trigger mine after insert on bronze.transactions execute function bronze.forget_transactions()",
        *(f"insert into {table} default values" for table in OUTSIDE),
        *(f"delete from {table}" for table in OUTSIDE),
        "select * from bronze.raw_fred",
        "select message from bronze.ingestion_runs",
        "select reason from bronze.model_failures",
        "insert into bronze.model_failures default values",
        "delete from bronze.pending_changes",
        "insert into bronze.pending_changes (model, from_date) values ('x', '2024-01-01')",
        f"alter table {LEDGER} disable row level security",
        f"alter table {LEDGER} no force row level security",
        f"drop policy own_rows on {LEDGER}",
        f"alter table {LEDGER} disable trigger all",
        'create table "default".mine (a int)',
        'select * from "default".nothing',
    ],
    "macrofolio_reader": [
        *(f"select * from {table}" for table in (*APPLICATION, "public.personal_tokens", "public.identities")),
        *(f"insert into {table} default values" for table in (*APPLICATION, LEDGER, *OUTSIDE)),
        *(f"delete from {table}" for table in (*APPLICATION, LEDGER, *OUTSIDE, "bronze.pending_changes")),
        f"update {LEDGER} set price = 1",
        f"truncate {LEDGER}",
        "select public.personal_token('')",
        "select public.session_is_live(gen_random_uuid(), gen_random_uuid())",
        "select message from bronze.ingestion_runs",
        "select reason from bronze.model_failures",
        'create table "default".mine (a int)',
        "create temporary table mine (a int)",
    ],
    "macrofolio_ingestion": [
        *(f"select * from {table}" for table in (*APPLICATION, LEDGER) if table != "public.portfolio_settings"),
        f"select quantity from {LEDGER}",
        f"select user_id from {LEDGER}",
        f"select note from {LEDGER}",
        f"insert into {LEDGER} default values",
        f"delete from {LEDGER}",
        "update public.portfolio_settings set benchmark = 'X'",
        "select * from bronze.pending_changes",
        "insert into bronze.pending_changes (model, from_date) values ('x', '2024-01-01')",
        "select model from bronze.model_failures",
        "insert into bronze.model_failures default values",
        'create table "default".mine (a int)',
    ],
    "macrofolio_dbt": [
        *(f"select * from {table}" for table in APPLICATION if table != "public.portfolio_settings"),
        "update public.portfolio_settings set benchmark = 'X'",
        f"insert into {LEDGER} default values",
        f"update {LEDGER} set price = 1",
        f"delete from {LEDGER}",
        *(f"insert into {table} default values" for table in OUTSIDE),
        *(f"delete from {table}" for table in OUTSIDE),
        "delete from bronze.model_failures",
        "update bronze.ingestion_runs set outcome = 'loaded'",
    ],
    "macrofolio_backup": [
        *(f"insert into {table} default values" for table in (*APPLICATION, LEDGER, *OUTSIDE)),
        *(f"delete from {table}" for table in (*APPLICATION, LEDGER, *OUTSIDE)),
        f"truncate {LEDGER}",
        f"update {USERS} set password_hash = 'mine'",
        f"select * from {USERS} for update",
        "select nextval(pg_get_serial_sequence('bronze.transactions', 'entry_number'))",
        'create table "default".mine (a int)',
        "create temporary table mine (a int)",
    ],
}
# Who reads all tables reads PostgreSQL's own too. What is behind these hashes is long and random.
HASHES_OF_PASSWORDS = ("macrofolio_backup", "select rolpassword from pg_authid")
# Whether one may read a table or view, and whether one may do anything else with it.
RIGHTS = """
select
    relnamespace::regnamespace || '.' || relname,
    has_table_privilege(oid, 'select'),
    has_table_privilege(oid, 'insert, update, delete, truncate, references, trigger, maintain')
from pg_class
where relkind in ('r', 'v') and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'
"""
TRADE = """
insert into bronze.transactions (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
values (gen_random_uuid(), 1, current_setting('app.user_id')::uuid, 'VTI', 'BUY', 1, 1, 'USD', '2024-01-02')
"""
# What none of the services' roles may do, wherever it is logged in.
FORBIDDEN_TO_ALL = [
    "create table bronze.mine (a int)",
    "create table public.mine (a int)",
    "create schema mine",
    "create role mine",
    "create database mine",
    "create extension pg_trgm",
    "alter role macrofolio_api superuser",
    "alter role macrofolio_owner password 'x'",
    "set role macrofolio_owner",
    "set role postgres",
    "set session authorization postgres",
    "copy (select 1) to program 'true'",
    "copy (select 1) to '/tmp/out'",
    "select pg_read_file('/etc/passwd')",
    "select lo_import('/etc/passwd')",
    "select lo_creat(-1)",
    "select lo_create(0)",
    "select lo_from_bytea(0, 'mine')",
    "select rolpassword from pg_authid",
    "alter system set log_statement = 'all'",
    "select pg_reload_conf()",
    "create function public.mine() returns int language sql as 'select 1'",
]


@pytest.mark.threat(38)
@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *((role, statement) for role, statements in FORBIDDEN.items() for statement in statements),
        *(pair for pair in itertools.product(GUESTS, FORBIDDEN_TO_ALL) if pair != HASHES_OF_PASSWORDS),
    ],
)
def test_a_role_is_refused_what_is_not_its_work(platform: Platform, role: str, statement: str) -> None:
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with platform.connect(role, autocommit=True) as connection, refused:
        connection.execute(statement.encode())


@pytest.mark.threat(29)
@pytest.mark.parametrize("statement", ["select * from public.users", "select password_hash from public.users"])
def test_whatever_sql_dbt_is_made_to_run_cannot_read_who_somebody_is(platform: Platform, statement: str) -> None:
    with platform.connect("macrofolio_dbt") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement.encode())


# Whoever reads the table runs it, and says so: an error's words get out whatever else is forbidden.
A_POLICY = """
create table "default".mine (user_id uuid, a int);
create function "default".who() returns boolean language plpgsql as $$
begin
    raise exception 'run by %, who %', current_user,
        case when has_table_privilege('public.users', 'select') then 'knows everybody' else 'knows nobody' end;
end $$;
create policy own_rows on "default".mine for select to macrofolio_reader using ("default".who());
alter table "default".mine enable row level security;
grant select on "default".mine to macrofolio_reader, macrofolio_api;
grant usage on schema "default" to macrofolio_api;
insert into "default".mine values (gen_random_uuid(), 1);
"""


@pytest.mark.threat(43)
def test_what_dbt_puts_into_a_policy_is_run_by_who_knows_nobody(platform: Platform) -> None:
    with platform.connect("macrofolio_dbt") as dbt:
        dbt.execute(A_POLICY)
    with platform.connect("macrofolio_reader") as reader, pytest.raises(psycopg.errors.RaiseException) as told:
        reader.execute('select * from "default".mine')

    assert told.value.diag.message_primary == "run by macrofolio_reader, who knows nobody"


@pytest.mark.threat(38)
def test_airflow_sees_nothing_of_the_platform_nor_the_others_of_airflow(platform: Platform) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        platform.connect("macrofolio_airflow")
    airflow = Platform(platform.port, platform.airflow_database, platform.passwords)
    for role in GUESTS:
        with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
            airflow.connect(role)
    airflow.connect("macrofolio_airflow").close()


@pytest.mark.threat(38)
@pytest.mark.parametrize("name", ["postgres", "template1"])
@pytest.mark.parametrize("role", [*GUESTS, "macrofolio_owner", "macrofolio_airflow"])
def test_nobody_enters_a_database_that_is_no_services(platform: Platform, role: str, name: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        Platform(platform.port, name, platform.passwords).connect(role)


@pytest.mark.threat(38)
def test_backups_read_every_row_of_every_table_also_of_a_new_one_and_do_nothing_else(platform: Platform) -> None:
    with platform.connect("macrofolio_api") as api:
        api.execute("select set_config('app.user_id', gen_random_uuid()::text, true)")
        api.execute(TRADE)
    with platform.connect("macrofolio_dbt") as dbt:
        dbt.execute('create table "default".new (a int)')

    with platform.connect("postgres") as superuser:
        all_rows = superuser.execute(f"select count(*) from {LEDGER}").fetchone()
    with platform.connect("macrofolio_backup") as backup:
        rows = backup.execute(f"select count(*) from {LEDGER}").fetchone()
        rights = {table: (read, more) for table, read, more in backup.execute(RIGHTS)}

    assert rows == all_rows != (0,)
    assert {LEDGER, *APPLICATION, *OUTSIDE, '"default".new'} <= rights.keys()
    assert set(rights.values()) == {(True, False)}


@pytest.mark.threat(38)
def test_no_role_of_ours_is_above_the_rules(platform: Platform) -> None:
    query = """
        select rolname, rolsuper or rolcreaterole or rolcreatedb or rolreplication from pg_roles
        where rolname like 'macrofolio%'
            and (rolsuper or rolcreaterole or rolcreatedb or rolbypassrls or rolreplication)
    """
    with platform.connect("postgres") as connection:
        assert connection.execute(query).fetchall() == [("macrofolio_backup", False)]  # it sees each row, and only sees


@pytest.mark.threat(38)
def test_a_role_that_takes_every_connection_it_can_leaves_the_others_theirs(platform: Platform) -> None:
    def take(role: str) -> None:
        taken.enter_context(closing(platform.connect(role)))

    with platform.connect("postgres") as superuser:
        (all_there_are,) = superuser.execute("select current_setting('max_connections')::int").fetchone() or (0,)
    with ExitStack() as taken:
        for _ in range(all_there_are // 2):
            take("macrofolio_dbt")
        with pytest.raises(psycopg.OperationalError, match="too many connections for role"):
            take("macrofolio_dbt")
        for role in GUESTS:
            if role != "macrofolio_dbt":
                take(role)


@pytest.mark.threat(38)
@pytest.mark.parametrize("role", GUESTS)
def test_no_role_fills_the_disk_with_what_it_sorts(platform: Platform, role: str) -> None:
    with platform.connect(role, autocommit=True) as connection:
        limit = connection.execute("show temp_file_limit").fetchone()
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("set temp_file_limit = -1")

    assert limit == ("10GB",)


@pytest.mark.threat(38)
def test_only_the_end_of_an_account_removes_its_trades(platform: Platform) -> None:
    trades = f"select count(*) from {LEDGER} where user_id = %s"
    with platform.connect("macrofolio_api") as api:
        (user_id,) = api.execute(
            f"insert into {USERS} (email, password_hash) values ('gone@example.org', 'x') returning user_id"
        ).fetchone() or (None,)
        api.execute("select set_config('app.user_id', %s, false)", [str(user_id)])
        api.execute(TRADE)
    with platform.connect("postgres") as superuser:
        before = superuser.execute(trades, [user_id]).fetchone()
    with platform.connect("macrofolio_api") as api:
        api.execute(f"delete from {USERS} where user_id = %s", [user_id])
    with platform.connect("postgres") as superuser:
        after = superuser.execute(trades, [user_id]).fetchone()

    assert (before, after) == ((1,), (0,))


@pytest.mark.threat(38)
def test_a_password_that_is_wrong_opens_nothing(platform: Platform) -> None:
    for role in platform.passwords:
        stranger = Platform(platform.port, platform.database, platform.passwords | {role: "not the password"})
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            stranger.connect(role)


@pytest.mark.threat(38)
def test_what_runs_as_the_owner_runs_nobody_elses_code(platform: Platform) -> None:
    query = """
        select oid::regprocedure::text from pg_proc
        where prosecdef and pronamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            and (
                proconfig is distinct from array['search_path=pg_catalog, pg_temp']
                or has_function_privilege('public', oid, 'execute')
            )
    """
    with platform.connect("postgres") as connection:
        assert connection.execute(query).fetchall() == []


@pytest.mark.threat(38)
def test_a_type_of_ones_own_is_not_taken_for_a_built_in_one(platform: Platform) -> None:
    attack = """
        create function pg_temp.who(value pg_catalog.date) returns boolean language plpgsql as $$
        begin raise exception 'run by %', current_user; end $$;
        create domain pg_temp.date as pg_catalog.date check (pg_temp.who(value));
        insert into bronze.raw_assets (ticker, source) values ('MINE', 'test');
    """
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(attack)
        connection.rollback()


@pytest.mark.threat(38)
@pytest.mark.parametrize("role", GUESTS)
def test_nobody_runs_the_owners_triggers_on_a_table_of_their_own(platform: Platform, role: str) -> None:
    attached = """
        create temporary table mine (user_id uuid);
        create trigger mine after insert on mine for each row execute function bronze.note_settings();
    """
    with platform.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(attached)
