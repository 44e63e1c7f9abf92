"""From every earlier schema to the newest, with rows in every table: all are there afterwards, and everybody can work.

One database climbs from revision to revision and stays empty; at each, a copy is filled and upgraded to the newest.
"""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql

from migrations.__main__ import main as migrate
from migrations.config import MigrationSettings
from migrations.roles import create_roles_and_databases, keep_platform_database
from tests.conftest import ROOT
from tests.support.platform import Platform

ALEMBIC = Config(ROOT / "migrations" / "alembic.ini")
REVISIONS = [script.revision for script in reversed(list(ScriptDirectory.from_config(ALEMBIC).walk_revisions()))]
PEOPLE = (UUID(int=1), UUID(int=2))
# What a column holds in the first row and in the second, where a check or another table asks for more than its type.
EXAMPLES: dict[str, tuple[Any, Any]] = {
    "account_id": PEOPLE,
    "action": ("dividend", "split"),
    "base_currency": ("EUR", "CHF"),
    "benchmark": ("^GSPC", "VT"),
    "cost_basis_method": ("average", "fifo"),
    "cost_share": ("0.25", "1"),
    "currency": ("USD", "GBp"),
    "dated_by": ("vintage", "publication_lag"),
    "email": ("ada@example.org", "bob@example.org"),
    "item": ("bar", "dividend"),
    "kind": ("prices", "macro"),
    "outcome": ("loaded", "rate_limited"),
    "price_basis": ("split_adjusted", "as_traded"),
    "public.accounts.currency": ("EUR", "CHF"),
    "reason": ("jump", "negative"),
    "related_ticker": ("VTI", "BRK-B"),
    "scope": ("read", "write"),
    "settlement_currency": ("EUR", "JPY"),
    "side": ("BUY", "SELL"),
    "ticker": ("AAPL", "BRK-B"),
    "type": ("BUY", "SELL"),
    "user_id": PEOPLE,
}
OUTCOMES_OF_0001 = ("no_prices", "provider_unavailable")
SINCE_0002 = {"no_prices": "no_data", "provider_unavailable": "provider_down"}
COLUMNS = """
select attname, format_type(atttypid, null), attidentity <> ''
from pg_attribute where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum
"""
TABLES = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ('bronze', 'public')"
# Of another kind than data: where the schema is, and a switch that exists once.
LEFT_ALONE = {"public.alembic_version", "public.registration"}
OWN_ROWS = (
    *("bronze.transactions", "public.accounts", "public.sessions"),
    *("public.idempotency_keys", "public.portfolio_settings"),
)
TRADE = """
insert into bronze.transactions
    (transaction_id, version, user_id, ticker, side, quantity, price, currency, trade_date)
values (gen_random_uuid(), 1, %s, 'VTI', 'BUY', 1.5, 10, 'USD', '2024-01-02')
"""
PRICE = """
insert into bronze.raw_prices (ticker, price_date, close, price_basis, source)
values ('VTI', '2024-01-02', 1, 'as_traded', 'test')
on conflict (ticker, price_date) do update set close = excluded.close
"""


@dataclass(frozen=True)
class Upgraded:
    """A database that was filled at `revision` and upgraded since, and the rows it had before, as JSON, by table."""

    revision: str
    platform: Platform
    before: dict[str, list[dict[str, Any]]]


@pytest.fixture(scope="module")
def climbing(postgres_server: Platform) -> Iterator[Platform]:
    """A database that is taken one revision further for each that is tried."""
    platform = Platform(postgres_server.port, f"climbing_{secrets.token_hex(4)}", postgres_server.passwords)
    with pytest.MonkeyPatch.context() as environment:
        point_at(platform, environment)
        create_roles_and_databases(MigrationSettings())
    yield platform
    drop(postgres_server, platform.database, platform.airflow_database)


@pytest.fixture(scope="module", params=REVISIONS[:-1])
def upgraded(request: pytest.FixtureRequest, climbing: Platform, postgres_server: Platform) -> Iterator[Upgraded]:
    name = f"{climbing.database}_{request.param}"
    platform = Platform(climbing.port, name, climbing.passwords)
    with pytest.MonkeyPatch.context() as environment:
        point_at(climbing, environment)
        command.upgrade(ALEMBIC, request.param)
        with postgres_server.connect("postgres", autocommit=True) as connection:
            copy = sql.SQL("create database {} template {} owner macrofolio_owner")
            connection.execute(copy.format(sql.Identifier(name), sql.Identifier(climbing.database)))
            keep_platform_database(connection, name)
        with platform.connect("postgres") as connection:
            fill(connection, request.param)
        before = rows(platform)
        point_at(platform, environment)
        migrate()
    yield Upgraded(request.param, platform, before)
    drop(postgres_server, name, platform.airflow_database)


