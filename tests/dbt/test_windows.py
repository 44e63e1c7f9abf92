"""Every window's figures against independent implementations on the same series, and periods worked by hand."""

from datetime import date, timedelta
from itertools import groupby
from math import prod
from typing import Any

import empyrical
import numpy as np
import pytest
import pyxirr
from psycopg.rows import dict_row

from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.dbt.yearly import bills, equal_to, growth_a_year, periods_a_year
from tests.support.platform import Platform

START, END = date(2015, 3, 2), date(2024, 2, 29)  # a Monday, and a leap day
WEEKDAYS = [day for number in range((END - START).days + 1) if (day := START + timedelta(days=number)).weekday() < 5]
MONTHS = [date(2014 + number // 12, number % 12 + 1, 1) for number in range(122)]
WALK = np.random.default_rng(5)
LAG_DAYS = 40
# The close whose value a window starts from.
STARTS = {
    "all": START - timedelta(days=1),
    "ytd": date(2023, 12, 31),
    "1y": date(2023, 2, 28),
    "3y": date(2021, 2, 28),
    "5y": date(2019, 2, 28),
}
windows = pytest.mark.parametrize("window", STARTS)


def walk(start: float, days: list[date], spread: float) -> dict[date, float]:
    steps = np.cumprod(1 + WALK.normal(0.0003, spread, len(days)))
    return {day: round(float(start * step), 4) for day, step in zip(days, steps, strict=True)}


INDEX = walk(1000, WEEKDAYS, 0.01)
SHARE = {day: round(close * float(1 + WALK.normal(0, 0.004)), 4) for day, close in INDEX.items()}
OTHER = walk(20, WEEKDAYS, 0.02)
BILL = {month: round(float(WALK.uniform(0.1, 5)), 2) for month in MONTHS}
SHOP = walk(200, MONTHS, 0.004)


def known(series: dict[date, float], day: date) -> float:
    """The newest value published by that day."""
    return series[max(month for month in series if month + timedelta(days=LAG_DAYS) <= day)]


def write_macro(bronze: Bronze) -> None:
    series = {
        "TB3MS": BILL,
        "CPIAUCSL": SHOP,
        "CPILFESL": walk(200, MONTHS, 0.01),
        "INDPRO": walk(100, MONTHS, 0.01),
        "UNRATE": walk(6, MONTHS, 0.03),
    }
    published = {month.isoformat(): (month + timedelta(days=LAG_DAYS)).isoformat() for month in MONTHS}
    for series_id, values in series.items():
        bronze.series(series_id, {month.isoformat(): value for month, value in values.items()}, published)


def write_portfolios(bronze: Bronze) -> None:
    for ticker, closes in (("^IDX", INDEX), ("SHRE", SHARE)):
        bronze.listing(ticker, {day.isoformat(): close for day, close in closes.items()})
    paid = {day.isoformat(): 0.1 for day in WEEKDAYS[60::63]}
    bronze.listing("OTHR", {day.isoformat(): close for day, close in OTHER.items()}, dividend=paid)
    bronze.portfolio("nine years", benchmark="^IDX")
    for number, day in enumerate(WEEKDAYS[::97]):
        ticker, closes = (("SHRE", SHARE), ("OTHR", OTHER))[number % 2]
        bronze.buy("nine years", ticker, 3, closes[day], day.isoformat(), fees=1)
        if number % 5 == 4:
            bronze.sell("nine years", ticker, 2, closes[day], day.isoformat(), fees=1)
    # Bought on a Saturday at another price than Friday's: the purchase is part of Monday's return.
    bronze.buy("nine years", "OTHR", 2, 15, "2022-06-04")
    write_periods(bronze)


def write_periods(bronze: Bronze) -> None:
    """Closes of two weeks and three months, and of one month that began last year."""
    weeks = {"2024-01-29": 100, "2024-01-31": 110, "2024-02-01": 99, "2024-02-05": 108.9, "2024-02-09": 119.79}
    bronze.listing("PERI", weeks | {"2024-02-12": 107.811, "2024-03-01": 107.811})
    bronze.buy("three months", "PERI", 1, 100, "2024-01-29")
    bronze.listing("YEAR", {"2023-12-28": 100, "2023-12-29": 80, "2024-01-02": 88})
    bronze.buy("over new year", "YEAR", 1, 100, "2023-12-28")


@pytest.fixture(scope="module")
def marts(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    with platform.connect("postgres") as connection:
        write_macro(Bronze(connection))
        write_portfolios(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude", "resource_type:unit_test")
    return Marts(platform)


def figures(marts: Marts, story: str) -> dict[str, dict[str, Any]]:
    return {row["time_window"]: row for row in marts.rows("gold_performance_windows", story)}


@pytest.fixture(scope="module")
def nine_years(marts: Marts) -> dict[str, dict[str, Any]]:
    return figures(marts, "nine years")


@pytest.fixture(scope="module")
def series(marts: Marts) -> list[dict[str, Any]]:
    return marts.rows("gold_p_timeseries", "nine years")


def returns_after(series: list[dict[str, Any]], start: date) -> dict[date, float]:
    return {
        day["as_of_date"]: day["daily_return"]
        for day in series
        if day["as_of_date"] > start and day["daily_return"] is not None
    }


def test_a_portfolio_has_the_windows_that_it_is_old_enough_for(nine_years: dict[str, dict[str, Any]]) -> None:
    assert {window: row["from_date"] - timedelta(days=1) for window, row in nine_years.items()} == STARTS
    assert {row["as_of_date"] for row in nine_years.values()} == {END}


@windows
def test_the_same_days_have_the_same_figures_to_the_last_digit(
    marts: Marts, nine_years: dict[str, dict[str, Any]], window: str
) -> None:
    fixed = nine_years[window]
    query = 'select * from "default".performance_between(%s, %s, %s)'
    with marts.platform.connect("macrofolio_dbt", row_factory=dict_row) as connection:
        (row,) = connection.execute(query, [fixed["user_id"], fixed["from_date"], fixed["as_of_date"]]).fetchall()

    assert row == fixed | {"time_window": "custom"}


@windows
def test_a_windows_ratios_equal_empyricals(
    nine_years: dict[str, dict[str, Any]], series: list[dict[str, Any]], window: str
) -> None:
    row, own = nine_years[window], returns_after(series, STARTS[window])
    moves = np.array(list(own.values()))
    dates = [day["as_of_date"] for day in series if day["daily_return"] is not None]
    paid = dict(zip(dates, bills([known(BILL, day) / 100 for day in dates], dates), strict=True))
    rates = np.array([paid[day] for day in own])
    span = (END - max(STARTS[window], START)).days
    yearly = {"annualization": periods_a_year(list(own), span)}
    growth = growth_a_year(prod(1 + moves), span)

    expected = {
        "time_weighted_return": prod(1 + moves) - 1,
        "cagr": growth,
        "volatility": empyrical.annual_volatility(moves, **yearly),
        "sharpe": empyrical.sharpe_ratio(moves - rates, **yearly),
        "sortino": empyrical.sortino_ratio(moves - rates, **yearly),
        "calmar": growth and growth / abs(empyrical.max_drawdown(moves)),
        "periods_a_year": 252,
        "max_drawdown": empyrical.max_drawdown(moves),
        "excess_return": prod(1 + moves) - prod(1 + rates),
        "best_day": moves.max(),
        "worst_day": moves.min(),
        "win_rate": (moves > 0).mean(),
        "trading_days": len(moves),
    }
    assert {name: row[name] for name in expected} == {name: equal_to(value) for name, value in expected.items()}
    assert own[row["best_day_date"]] == row["best_day"]
    assert own[row["worst_day_date"]] == row["worst_day"]


@windows
def test_a_windows_benchmark_starts_with_the_same_close(
    nine_years: dict[str, dict[str, Any]], series: list[dict[str, Any]], window: str
) -> None:
    row, own = nine_years[window], returns_after(series, STARTS[window])
    before = {day: WEEKDAYS[number - 1] for number, day in enumerate(WEEKDAYS) if number > 0}
    days = [day for day in own if day in before]
    index = np.array([INDEX[day] / INDEX[before[day]] - 1 for day in days])
    moves = np.array([own[day] for day in days])

    assert row["benchmark_return"] == pytest.approx(prod(1 + index) - 1, rel=1e-9)
    assert row["beta"] == pytest.approx(empyrical.beta(moves, index), rel=1e-9)
    assert row["correlation"] == pytest.approx(np.corrcoef(moves, index)[0, 1], rel=1e-9)
    inflation = known(SHOP, END) / known(SHOP, max(STARTS[window], START))
    assert row["real_return"] == pytest.approx((1 + row["time_weighted_return"]) / inflation - 1, rel=1e-9)


@windows
def test_a_windows_money_starts_with_the_value_before_it(
    nine_years: dict[str, dict[str, Any]], series: list[dict[str, Any]], window: str
) -> None:
    row, start = nine_years[window], STARTS[window]
    start_value = next((day["market_value"] for day in series if day["as_of_date"] == start), 0)
    days = [day for day in series if day["as_of_date"] > start]
    flows = {day["as_of_date"]: day["outflow"] + day["income"] - day["inflow"] for day in days}
    inflow, end_value = sum(day["inflow"] for day in days), days[-1]["market_value"]
    profit = end_value + sum(flows.values()) - start_value

    assert (row["start_value"], row["end_value"], row["inflow"]) == (start_value, end_value, inflow)
    assert float(row["total_pnl"]) == pytest.approx(float(profit), rel=1e-12)
    assert row["simple_return"] == pytest.approx(float(profit / (start_value + inflow)), rel=1e-9)
    flows[END] += end_value
    amounts = [-float(start_value), *map(float, flows.values())]
    assert row["money_weighted_return"] == pytest.approx(pyxirr.xirr([start, *flows], amounts), rel=1e-8)


@windows
@pytest.mark.parametrize("period", ["week", "month"])
def test_a_windows_periods_compound_its_days(
    nine_years: dict[str, dict[str, Any]], series: list[dict[str, Any]], window: str, period: str
) -> None:
    row, own = nine_years[window], returns_after(series, STARTS[window])

    def first_day(day: date) -> date:
        return day - timedelta(days=day.weekday()) if period == "week" else day.replace(day=1)

    periods = {first: prod(1 + own[day] for day in days) - 1 for first, days in groupby(own, first_day)}
    best, worst = max(periods, key=periods.__getitem__), min(periods, key=periods.__getitem__)
    assert (row[f"best_{period}_date"], row[f"worst_{period}_date"]) == (best, worst)
    assert row[f"best_{period}"] == pytest.approx(periods[best], rel=1e-9)
    assert row[f"worst_{period}"] == pytest.approx(periods[worst], rel=1e-9)
    if period == "month":
        share = sum(growth > 0 for growth in periods.values()) / len(periods)
        assert row["monthly_win_rate"] == pytest.approx(share, rel=1e-12)


def test_the_whole_series_is_the_portfolios_performance(marts: Marts, nine_years: dict[str, dict[str, Any]]) -> None:
    performance, window = marts.row("gold__performance", "nine years"), nine_years["all"]

    shared = performance.keys() & window.keys()
    assert len(shared) > 30
    assert {name: performance[name] for name in shared} == {name: window[name] for name in shared}
    assert performance["market_value"] == window["end_value"]
    assert performance["net_invested"] == window["inflow"] - window["outflow"]


def test_best_and_worst_weeks_and_months_by_hand(marts: Marts) -> None:
    performance = marts.row("gold__performance", "three months")

    # Days: 0, 10 %, -10 %; then 10 %, 10 %; then -10 %, and 0 in March.
    # Weeks: 1.1 x 0.9 = 0.99; 1.1 x 1.1 = 1.21; 0.9; 1. Months: 1.1; 0.9 x 1.21 x 0.9 = 0.9801; 1.
    assert performance["best_week"] == pytest.approx(0.21, abs=1e-12)
    assert performance["worst_week"] == pytest.approx(-0.1, abs=1e-12)
    assert performance["best_month"] == pytest.approx(0.1, abs=1e-12)
    assert performance["worst_month"] == pytest.approx(-0.0199, abs=1e-12)
    assert performance["best_week_date"] == date(2024, 2, 5)
    assert performance["worst_week_date"] == date(2024, 2, 12)
    assert performance["best_month_date"] == date(2024, 1, 1)
    assert performance["worst_month_date"] == date(2024, 2, 1)
    assert performance["win_rate"] == pytest.approx(3 / 7, abs=1e-12)
    assert performance["monthly_win_rate"] == pytest.approx(1 / 3, abs=1e-12)


def test_this_year_starts_with_the_close_of_last_year(marts: Marts) -> None:
    rows = figures(marts, "over new year")

    assert set(rows) == {"all", "ytd"}
    # 100 -> 80 in December, 80 -> 88 in January
    assert rows["ytd"]["from_date"] == date(2024, 1, 1)
    assert (rows["ytd"]["start_value"], rows["ytd"]["end_value"], rows["ytd"]["total_pnl"]) == (80, 88, 8)
    assert rows["ytd"]["time_weighted_return"] == pytest.approx(0.1, abs=1e-12)
    assert rows["ytd"]["simple_return"] == pytest.approx(0.1, abs=1e-12)
    assert rows["ytd"]["max_drawdown"] == 0
    assert rows["all"]["time_weighted_return"] == pytest.approx(-0.12, abs=1e-12)
    assert rows["all"]["max_drawdown"] == pytest.approx(-0.2, abs=1e-12)
    # The week from 2024-01-01 has one trading day here; the week of Christmas none in this window.
    assert rows["ytd"]["worst_week"] == rows["ytd"]["best_week"] == pytest.approx(0.1, abs=1e-12)


def test_this_year_is_the_whole_series_of_a_portfolio_that_began_in_it(marts: Marts) -> None:
    rows = figures(marts, "three months")

    assert set(rows) == {"all", "ytd"}
    assert rows["ytd"]["from_date"] == date(2024, 1, 29)
    named = {"time_window": ""}
    assert rows["ytd"] | named == rows["all"] | named
