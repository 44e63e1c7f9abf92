"""DAGs overlap: the same model is built twice at a moment, and read while it is built."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt, start_dbt
from tests.dbt.stories import D1, D2
from tests.support.platform import Platform, wait_until

USERS = 20
MODELS = ("--select", "+gold__performance", "fct_daily_returns", "int_daily_holdings", "int_holding_values")
KEYS = {
    "stg_transactions": "transaction_id",
    "int_published_trades": "transaction_id",
    "int_published_portfolios": "user_id",
    "int_position_intervals": "user_id, ticker, valid_from",
    "gold_p_timeseries": "user_id, as_of_date",
    "gold__performance": "user_id",
}


@pytest.fixture(scope="module")
def built(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """Marts of twenty users with one trade each."""
    with platform.connect("postgres") as connection:
        bronze = Bronze(connection)
        bronze.listing("AAAA", {D1: 100, D2: 110})
        for number in range(USERS):
            bronze.buy(f"user {number}", "AAAA", 1, 100, D1)
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", *MODELS, "--indirect-selection", "cautious")
    return platform


@contextmanager
def model_is_being_built(platform: Platform, model: str) -> Iterator[psycopg.Connection[tuple[int]]]:
    """Another run stands between its beginning and its commit."""
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute("select pg_advisory_xact_lock(hashtext('macrofolio model'), hashtext(%s))", [model])
        yield connection


def waiting_builds(platform: Platform) -> int:
    with platform.connect("postgres") as connection:
        query = """
            select count(*) from pg_locks
            where not granted and database = (select oid from pg_database where datname = current_database())
        """
        return int(connection.execute(query).fetchall()[0][0])


def counts(platform: Platform, model: str) -> tuple[int, int]:
    """Rows, and different keys among them."""
    query = f'select count(*), count(distinct ({KEYS[model]})) from "default".{model}'
    with platform.connect("macrofolio_dbt") as connection:
        ((rows, keys),) = connection.execute(query).fetchall()
        return rows, keys


def test_two_runs_at_once_double_nothing(built: Platform, tmp_path: Path) -> None:
    before = {model: counts(built, model) for model in KEYS}

    # Both runs come to a halt at the first model of the chain, and go on together.
    with model_is_being_built(built, "stg_transactions"):
        runs = [start_dbt(built, tmp_path / str(number), "run", *MODELS) for number in range(2)]
        wait_until(lambda: waiting_builds(built) == len(runs), "both runs wait for the model", seconds=120)
    for run in runs:
        run.join(timeout=120)

    assert [run.exitcode for run in runs] == [0, 0]
    assert {model: counts(built, model) for model in KEYS} == before
    assert before["gold__performance"] == (USERS, USERS)


def test_who_builds_second_reads_what_the_first_has_written(built: Platform, tmp_path: Path) -> None:
    with ThreadPoolExecutor() as pool:
        with model_is_being_built(built, "int_position_intervals"):
            run = pool.submit(run_dbt, built, tmp_path, "run", "--select", "int_position_intervals")
            wait_until(lambda: waiting_builds(built) == 1, "the run waits for the model", seconds=60)
            # What the run was asked to read changes while it waits: it has read nothing yet.
            with built.connect("macrofolio_dbt") as connection:
                connection.execute(
                    'update "default".stg_transactions set quantity = 2 where user_id = %s', [user("user 0")]
                )
                connection.execute(
                    "insert into bronze.pending_changes (model, user_id, from_date) "
                    "values ('int_position_intervals', %s, %s)",
                    [user("user 0"), D1],
                )
        run.result()
    with built.connect("macrofolio_dbt") as connection:
        query = 'select units from "default".int_position_intervals where user_id = %s'
        assert connection.execute(query, [user("user 0")]).fetchall() == [(2,)]


def test_a_reader_meets_no_error_and_no_empty_answer(built: Platform, tmp_path: Path) -> None:
    seen: dict[str, set[int]] = {}
    done = threading.Event()

    def read(relation: str) -> None:
        query = f'select count(distinct user_id) from "default".{relation}'
        with built.connect("macrofolio_dbt", autocommit=True) as connection:
            while not done.is_set():
                seen.setdefault(relation, set()).add(connection.execute(query).fetchall()[0][0])

    relations = (
        "gold_p_timeseries",
        "gold__performance",
        "gold_ticker_kpis",
        "int_daily_holdings",
        "fct_daily_returns",
    )
    with ThreadPoolExecutor() as pool:
        readers = [pool.submit(read, relation) for relation in relations]
        try:
            for _ in range(3):
                run_dbt(built, tmp_path, "run", "--full-refresh", "--select", "int_position_intervals+")
        finally:
            done.set()
        for reader in readers:
            reader.result()
    assert seen == {relation: {USERS} for relation in relations}


def test_a_view_with_other_columns_is_replaced_and_keeps_row_security(built: Platform, tmp_path: Path) -> None:
    with built.connect("macrofolio_dbt") as connection:
        connection.execute('drop view "default".int_daily_holdings')
        connection.execute('create view "default".int_daily_holdings as select 1 as something_else')
    run_dbt(built, tmp_path, "run", "--select", "int_daily_holdings")
    with built.connect("macrofolio_reader") as connection:
        connection.execute("select set_config('app.user_id', %s, true)", [str(user("user 7"))])
        seen = connection.execute('select distinct user_id from "default".int_daily_holdings').fetchall()

    assert seen == [(user("user 7"),)]


def test_two_runs_that_replace_the_same_view_follow_one_another(built: Platform, tmp_path: Path) -> None:
    """The one replaces a view that the other is about to drop with what it reads."""
    above = 'create view "default".above as select ticker from "default".int_daily_holdings'
    with built.connect("macrofolio_dbt") as connection:
        connection.execute('drop view "default".int_daily_holdings')
        connection.execute("create view \"default\".int_daily_holdings as select 'IBM'::text as ticker")
        connection.execute(above)
    try:
        with ThreadPoolExecutor() as pool, built.connect("macrofolio_dbt") as other:
            other.execute("select pg_advisory_xact_lock(hashtext('macrofolio structure'))")
            other.execute('drop view "default".above')
            other.execute(above)
            run = pool.submit(run_dbt, built, tmp_path, "run", "--select", "int_daily_holdings")
            wait_until(lambda: waiting_builds(built) > 0 or run.done(), "the run waits", seconds=60)
            other.commit()
            assert run.result() == {"int_daily_holdings": "success"}
    finally:
        with built.connect("macrofolio_dbt") as connection:
            connection.execute('drop view "default".above')


def test_a_trade_does_not_wait_for_a_wide_change_of_others(built: Platform, tmp_path: Path) -> None:
    """Another build holds users of the series; somebody else's trade goes past it."""
    with built.connect("postgres") as connection:
        Bronze(connection).buy("user 3", "AAAA", 5, 100, D2)
    run_dbt(built, tmp_path, "run", "--select", "stg_transactions", "int_position_intervals")
    held = [f"user {number}" for number in range(USERS) if number != 3]
    with built.connect("macrofolio_dbt") as other:
        for name in held:
            other.execute(
                "insert into bronze.pending_changes (model, user_id, from_date, is_wide)"
                " values ('gold_p_timeseries', %s, %s, true)",
                [user(name), D1],
            )
            other.execute(
                "select pg_advisory_lock(hashtext('macrofolio rows of gold_p_timeseries'), hashtext(%s))",
                [str(user(name))],
            )
        other.commit()
        with ThreadPoolExecutor() as pool:
            run = pool.submit(run_dbt, built, tmp_path / "second", "run", "--select", "gold_p_timeseries")
            with built.connect("postgres", autocommit=True) as reader:
                query = 'select inflow from "default".gold_p_timeseries where user_id = %s and as_of_date = %s'
                wait_until(
                    lambda: reader.execute(query, [user("user 3"), D2]).fetchall() == [(500,)],
                    "the trade is in the series although other users are held",
                    seconds=60,
                )
                assert not run.done()
            other.execute("select pg_advisory_unlock_all()")
            other.commit()
            run.result()
    with built.connect("postgres") as connection:
        assert connection.execute("select model from bronze.pending_changes").fetchall() == []


