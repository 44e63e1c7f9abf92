"""The roles of the database, each tried against what it must not do."""

import os
import subprocess
import sys
import uuid

import psycopg
import pytest

from tests.conftest import ROOT
from tests.platform import Platform

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
    def migrate(*arguments: str) -> None:
        command = [sys.executable, "-m", "alembic", "-c", "migrations/alembic.ini", *arguments]
        subprocess.run(command, env=os.environ | platform.environment, cwd=ROOT, check=True)

    def readable() -> tuple[bool | None, bool]:
        query = """
            select has_table_privilege('macrofolio_api', to_regclass('bronze.ingestion_runs'), 'select'),
                to_regclass('bronze.model_failures') is not null
        """
        with platform.connect("postgres") as connection:
            row: tuple[bool | None, bool] | None = connection.execute(query).fetchone()
            assert row is not None
            return row

    migrate("downgrade", "0003")
    before = readable()
    migrate("upgrade", "head")

    assert (before, readable()) == ((True, False), (False, True))


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


@pytest.mark.parametrize("quantity", ["NaN", "Infinity", "0", "-1", "1.123456789"])
def test_the_database_refuses_a_quantity_that_is_no_exact_positive_number(platform: Platform, quantity: str) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        insert_trade(platform, uuid.uuid4(), quantity)


def test_a_trade_wakes_the_listener(platform: Platform) -> None:
    with platform.connect("macrofolio_dbt", autocommit=True) as listener:
        listener.execute("listen transactions")
        insert_trade(platform, uuid.uuid4())

        assert [note.channel for note in listener.notifies(timeout=5, stop_after=1)] == ["transactions"]
