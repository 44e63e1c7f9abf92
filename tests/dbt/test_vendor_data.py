"""Real prices and macro series, as two vendors have them."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby, pairwise
from statistics import median
from typing import Any, Literal

import psycopg
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
import pytest

from ingestion.macro.series import definition
from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt
from tests.support.platform import Platform
from tests.support.real_data import FOLDER, needs_real_data

SERIES = ("INDPRO", "CPILFESL", "CPIAUCSL", "UNRATE", "CFNAI", "TB3MS")
SINCE = date(2014, 1, 2)
# Closes as they were quoted on the last day before a split.
AS_TRADED = {
    ("AAPL", date(2014, 6, 6)): 645.57,
    ("AAPL", date(2020, 8, 28)): 499.23,
    ("NVDA", date(2024, 6, 7)): 1208.88,
    ("TSLA", date(2020, 8, 28)): 2213.40,
    ("TSLA", date(2022, 8, 24)): 891.29,
}

Closes = dict[date, float]
Actions = dict[Literal["split", "dividend"], dict[date, float]]

pytestmark = needs_real_data


def closes(file: str, ticker: str) -> Closes:
    table = pyarrow.parquet.read_table(FOLDER / "equities" / file, columns=["ticker", "date", "close"])
    rows = table.filter((pc.field("ticker") == ticker) & (pc.field("date") >= SINCE)).to_pylist()
    return {row["date"].date(): row["close"] for row in rows}


def actions(file: str, ticker: str) -> Actions:
    found: Actions = {"split": {}, "dividend": {}}
    for row in pyarrow.csv.read_csv(FOLDER / "equities" / file).to_pylist():
        if row["ticker"] == ticker:
            found[row["type"]][row["ex_date"]] = row["value"]
    return found


def later_splits(splits: Mapping[date, float], day: date) -> float:
    """What one share of `day` has become."""
    factor = 1.0
    for ex_date, ratio in splits.items():
        factor *= ratio if ex_date > day else 1
    return factor


def list_with_actions(bronze: Bronze, ticker: str, basis: str, prices: Closes, found: Actions) -> None:
    bronze.listing(
        ticker,
        {day.isoformat(): repr(close) for day, close in prices.items()},
        basis=basis,
        split={day.isoformat(): repr(ratio) for day, ratio in found["split"].items()},
        dividend={day.isoformat(): repr(amount) for day, amount in found["dividend"].items()},
    )


def write_prices(bronze: Bronze) -> None:
    """Apple thrice: as Yahoo gives it, the same figures as they were traded, and another vendor's, as traded."""
    for ticker in ("AAPL", "NVDA", "TSLA"):
        given, found = closes("yahoo_daily.parquet", ticker), actions("yahoo_actions.csv", ticker)
        list_with_actions(bronze, ticker, "split_adjusted", given, found)
        if ticker == "AAPL":
            traded = {day: close * later_splits(found["split"], day) for day, close in given.items()}
            paid = {day: amount * later_splits(found["split"], day) for day, amount in found["dividend"].items()}
            list_with_actions(bronze, "AAPL.TRADED", "as_traded", traded, {"split": found["split"], "dividend": paid})
    lean = closes("lean_daily_raw.parquet", "AAPL")
    list_with_actions(bronze, "AAPL.LEAN", "as_traded", lean, actions("lean_actions.csv", "AAPL"))
    for ticker in ("AAPL", "AAPL.TRADED", "AAPL.LEAN"):
        bronze.buy(ticker, ticker, 10, "645.57", "2014-06-06")
        bronze.sell(ticker, ticker, 35, "499.23", "2020-08-28")


def write_series(connection: psycopg.Connection[Any]) -> None:
    table = pyarrow.parquet.read_table(FOLDER / "macro" / "fred_long.parquet")
    target = "bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)"
    with connection.cursor() as cursor, cursor.copy(f"copy {target} from stdin") as copy:
        for row in table.filter(pc.field("series_id").isin(SERIES) & ~pc.field("value").is_nan()).to_pylist():
            day = row["date"].date()
            known = definition(row["series_id"]).published_on(day)
            copy.write_row((row["series_id"], day, row["value"], known, "publication_lag", "test"))