def test_a_build_that_fails_half_way_keeps_what_it_finished(built: Platform, tmp_path: Path) -> None:
    with built.connect("postgres") as connection:
        connection.execute(
            "insert into bronze.pending_changes (model, user_id, from_date)"
            " select 'gold_p_timeseries', user_id, %s from \"default\".int_published_portfolios",
            [D1],
        )
        connection.execute(
            """
            create function "default".refuse() returns trigger language plpgsql as $$
            begin raise 'the disk is full'; end $$;
            """
        )
        connection.execute(
            'create trigger refuse before insert on "default".gold_p_timeseries'
            f""" for each row when (new.user_id = '{user("user 9")}') execute function "default".refuse()"""
        )
    try:
        with pytest.raises(AssertionError, match="the disk is full"):
            run_dbt(built, tmp_path, "run", "--select", "gold_p_timeseries", "--vars", "{keys_in_batch: 1}")
        with built.connect("postgres") as connection:
            left = connection.execute("select user_id from bronze.pending_changes").fetchall()
        assert 0 < len(left) < USERS
    finally:
        with built.connect("postgres") as connection:
            connection.execute('drop function "default".refuse cascade')
    run_dbt(built, tmp_path, "run", "--select", "gold_p_timeseries")
    with built.connect("postgres") as connection:
        assert connection.execute("select user_id from bronze.pending_changes").fetchall() == []
