"""Figures "a year" go by elapsed time, however often something is priced, and only where returns are known."""

from datetime import date, timedelta
from statistics import stdev
from typing import Any

import numpy as np
import pytest

from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.support.platform import Platform

FIRST, LAST = date(2023, 6, 28), date(2024, 6, 28)  # a Wednesday, and a Friday 366 days later
EVERY_DAY = [FIRST + timedelta(days=number) for number in range(367)]
WEEKDAYS = [day for day in EVERY_DAY if day.weekday() < 5]
WALK = np.random.default_rng(3)
SHARE = dict(zip(WEEKDAYS, (100 * np.cumprod(1 + WALK.normal(0.002, 0.01, len(WEEKDAYS)))).round(4), strict=True))
COIN = dict(zip(EVERY_DAY, (50 * np.cumprod(1 + WALK.normal(0, 0.05, len(EVERY_DAY)))).round(4), strict=True))
MONTH_ENDS = [date(2022 + number // 12, number % 12 + 1, 1) - timedelta(days=1) for number in range(1, 26)]
FUND = {day: 100 * 1.03 ** ((number + 1) // 2) * 0.99 ** (number // 2) for number, day in enumerate(MONTH_ENDS)}
FRIDAYS = [date(2022, 1, 7) + timedelta(weeks=number) for number in range(105)]


def by_day(closes: dict[date, Any]) -> dict[str, str]:
    return {day.isoformat(): f"{close:.8f}" for day, close in closes.items()}


def doubling(days: list[date]) -> dict[date, float]:
    return dict.fromkeys(days, 100.0) | {LAST: 200.0}


def write(bronze: Bronze) -> None:
    bronze.listing("DBL-USD", by_day(doubling(EVERY_DAY)))
    bronze.listing("DBL", by_day(doubling(WEEKDAYS)))
    bronze.buy("a coin doubles", "DBL-USD", 10, 100, FIRST.isoformat())
    for story in ("a share doubles", "a share doubles beside a little coin"):
        bronze.buy(story, "DBL", 10, 100, FIRST.isoformat())
    bronze.buy("a share doubles beside a little coin", "DBL-USD", "0.0045", 100, FIRST.isoformat())
    bronze.listing("WALK", by_day(SHARE))
    bronze.listing("WALK-USD", by_day(COIN))
    for story in ("a share walks", "a share walks beside a little coin"):
        bronze.buy(story, "WALK", 10, SHARE[FIRST], FIRST.isoformat())
    bronze.buy("a share walks beside a little coin", "WALK-USD", "0.01", COIN[FIRST], FIRST.isoformat())
    bronze.listing("FUND", by_day(FUND))
    bronze.buy("a fund priced each month", "FUND", 1, 100, MONTH_ENDS[0].isoformat())
    bronze.listing("WEEK", by_day({day: 100.0 + number % 2 for number, day in enumerate(FRIDAYS)}))
    bronze.buy("a fund priced each week", "WEEK", 1, 100, FRIDAYS[0].isoformat())
    bronze.buy("364 days", "DBL", 1, 100, "2023-06-30")
    bronze.buy("365 days", "DBL", 1, 100, "2023-06-29")
    bronze.listing("DAYS", {"2024-01-08": 100, "2024-01-09": 101, "2024-01-10": 100, "2024-01-12": 102})
    bronze.buy("Monday to Friday", "DAYS", 1, 100, "2024-01-08")
    write_gaps(bronze)


def write_gaps(bronze: Bronze) -> None:
    """Sold whole after a year, bought again a year later; and prices that begin long after the purchase."""
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(4 * 365)]
    closes = dict.fromkeys(days, 100.0) | {date(2021, 1, 1): 150.0, date(2023, 1, 1): 200.0}
    bronze.listing("GAPS", by_day(closes))
    bronze.buy("a year of nothing", "GAPS", 1, 100, "2020-01-01")
    bronze.sell("a year of nothing", "GAPS", 1, 150, "2021-01-01")
    bronze.buy("a year of nothing", "GAPS", 1, 100, "2022-01-01")
    bronze.sell("a year of nothing", "GAPS", 1, 200, "2023-01-01")
    late = {day: 2000.0 + number for number, day in enumerate(days) if day >= date(2021, 6, 1)}
    bronze.listing("LATE", by_day(late))
    bronze.listing("EVEN", by_day(dict.fromkeys(days, 10.0)))
    bronze.buy("bought before its prices", "LATE", 1, 100, "2020-01-01")
    for story in ("a part before its prices", "sold before its prices"):
        bronze.buy(story, "EVEN", 1, 10, "2020-01-01")
        bronze.buy(story, "LATE", 1, 100, "2021-05-01")
    bronze.sell("sold before its prices", "LATE", 1, 110, "2021-05-20")
    bronze.buy("bought on the first day with a price", "LATE", 1, 2500, "2021-06-01")


@pytest.fixture(scope="module")
def marts(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    with platform.connect("postgres") as connection:
        write(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    return Marts(platform)


@pytest.mark.parametrize(
    ("story", "periods"),
    [("a coin doubles", 365), ("a share doubles", 252), ("a share doubles beside a little coin", 252)],
)
def test_who_doubles_money_in_366_days_earned_100_percent_a_year(marts: Marts, story: str, periods: int) -> None:
    performance = marts.row("gold__performance", story)

    assert performance["cagr"] == pytest.approx(2 ** (365.25 / 366) - 1, rel=1e-9)
    assert performance["money_weighted_return"] == pytest.approx(2 ** (365 / 366) - 1, rel=1e-8)
    assert performance["periods_a_year"] == periods


def test_a_little_coin_changes_nothing(marts: Marts) -> None:
    alone = marts.row("gold__performance", "a share walks")
    beside = marts.row("gold__performance", "a share walks beside a little coin")

    for figure in ("trading_days", "periods_a_year", "best_day_date", "worst_day_date", "monthly_win_rate"):
        assert beside[figure] == alone[figure], figure
    for figure in ("cagr", "volatility", "sharpe", "sortino", "calmar", "win_rate", "best_day", "best_week"):
        assert beside[figure] == pytest.approx(alone[figure], rel=0.02), figure


def test_a_fund_priced_each_month_scatters_by_the_month(marts: Marts) -> None:
    performance = marts.row("gold__performance", "a fund priced each month")
    returns = [0.0, *([0.03, -0.01] * 12)]

    assert (performance["trading_days"], performance["periods_a_year"]) == (25, 12)
    assert performance["volatility"] == pytest.approx(stdev(returns) * 12**0.5, rel=1e-6)
    days = (MONTH_ENDS[-1] - MONTH_ENDS[0]).days
    assert performance["cagr"] == pytest.approx((1.03 * 0.99) ** (12 * 365.25 / days) - 1, rel=1e-6)


def test_a_fund_priced_each_week_scatters_by_the_week(marts: Marts) -> None:
    assert marts.row("gold__performance", "a fund priced each week")["periods_a_year"] == 52


def test_less_than_a_year_is_not_told_by_the_year(marts: Marts) -> None:
    young, old = marts.row("gold__performance", "364 days"), marts.row("gold__performance", "365 days")

    assert (young["cagr"], young["calmar"], young["time_weighted_return"]) == (None, None, 1)
    assert old["cagr"] == pytest.approx(2 ** (365.25 / 365) - 1, rel=1e-9)


def test_four_days_of_a_week_are_no_coin(marts: Marts) -> None:
    performance = marts.row("gold__performance", "Monday to Friday")
    returns = [0, 0.01, 100 / 101 - 1, 0.02]

    # Four returns in four days, none at a weekend.
    assert performance["periods_a_year"] == 252
    assert performance["volatility"] == pytest.approx(stdev(returns) * 252**0.5, rel=1e-9)


def test_time_in_which_nothing_was_held_is_no_time(marts: Marts) -> None:
    performance = marts.row("gold__performance", "a year of nothing")

    # 100 -> 150 in 366 days, then 100 -> 200 in 365.
    assert performance["time_weighted_return"] == pytest.approx(2, rel=1e-9)
    assert performance["cagr"] == pytest.approx(3 ** (365.25 / 731) - 1, rel=1e-9)
    assert performance["periods_a_year"] == 365


def test_before_its_first_price_a_holding_has_no_return(marts: Marts) -> None:
    performance = marts.row("gold__performance", "bought before its prices")
    days = marts.days("bought before its prices")

    unknown = ("time_weighted_return", "cagr", "volatility", "sharpe", "best_day", "best_week", "max_drawdown")
    assert {performance[figure] for figure in unknown} == {None}
    assert performance["tickers_without_price"] == "LATE"
    assert performance["total_pnl"] == performance["market_value"] - 100
    assert performance["money_weighted_return"] > 1
    # The first close is no return of the cost; the next day has one.
    assert days["2021-06-01"]["daily_return"] is None
    assert days["2021-06-02"]["daily_return"] == pytest.approx(2518 / 2517 - 1, rel=1e-9)


def test_a_window_that_begins_with_prices_is_known(marts: Marts) -> None:
    rows = {row["time_window"]: row for row in marts.rows("gold_performance_windows", "bought before its prices")}
    index = [row["total_return_index"] for row in marts.rows("gold_ticker_timeseries", "bought before its prices", "3")]

    assert (rows["all"]["time_weighted_return"], rows["all"]["tickers_without_price"]) == (None, "LATE")
    assert rows["1y"]["time_weighted_return"] == pytest.approx(3459 / 3094 - 1, rel=1e-9)
    assert rows["1y"]["tickers_without_price"] is None
    # The ticker's index begins with its first known return: 2517 on the first day with a price, 3459 on the last.
    assert [value for value in index if value is not None][-1] == pytest.approx(3459 / 2517, rel=1e-9)


@pytest.mark.parametrize("story", ["a part before its prices", "sold before its prices"])
def test_one_holding_at_cost_leaves_the_whole_unknown_while_it_does(marts: Marts, story: str) -> None:
    days = marts.days(story)
    last = {"a part before its prices": "2021-06-01", "sold before its prices": "2021-05-20"}[story]
    unknown = [day for day, row in days.items() if row["is_trading_day"] and row["daily_return"] is None]

    assert (unknown[0], unknown[-1]) == ("2021-05-01", last)
    assert len(unknown) == (date.fromisoformat(last) - date(2021, 5, 1)).days + 1
    assert marts.row("gold__performance", story)["tickers_without_price"] == "LATE"


def test_bought_on_the_first_day_with_a_price_everything_is_known(marts: Marts) -> None:
    performance = marts.row("gold__performance", "bought on the first day with a price")

    assert performance["time_weighted_return"] == pytest.approx(3459 / 2500 - 1, rel=1e-9)
    assert performance["tickers_without_price"] is None
