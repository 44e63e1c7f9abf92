"""While a change goes from model to model, a reader gets the last finished state, and then the new one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.dbt.bronze import user
from tests.dbt.changing_market import STORIES, Market
from tests.dbt.command import parsed_project, run_dbt
from tests.support.platform import Platform

READ = {
    "performance": 'select to_jsonb(rows) from "default".gold__performance as rows where user_id = %(user)s',
    "tickers": """
        select to_jsonb(rows) from "default".gold_ticker_kpis as rows where user_id = %(user)s order by rows.ticker
    """,
    "holdings": """
        select to_jsonb(rows) from "default".int_holding_values as rows
        where user_id = %(user)s
            and holding_date = (select as_of_date from "default".int_published_portfolios where user_id = %(user)s)
        order by rows.ticker
    """,
    "dividends": """
        select to_jsonb(rows) from "default".int_published_dividends as rows
        where user_id = %(user)s order by rows.ticker, rows.ex_date, rows.is_recorded
    """,
    "entries": """
        select to_jsonb(rows) from "default".int_published_entries as rows
        where user_id = %(user)s order by rows.transaction_id
    """,
    "cash": """
        select to_jsonb(rows) from "default".int_cash_days as rows
        where user_id = %(user)s order by rows.account_id, rows.currency, rows.date_day
    """,
    "series": """
        select to_jsonb(rows) - 'built_at' from "default".gold_p_timeseries as rows
        where user_id = %(user)s order by rows.as_of_date
    """,
    "status": 'select to_jsonb(rows) from "default".int_published_portfolios as rows where user_id = %(user)s',
}


@dataclass(frozen=True)
class Reader:
    """What the API reads of somebody, with the API's rights."""

    platform: Platform

    def state(self, story: str) -> dict[str, list[Any]]:
        with self.platform.connect("macrofolio_reader") as connection:
            connection.execute("select set_config('app.user_id', %s, true)", [str(user(story))])
            return {
                name: [row for (row,) in connection.execute(query, {"user": user(story)})]
                for name, query in READ.items()
            }

    def version(self, story: str) -> str | None:
        with self.platform.connect("macrofolio_reader") as connection:
            connection.execute("select set_config('app.user_id', %s, true)", [str(user(story))])
            row = connection.execute("select public.version_of_figures(%s, 'test')", [user(story)]).fetchone()
            assert row
            return None if row[0] is None else str(row[0])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("dbt")


@pytest.fixture(scope="module")
def market(platform: Platform, folder: Path) -> Iterator[Market]:
    with platform.connect("postgres", autocommit=True) as connection:
        market = Market(connection)
        market.open()
        market.pay_dividend("AAA", 9, "USD")
        for number, story in enumerate(STORIES):
            market.trade(story, "AAA", "BUY", 1 + number, 4)
            market.trade(story, "BBB", "BUY", 3 + number, 6)
            market.trade(story, "AAA", "SELL", 8, 2)
        run_dbt(platform, folder, "build", "--exclude-resource-type", "unit_test", "test")
        yield market


def stored_models(platform: Platform) -> list[str]:
    """Names of the models with rows of their own between the ledger and the series, each after those that it reads."""
    project = parsed_project(platform.database)
    parents = project.parent_map
    done: list[str] = []

    def add(unique_id: str) -> None:
        for parent in parents[unique_id]:
            if parent.startswith("model."):
                add(parent)
        name = unique_id.rpartition(".")[2]
        if project.nodes[unique_id].config.materialized == "scoped" and name not in done:
            done.append(name)

    add("model.macrofolio.gold_p_timeseries")
    return done


CHANGES: dict[str, Callable[[Market], object]] = {
    "a purchase": lambda market: market.trade(STORIES[0], "BBB", "BUY", 5, 7),
    "a sale": lambda market: market.trade(STORIES[0], "BBB", "SELL", 9, 3),
    "a larger quantity": lambda market: market.edit(0, 9),
    "another base currency": lambda market: market.change_settings(STORIES[0], "EUR", "AAA"),
    "another benchmark": lambda market: market.change_settings(STORIES[0], "EUR", "BBB"),
    "a corrected close": lambda market: market.correct_price("AAA", len(market.days) - 1),
    "a new day": lambda market: market.next_day(),
    "a split": lambda market: market.next_day("AAA"),
    "a dividend": lambda market: market.pay_dividend("AAA", 11, "EUR"),
    "an exchange rate": lambda market: market.correct_price("EURUSD=X", len(market.days) - 1),
    "everything deleted": lambda market: market.delete_everything_of(STORIES[0]),
}


@pytest.mark.parametrize("change", CHANGES)
def test_between_two_models_everything_says_what_it_said(
    platform: Platform, market: Market, folder: Path, change: str
) -> None:
    reader = Reader(platform)
    before = {story: reader.state(story) for story in STORIES}
    versions = {story: reader.version(story) for story in STORIES}
    CHANGES[change](market)
    *earlier, last = stored_models(platform)
    assert last == "gold_p_timeseries"

    def everything_says_what_it_said(model: str) -> None:
        for story in STORIES:
            assert reader.state(story) == before[story], f"{story} after {model}"
            assert reader.version(story) in (versions[story], None), f"{story} after {model}"

    done = run_dbt(platform, folder, "run", "--select", *earlier, after_each=everything_says_what_it_said)
    assert set(done) == set(earlier)
    run_dbt(platform, folder, "run", "--select", last)

    after = {story: reader.state(story) for story in STORIES}
    assert after != before
    with platform.connect("postgres") as connection:
        assert connection.execute("select model from bronze.pending_changes").fetchall() == []


def test_a_series_is_not_published_while_a_change_has_still_to_go_through_an_earlier_model(
    platform: Platform, market: Market, folder: Path
) -> None:
    reader = Reader(platform)
    market.trade(STORIES[1], "BBB", "BUY", 8, 4)
    run_dbt(platform, folder, "run", "--select", "stg_transactions")
    before = reader.state(STORIES[1])

    run_dbt(platform, folder, "run", "--select", "gold_p_timeseries")

    assert reader.state(STORIES[1]) == before
    with platform.connect("postgres") as connection:
        left = connection.execute("select distinct model from bronze.pending_changes order by 1").fetchall()
    assert left == [("gold_p_timeseries",), ("int_position_intervals",)]

    run_dbt(platform, folder, "run", "--select", "int_position_intervals")
    run_dbt(platform, folder, "run", "--select", "gold_p_timeseries")
    assert reader.state(STORIES[1]) != before


REVISION = """
insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
select series_id, observation_date, value + 0.0001, realtime_start + 5, 'vintage', 'test'
from bronze.raw_fred
where series_id = 'CPIAUCSL' and observation_date = '2023-01-01'
"""


def test_a_revision_that_changes_no_regime_rebuilds_no_series(platform: Platform, market: Market, folder: Path) -> None:
    built = 'select user_id, max(built_at) from "default".gold_p_timeseries group by user_id order by user_id'
    with platform.connect("postgres", autocommit=True) as connection:
        run_dbt(platform, folder, "run")
        series = connection.execute(built).fetchall()
        levels = connection.execute('select price_level from "default".fct_macro_regimes order by date_day').fetchall()
        connection.execute(REVISION)
        run_dbt(platform, folder, "run")

        assert connection.execute(built).fetchall() == series != []
        revised = connection.execute('select price_level from "default".fct_macro_regimes order by date_day')
        assert revised.fetchall() != levels