def point_at(platform: Platform, environment: pytest.MonkeyPatch) -> None:
    for name, value in platform.environment.items():
        environment.setenv(name, value)


def drop(server: Platform, *databases: str) -> None:
    with server.connect("postgres", autocommit=True) as connection:
        for name in databases:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def fill(connection: psycopg.Connection[Any], revision: str) -> None:
    """Two rows in every table, with a value in every column."""
    tables = {table for (table,) in connection.execute(TABLES)} - LEFT_ALONE
    connection.execute("set session_replication_role = replica")  # in any order, and without what triggers would note
    for table in sorted(tables):
        columns = connection.execute(COLUMNS, [table]).fetchall()
        names = [name for name, _, is_identity in columns if not is_identity]
        insert = sql.SQL("insert into {} ({}) values ({})").format(
            sql.SQL(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join([sql.Placeholder()] * len(names)),
        )
        for number in (0, 1):
            examples = EXAMPLES | ({"outcome": OUTCOMES_OF_0001} if revision == "0001" else {})
            values = [
                next((examples[known][number] for known in (f"{table}.{name}", name) if known in examples), None)
                or example(name, kind, number)
                for name, kind, is_identity in columns
                if not is_identity
            ]
            connection.execute(insert, values)


def example(column: str, kind: str, number: int) -> Any:
    """A value of this type, another one in each row."""
    examples = {
        "bigint": number + 7,
        "boolean": number == 1,
        "bytea": bytes([number, 255]),
        "date": f"2024-02-{28 + number}",
        "integer": number + 1,
        "jsonb": json.dumps({column: number}),
        "numeric": f"{number + 1}.12345678",
        "text": f"{column} {number} 'é'",
        "timestamp with time zone": f"2024-02-29 12:34:56.78901{number}+00",
        "uuid": UUID(int=100 + number),
    }
    return examples[kind]


def rows(platform: Platform) -> dict[str, list[dict[str, Any]]]:
    with platform.connect("postgres") as connection:
        tables = {table for (table,) in connection.execute(TABLES)} - LEFT_ALONE
        return {
            table: [
                row for (row,) in connection.execute(f"select to_jsonb(rows) from {table} as rows order by rows::text")
            ]
            for table in sorted(tables)
        }


def test_every_row_of_every_table_is_there_with_its_values(upgraded: Upgraded) -> None:
    assert {table for table, before in upgraded.before.items() if len(before) != 2} == set()
    after = rows(upgraded.platform)
    for table, before in upgraded.before.items():
        expected = before
        if table == "bronze.ingestion_runs" and upgraded.revision == "0001":
            expected = [row | {"outcome": SINCE_0002[row["outcome"]]} for row in before]
        columns = set(before[0])
        kept = [{name: value for name, value in row.items() if name in columns} for row in after[table]]
        assert by_content(kept) == by_content(expected), table


def by_content(found: list[dict[str, Any]]) -> list[str]:
    return sorted(json.dumps(row, sort_keys=True) for row in found)


def test_the_api_sees_the_rows_of_one_person_and_records_their_next_trade(upgraded: Upgraded) -> None:
    person = PEOPLE[0]
    with upgraded.platform.connect("macrofolio_api") as connection:
        connection.execute("select set_config('app.user_id', %s, true)", [str(person)])
        for table in OWN_ROWS:
            assert connection.execute(f"select user_id from {table}").fetchall() == [(person,)], table
        assert connection.execute("select count(*) from public.users").fetchone() == (2,)
        assert connection.execute("select is_open from public.registration").fetchone() == (True,)
        connection.execute(TRADE, [person])
        numbers = connection.execute("select entry_number from bronze.transactions order by 1").fetchall()
    assert len(set(numbers)) == 2


def test_the_other_services_do_their_work_on_it(upgraded: Upgraded) -> None:
    with upgraded.platform.connect("macrofolio_ingestion") as connection:
        connection.execute(PRICE)
    with upgraded.platform.connect("macrofolio_dbt") as connection:
        tables = [table for table in upgraded.before if table.startswith("bronze.")]
        counts = {table: connection.execute(f"select count(*) from {table}").fetchone() for table in tables}
        noted = connection.execute("select model, ticker from bronze.pending_changes").fetchall()
        connection.execute('create table "default".mine as select 1 as number')
    assert [table for table, count in counts.items() if count is None or count[0] < 2] == []
    assert ("int_daily_prices", "VTI") in noted
