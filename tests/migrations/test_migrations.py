"""The roles of the database, each tried against what it must not do."""

import os
import subprocess
import sys
import uuid
from typing import Any

import psycopg
import pytest

from tests.conftest import ROOT
from tests.support.platform import Platform

TRADE = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
values (gen_random_uuid(), 1, %s, 'AAPL', 'BUY', %s, 10, 'USD', '2010-01-04')
"""

FAILURE = """
insert into bronze.model_failures (model, run_id, reason) values ('int_trades', 'manual__1', %s)
on conflict (model) do update set failed_at = now(), run_id = excluded.run_id, reason = excluded.reason
"""


def insert_trade(platform: Platform, user_id: uuid.UUID, quantity: str = "1") -> None:
    with platform.connect("macrofolio_api") as connection:
        connection.execute(f"set local app.user_id = '{user_id}'")
        connection.execute(TRADE, [user_id, quantity])


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("macrofolio_api", "insert into bronze.raw_prices default values"),
        ("macrofolio_api", "update bronze.transactions set price = 1"),
        ("macrofolio_api", 'create table "default".mine (a int)'),
        ("macrofolio_ingestion", "select quantity from bronze.transactions"),
        ("macrofolio_ingestion", "insert into bronze.transactions default values"),
        ("macrofolio_ingestion", "select * from public.users"),
        ("macrofolio_dbt", "select * from public.users"),
        ("macrofolio_dbt", "select * from public.sessions"),
        ("macrofolio_dbt", "delete from bronze.transactions"),
        ("macrofolio_dbt", "delete from bronze.raw_prices"),
        ("macrofolio_dbt", "create table bronze.mine (a int)"),
        ("macrofolio_api", "create table public.mine (a int)"),
        ("macrofolio_api", "select reason from bronze.model_failures"),
        ("macrofolio_api", "select run_id from bronze.model_failures"),
        ("macrofolio_api", "insert into bronze.model_failures default values"),
        ("macrofolio_api", "select message from bronze.ingestion_runs"),
        ("macrofolio_ingestion", "select model from bronze.model_failures"),
        ("macrofolio_ingestion", "insert into bronze.model_failures default values"),
        ("macrofolio_dbt", "delete from bronze.model_failures"),
        ("macrofolio_dbt", "select * from public.personal_tokens"),
        ("macrofolio_dbt", "select * from public.identities"),
        ("macrofolio_dbt", "select * from public.personal_token('')"),
        ("macrofolio_dbt", "update public.portfolio_settings set benchmark = 'X'"),
        ("macrofolio_ingestion", "select * from public.idempotency_keys"),
        ("macrofolio_api", "delete from public.registration"),
        ("macrofolio_api", "insert into public.registration values (true, true)"),
    ],
)
def test_a_role_is_refused_what_is_not_its_work(platform: Platform, role: str, statement: str) -> None:
    with platform.connect(role) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_a_later_failure_takes_the_place_of_an_earlier_one_and_the_api_sees_when(platform: Platform) -> None:
    for reason in ("first", "second"):
        with platform.connect("macrofolio_dbt") as connection:
            connection.execute(FAILURE, [reason])

    with platform.connect("macrofolio_dbt") as connection:
        reasons = connection.execute("select reason from bronze.model_failures").fetchall()
    with platform.connect("macrofolio_api") as connection:
        seen = connection.execute("select model, failed_at <= now() from bronze.model_failures").fetchall()
    assert (reasons, seen) == ([("second",)], [("int_trades", True)])


def test_a_step_back_and_forth_leaves_the_newest_schema(platform: Platform) -> None:
    def readable() -> tuple[bool | None, bool]:
        query = """
            select has_table_privilege('macrofolio_api', to_regclass('bronze.ingestion_runs'), 'select'),
                to_regclass('bronze.model_failures') is not null
        """
        with platform.connect("postgres") as connection:
            row: tuple[bool | None, bool] | None = connection.execute(query).fetchone()
            assert row is not None
            return row

    migrate(platform, "downgrade", "0003")
    before = readable()
    migrate(platform, "upgrade", "head")

    assert (before, readable()) == ((True, False), (False, True))


def test_an_account_without_a_password_survives_a_step_back(platform: Platform) -> None:
    user_id = uuid.uuid4()
    with platform.connect("postgres") as connection:
        add_account(connection, user_id)
        connection.execute("update public.users set password_hash = null where user_id = %s", [user_id])

    migrate(platform, "downgrade", "0004")
    migrate(platform, "upgrade", "head")

    with platform.connect("postgres") as connection:
        kept = connection.execute("select password_hash from public.users where user_id = %s", [user_id]).fetchone()
    assert kept == ("none",)


@pytest.mark.parametrize("table", ["sessions", "idempotency_keys", "portfolio_settings", "personal_tokens"])
def test_nobody_sees_a_row_of_the_application_without_being_named(platform: Platform, table: str) -> None:
    alice, bob = uuid.uuid4(), uuid.uuid4()
    with platform.connect("postgres") as connection:
        for user_id in (alice, bob):
            add_account(connection, user_id)
            connection.execute(
                "insert into public.personal_tokens (user_id, name, scope, token_hash) values (%s, 'x', 'read', %s)",
                [user_id, user_id.bytes],
            )

    with platform.connect("macrofolio_api") as connection:
        assert connection.execute("select count(*) from public.idempotency_keys").fetchone() == (0,)
        connection.execute(f"set local app.user_id = '{alice}'")
        assert connection.execute(f"select user_id from public.{table}").fetchall() == [(alice,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(f"update public.{table} set user_id = %s", [bob])


def test_row_security_is_forced_on_the_owner_too(platform: Platform) -> None:
    with platform.connect("postgres") as connection:
        add_account(connection, uuid.uuid4())

    with platform.connect("macrofolio_owner") as connection:
        assert connection.execute("select count(*) from public.idempotency_keys").fetchone() == (0,)


def test_a_personal_token_is_found_by_whoever_presents_it(platform: Platform) -> None:
    user_id = uuid.uuid4()
    with platform.connect("postgres") as connection:
        add_account(connection, user_id)
        connection.execute(
            "insert into public.personal_tokens (user_id, name, scope, token_hash) values (%s, 'x', 'read', %s)",
            [user_id, user_id.bytes],
        )

    with platform.connect("macrofolio_api") as connection:
        find = "select user_id from public.personal_token(%s)"
        assert connection.execute(find, [user_id.bytes]).fetchall() == [(user_id,)]
        assert connection.execute(find, [b""]).fetchall() == []


def add_account(connection: psycopg.Connection[Any], user_id: uuid.UUID) -> None:
    """A user with a row in each table that 0001 made."""
    for statement in (
        "insert into public.users (user_id, email, password_hash) values (%(id)s, %(id)s || '@example.org', 'hash')",
        "insert into public.portfolio_settings (user_id) values (%(id)s)",
        "insert into public.sessions (user_id, refresh_jti, expires_at) values (%(id)s, gen_random_uuid(), now())",
        "insert into public.idempotency_keys values (%(id)s, 'key', 'hash', gen_random_uuid())",
    ):
        connection.execute(statement, {"id": user_id})


def migrate(platform: Platform, *arguments: str) -> None:
    command = [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", *arguments]
    subprocess.run(command, env=os.environ | platform.environment, cwd=ROOT, check=True)


def test_airflow_cannot_enter_the_platform_database(platform: Platform) -> None:
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        platform.connect("macrofolio_airflow")


def test_a_user_sees_only_own_trades_and_nobody_sees_any_without_being_named(platform: Platform) -> None:
    alice, bob = uuid.uuid4(), uuid.uuid4()
    insert_trade(platform, alice)
    insert_trade(platform, bob)

    with platform.connect("macrofolio_api") as connection:
        count = "select count(*), count(*) filter (where user_id = %s) from bronze.transactions"
        assert connection.execute(count, [alice]).fetchone() == (0, 0)
        connection.execute(f"set local app.user_id = '{alice}'")
        assert connection.execute(count, [alice]).fetchone() == (1, 1)


def test_writing_a_trade_for_somebody_else_is_refused(platform: Platform) -> None:
    with platform.connect("macrofolio_api") as connection:
        connection.execute(f"set local app.user_id = '{uuid.uuid4()}'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(TRADE, [uuid.uuid4(), "1"])


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "0", "-1", "1.1234567890123456789"])
def test_the_database_refuses_a_quantity_that_is_no_exact_positive_number(platform: Platform, quantity: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        insert_trade(platform, uuid.uuid4(), quantity)


def test_a_trade_wakes_the_listener(platform: Platform) -> None:
    with platform.connect("macrofolio_dbt", autocommit=True) as listener:
        listener.execute("listen transactions")
        insert_trade(platform, uuid.uuid4())

        assert [note.channel for note in listener.notifies(timeout=5, stop_after=1)] == ["transactions"]