@pytest.fixture(scope="module")
def marts(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> psycopg.Connection[Any]:
    """A connection to marts built from the vendors' data."""
    with platform.connect("postgres") as connection:
        write_prices(Bronze(connection))
        write_series(connection)
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build")
    return platform.connect("macrofolio_dbt", autocommit=True)


def column(marts: psycopg.Connection[Any], query: str, *arguments: Any) -> dict[Any, Any]:
    return dict(marts.execute(query, arguments).fetchall())


def bars(marts: psycopg.Connection[Any], ticker: str, value: str = "close") -> Closes:
    query = f'select price_date, {value}::float8 from "default".int_daily_prices where ticker = %s and is_trading_day'
    return column(marts, query, ticker)


def daily_returns(marts: psycopg.Connection[Any], story: str) -> Closes:
    query = """
        select as_of_date, daily_return from "default".gold_p_timeseries
        where user_id = %s and daily_return is not null order by as_of_date
    """
    return column(marts, query, user(story))


@pytest.mark.parametrize(("ticker", "day"), AS_TRADED)
def test_split_adjusted_prices_become_what_was_traded(marts: psycopg.Connection[Any], ticker: str, day: date) -> None:
    # Yahoo rounds to 6 decimals after dividing by all later splits.
    assert bars(marts, ticker)[day] == pytest.approx(AS_TRADED[ticker, day], rel=1e-6)


def test_one_history_on_either_basis_is_one_history(marts: psycopg.Connection[Any]) -> None:
    adjusted, traded = bars(marts, "AAPL", "unit_price"), bars(marts, "AAPL.TRADED", "unit_price")

    assert adjusted == pytest.approx(traded, rel=1e-12)
    assert len(adjusted) > 3000
    assert daily_returns(marts, "AAPL") == pytest.approx(daily_returns(marts, "AAPL.TRADED"), rel=1e-9, abs=1e-12)


def test_quantity_and_value_run_through_both_splits(marts: psycopg.Connection[Any]) -> None:
    query = """
        select holding_date, quantity::float8, market_value::float8 from "default".int_holding_values where user_id = %s
    """
    held = {day: (quantity, value) for day, quantity, value in marts.execute(query, [user("AAPL")])}

    days = ("2014-06-06", "2014-06-08", "2014-06-09", "2020-08-27", "2020-08-28", "2020-08-30", "2020-08-31")
    quantities = [held[date.fromisoformat(day)][0] for day in days]
    assert quantities == [10, 10, 70, 70, 35, 35, 140]
    # 10 x 645.57; 70 x 93.70; 140 x 129.04
    assert held[date(2014, 6, 6)][1] == pytest.approx(6455.70, rel=1e-6)
    assert held[date(2014, 6, 9)][1] == pytest.approx(6559.00, rel=1e-5)
    assert held[date(2020, 8, 31)][1] == pytest.approx(18065.60, rel=1e-5)


def test_two_vendors_agree_on_either_side_of_a_split(marts: psycopg.Connection[Any]) -> None:
    yahoo, lean = bars(marts, "AAPL"), bars(marts, "AAPL.LEAN")

    # The vendors take different prints for the close on some days: these are facts of theirs, not of splits.
    agreed = [day for day, close in lean.items() if yahoo[day] == pytest.approx(close, rel=1e-6)]
    assert len(agreed) / len(lean) > 0.9
    assert {date(2014, 6, 6), date(2014, 6, 9), date(2020, 8, 28), date(2020, 8, 31)} <= set(agreed)
    # LEAN's history of splits begins after the one of 1987, 2:1: its units are twice Yahoo's, and worth half.
    units = bars(marts, "AAPL", "unit_price"), bars(marts, "AAPL.LEAN", "unit_price")
    assert {day: units[0][day] for day in agreed} == pytest.approx({day: 2 * units[1][day] for day in agreed}, rel=1e-6)


def test_two_vendors_give_the_same_returns_across_splits(marts: psycopg.Connection[Any]) -> None:
    yahoo, lean = daily_returns(marts, "AAPL"), daily_returns(marts, "AAPL.LEAN")

    for day in (date(2014, 6, 9), date(2020, 8, 28), date(2020, 8, 31)):
        assert yahoo[day] == pytest.approx(lean[day], abs=1e-6)
    # 92.22 -> 93.70 and 124.81 -> 129.04, in shares of after the splits
    assert yahoo[date(2014, 6, 9)] == pytest.approx(0.01600, abs=1e-4)
    assert yahoo[date(2020, 8, 31)] == pytest.approx(0.03391, abs=1e-4)


def months(marts: psycopg.Connection[Any], name: str) -> list[tuple[str, bool]]:
    """State on the first of each month of 1980 to 2025, and whether the NBER calls the month a recession."""
    query = f"""
        select {name}, is_recession from "default".fct_macro_regimes
        where date_day between '1980-01-01' and '2025-12-31' and extract(day from date_day) = 1 and {name} is not null
        order by date_day
    """
    return marts.execute(query).fetchall()


@pytest.mark.parametrize("basis", ["regime", "regime_revised"])
def test_regimes_last_for_months(marts: psycopg.Connection[Any], basis: str) -> None:
    states = [state for state, _ in months(marts, basis)]
    stays = [len(list(stay)) for _, stay in groupby(states)]

    assert len(states) / 12 > 45
    assert (len(stays) - 1) / (len(states) / 12) == pytest.approx(1.46, abs=0.02)
    assert median(stays) == 8
    assert stays.count(1) == 1
    assert all(before != after for before, after in pairwise(state for state, _ in groupby(states)))


def test_the_phase_finds_recession_months_by_the_month_described(marts: psycopg.Connection[Any]) -> None:
    found = months(marts, "phase_revised")
    both = found.count(("contractionary", True))

    assert both / sum(is_recession for _, is_recession in found) == pytest.approx(52 / 58, abs=0.01)
    assert both / sum(phase == "contractionary" for phase, _ in found) == pytest.approx(52 / 99, abs=0.01)


def test_the_phase_is_later_when_it_may_only_know_what_was_published(marts: psycopg.Connection[Any]) -> None:
    query = """
        select count(*) filter (where phase = 'contractionary' and is_recession)::float8 as both,
            count(*) filter (where is_recession), count(*) filter (where phase = 'contractionary')
        from "default".fct_macro_regimes where date_day between '1980-01-01' and '2025-12-31' and phase is not null
    """
    ((both, recession, contractionary),) = marts.execute(query).fetchall()

    assert both / recession == pytest.approx(0.754, abs=0.005)
    assert both / contractionary == pytest.approx(0.448, abs=0.005)


def test_recessions_are_the_nbers(marts: psycopg.Connection[Any]) -> None:
    table = pyarrow.parquet.read_table(FOLDER / "macro" / "fred_long.parquet")
    rows = table.filter((pc.field("series_id") == "USREC") & (pc.field("value") == 1)).to_pylist()
    official = {row["date"].date() for row in rows if row["date"].date() >= date(1980, 1, 1)}

    query = """
        select date_day, true from "default".fct_macro_regimes
        where is_recession and extract(day from date_day) = 1 and date_day >= '1980-01-01'
    """
    assert set(column(marts, query)) == official
