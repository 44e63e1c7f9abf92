"""Portfolios against an index, the bill rate, prices in the shops and other currencies, worked independently."""

from datetime import date, timedelta
from math import exp, prod, sqrt
from statistics import NormalDist
from typing import Any
from uuid import UUID

import empyrical
import numpy as np
import pytest

from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.dbt.yearly import bills, equal_to, growth_a_year, periods_a_year
from tests.support.platform import Platform

START, DAYS = date(2010, 1, 4), 250  # a Monday
WEEKDAYS = [day for number in range(DAYS) if (day := START + timedelta(days=number)).weekday() < 5]
MONTHS = [date(2006 + number // 12, number % 12 + 1, 1) for number in range(60)]
LAG = 10
WALK = np.random.default_rng(11)


def walk(start: float, days: list[date], spread: float) -> dict[date, float]:
    steps = np.cumprod(1 + WALK.normal(0, spread, len(days)))
    return {day: round(float(start * step), 4) for day, step in zip(days, steps, strict=True)}


INDEX = walk(1000, WEEKDAYS, 0.01)
SHARE = {day: round(close * float(1 + WALK.normal(0, 0.005)), 4) for day, close in INDEX.items()}
EURO = walk(1.3, WEEKDAYS, 0.005)
POUND = walk(1.6, WEEKDAYS, 0.005)
PENCE = walk(500, WEEKDAYS, 0.02)
EVERY_DAY = [START + timedelta(days=number) for number in range(DAYS + 2)]  # to a Sunday
COIN = walk(50, EVERY_DAY, 0.03)
BILL = {month: round(float(WALK.uniform(0.1, 5)), 2) for month in MONTHS}
SHOP = walk(200, MONTHS[:-2], 0.004)  # the statisticians stop two months earlier
# Last bill rate published on 2011-01-10, last price level on 2010-11-10: known for 183 days, to 07-12 and to 05-12.
AFTER_THE_MACRO_DATA = {
    "both are known": "2011-05-12",
    "the price level is too old": "2011-05-13",
    "the rate is not too old yet": "2011-07-12",
    "both are too old": "2011-07-13",
}


def published(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1) + timedelta(days=LAG - 1)


def known(series: dict[date, float], day: date) -> float:
    """The newest value published by that day."""
    return series[max(month for month in series if published(month) <= day)]


def write_series(bronze: Bronze) -> None:
    series = {
        "TB3MS": BILL,
        "CPIAUCSL": SHOP,
        "CPILFESL": walk(200, MONTHS, 0.004),
        "INDPRO": walk(100, MONTHS, 0.01),
        "UNRATE": walk(6, MONTHS, 0.03),
    }
    for series_id, values in series.items():
        dated = {month.isoformat(): value for month, value in values.items()}
        bronze.series(series_id, dated, {month.isoformat(): published(month).isoformat() for month in values})


def write_portfolios(bronze: Bronze) -> None:
    listings = {"^IDX": INDEX, "SHRE": SHARE, "EURUSD=X": EURO, "GBPUSD=X": POUND, "COIN": COIN}
    for ticker, closes in listings.items():
        bronze.listing(ticker, {day.isoformat(): close for day, close in closes.items()})
    bronze.listing("PENY.L", {day.isoformat(): close for day, close in PENCE.items()}, currency="GBp")
    bronze.listing("^END", {day.isoformat(): INDEX[day] for day in WEEKDAYS[:-10]})
    bronze.listing("PAST", {f"2006-02-{day:02}": 100 + day for day in (1, 2, 3, 6, 7, 8, 9, 10, 13, 14)})
    first, middle = WEEKDAYS[0].isoformat(), WEEKDAYS[90].isoformat()
    for story, base_currency, benchmark in (
        ("dollars", "USD", "^IDX"),
        ("euros", "EUR", "^IDX"),
        ("a coin", "USD", "^IDX"),
        ("a day without a rate", "USD", "^IDX"),
        ("an index that ended", "USD", "^END"),
        ("no such index", "USD", "^NIX"),
        ("before any rate", "USD", "^IDX"),
        ("half before any rate", "USD", "^IDX"),
    ):
        bronze.portfolio(story, base_currency, benchmark=benchmark)
    for story in ("dollars", "an index that ended", "no such index"):
        bronze.buy(story, "SHRE", 10, SHARE[WEEKDAYS[0]], first)
    bronze.buy("dollars", "SHRE", 5, 990, middle)
    # For two days the portfolio holds what nobody can convert.
    bronze.listing("KRON.ST", {day.isoformat(): 10 for day in WEEKDAYS}, currency="SEK")
    bronze.buy("a day without a rate", "SHRE", 10, SHARE[WEEKDAYS[0]], first)
    bronze.buy("a day without a rate", "KRON.ST", 1, 10, middle, currency="SEK")
    bronze.sell("a day without a rate", "KRON.ST", 1, 10, WEEKDAYS[91].isoformat(), currency="SEK")
    bronze.buy("euros", "PENY.L", 100, PENCE[WEEKDAYS[0]], first, currency="GBp")
    bronze.buy("a coin", "COIN", 1, COIN[START], first)
    bronze.buy("before any rate", "PAST", 1, 101, "2006-02-01")
    bronze.sell("before any rate", "PAST", 1, 109, "2006-02-09")
    bronze.buy("half before any rate", "PAST", 1, 101, "2006-02-01")
    for number, (story, last_day) in enumerate(AFTER_THE_MACRO_DATA.items()):
        bronze.listing(f"LATE{number}", {"2010-12-01": 100, "2010-12-02": 101, last_day: 102})
        bronze.buy(story, f"LATE{number}", 1, 100, "2010-12-01")
    for day in WEEKDAYS[:100]:
        bronze.buy("many fortunes", "SHRE", 1, "0.00000001", day.isoformat())
        bronze.sell("many fortunes", "SHRE", 1, 1000, day.isoformat())


@pytest.fixture(scope="module")
def marts(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    with platform.connect("postgres") as connection:
        write_series(Bronze(connection))
        write_portfolios(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude", "resource_type:unit_test")
    return Marts(platform)


def returns(marts: Marts, story: str) -> tuple[list[date], Any]:
    days = [day for day in marts.rows("gold_p_timeseries", story) if day["daily_return"] is not None]
    return [day["as_of_date"] for day in days], np.array([day["daily_return"] for day in days])


def test_beta_and_correlation_are_of_days_with_a_day_before(marts: Marts) -> None:
    performance = marts.row("gold__performance", "dollars")
    days, own = returns(marts, "dollars")
    index = np.array([INDEX[day] for day in days])
    moves = index[1:] / index[:-1] - 1

    assert days == WEEKDAYS
    assert performance["beta"] == pytest.approx(empyrical.beta(own[1:], moves), rel=1e-9)
    assert performance["correlation"] == pytest.approx(np.corrcoef(own[1:], moves)[0, 1], rel=1e-9)
    assert performance["benchmark_return"] == pytest.approx(index[-1] / index[0] - 1, rel=1e-9)
    assert performance["benchmark"] == "^IDX"


def test_the_benchmark_is_measured_in_the_portfolios_currency(marts: Marts) -> None:
    first, last = WEEKDAYS[0], WEEKDAYS[-1]
    in_euros = INDEX[last] / EURO[last] / (INDEX[first] / EURO[first]) - 1

    assert marts.row("gold__performance", "euros")["benchmark_return"] == pytest.approx(in_euros, rel=1e-9)


def test_pounds_become_euros_by_way_of_the_dollar(marts: Marts) -> None:
    days = {row["as_of_date"]: row for row in marts.rows("gold_p_timeseries", "euros")}
    value = {day: 100 * PENCE[day] / 100 * POUND[day] / EURO[day] for day in WEEKDAYS}

    assert {day: float(days[day]["market_value"]) for day in WEEKDAYS} == pytest.approx(value, rel=1e-9)
    growth = value[WEEKDAYS[-1]] / value[WEEKDAYS[0]]
    assert days[WEEKDAYS[-1]]["cumulative_return"] == pytest.approx(growth - 1, rel=1e-9)
    assert float(days[WEEKDAYS[0]]["inflow"]) == pytest.approx(value[WEEKDAYS[0]], rel=1e-9)


def test_a_benchmark_that_rests_at_the_weekend_still_covers_a_coin(marts: Marts) -> None:
    performance = marts.row("gold__performance", "a coin")

    assert performance["as_of_date"].weekday() == 6
    expected = INDEX[WEEKDAYS[-1]] / INDEX[WEEKDAYS[0]] - 1
    assert performance["benchmark_return"] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("story", ["an index that ended", "no such index"])
def test_a_benchmark_that_does_not_cover_the_period_has_no_return(marts: Marts, story: str) -> None:
    performance = marts.row("gold__performance", story)

    assert performance["benchmark_return"] is None
    assert (performance["beta"] is None) == (story == "no such index")


def test_ratios_are_over_the_bill_rate_that_was_known(marts: Marts) -> None:
    performance = marts.row("gold__performance", "dollars")
    days, own = returns(marts, "dollars")
    rates = np.array(bills([known(BILL, day) / 100 for day in days], days))

    assert performance["risk_free_series"] == "TB3MS"
    assert performance["sharpe"] == pytest.approx(empyrical.sharpe_ratio(own - rates), rel=1e-9)
    assert performance["sortino"] == pytest.approx(empyrical.sortino_ratio(own - rates), rel=1e-9)
    assert performance["excess_return"] == pytest.approx(prod(1 + own) - prod(1 + rates), rel=1e-9)


def test_the_real_return_is_deflated_by_prices_that_were_known(marts: Marts) -> None:
    performance = marts.row("gold__performance", "dollars")
    days, own = returns(marts, "dollars")
    inflation = known(SHOP, days[-1]) / known(SHOP, days[0])

    assert performance["price_level_series"] == "CPIAUCSL"
    assert performance["real_return"] == pytest.approx(prod(1 + own) / inflation - 1, rel=1e-9)


def test_without_a_known_rate_the_ratios_say_so(marts: Marts) -> None:
    performance = marts.row("gold__performance", "before any rate")
    _, own = returns(marts, "before any rate")

    assert (performance["risk_free_series"], performance["excess_return"]) == (None, None)
    assert (performance["price_level_series"], performance["real_return"]) == (None, None)
    assert performance["sharpe"] == pytest.approx(empyrical.sharpe_ratio(own), rel=1e-9)


def test_a_rate_known_for_a_part_gives_no_excess_return(marts: Marts) -> None:
    performance = marts.row("gold__performance", "half before any rate")

    # January 2006 is published on 2006-02-10: the two last of ten days.
    assert performance["risk_free_series"] == "TB3MS"
    assert performance["excess_return"] is None


def test_macro_figures_are_known_for_half_a_year(marts: Marts) -> None:
    known_figures = {
        story: tuple(
            marts.row("gold__performance", story)[figure] is not None for figure in ("real_return", "excess_return")
        )
        for story in AFTER_THE_MACRO_DATA
    }

    assert list(known_figures.values()) == [(True, True), (False, True), (False, True), (False, False)]


def test_a_regimes_figures_are_of_its_days_alone(marts: Marts) -> None:
    days = marts.rows("gold_p_timeseries", "dollars")
    rows = {(row["dimension"], row["name"]): row for row in marts.rows("gold_regime_performance", "dollars")}

    assert {key for key in rows if key[0] == "regime"} == {("regime", day["regime"]) for day in days}
    assert len(rows) > 2
    for (dimension, name), row in rows.items():
        own = [day for day in days if day[dimension] == name]
        traded = [day for day in own if day["daily_return"] is not None]
        moves = np.array([day["daily_return"] for day in traded])
        periods = periods_a_year([day["as_of_date"] for day in traded], len(own))
        assert (row["days"], row["trading_days"]) == (len(own), len(moves))
        assert row["total_return"] == pytest.approx(prod(1 + moves) - 1, rel=1e-9, abs=1e-12)
        assert row["annualised_return"] == equal_to(growth_a_year(prod(1 + moves), len(own), 60))
        assert row["volatility"] == pytest.approx(empyrical.annual_volatility(moves, annualization=periods), rel=1e-9)
        assert row["max_drawdown"] == pytest.approx(empyrical.max_drawdown(moves), rel=1e-9, abs=1e-12)
        assert row["hit_rate"] == pytest.approx(float((moves > 0).mean()), rel=1e-12)
        assert_has_its_range(row)


def assert_has_its_range(row: dict[str, Any]) -> None:
    """The 95 % range of a year's growth: its logarithm, give or take so many standard errors."""
    low, high, worth = None, None, "few days"
    if row["annualised_return"] is not None and row["trading_days"] >= 60:
        error = NormalDist().inv_cdf(0.975) * row["volatility"] / sqrt(row["days"] / 365.25)
        low, high = ((1 + row["annualised_return"]) * exp(sign * error) - 1 for sign in (-1, 1))
        worth = "may be chance" if low <= 0 <= high else "clear of zero"
    assert (row["annualised_return_low"], row["annualised_return_high"]) == (equal_to(low), equal_to(high))
    assert row["confidence"] == worth


def test_a_tickers_regimes_are_of_its_own_trading_days(marts: Marts) -> None:
    for ticker in ("SHRE", "COIN"):
        story = {"SHRE": "dollars", "COIN": "a coin"}[ticker]
        known_then = {day["as_of_date"]: day for day in marts.rows("gold_p_timeseries", story)}
        own = [day for day in marts.rows("fct_daily_returns", story, "return_date") if day["ticker"] == ticker]
        rows = marts.rows("gold_ticker_regime_performance", story)

        assert {row["ticker"] for row in rows} == {ticker}
        assert len(rows) > 2
        for row in rows:
            days = [day for day in own if known_then[day["return_date"]][row["dimension"]] == row["name"]]
            traded = [day for day in days if day["is_trading_day"]]
            moves = np.array([day["daily_return"] for day in traded])
            periods = periods_a_year([day["return_date"] for day in traded], len(days))
            assert (row["days"], row["trading_days"]) == (len(days), len(moves))
            assert row["total_return"] == pytest.approx(prod(1 + moves) - 1, rel=1e-9, abs=1e-12)
            assert row["annualised_return"] == equal_to(growth_a_year(prod(1 + moves), len(days), 60))
            assert row["volatility"] == pytest.approx(
                empyrical.annual_volatility(moves, annualization=periods), rel=1e-9
            )
            assert row["max_drawdown"] == pytest.approx(empyrical.max_drawdown(moves), rel=1e-9, abs=1e-12)
            assert row["hit_rate"] == pytest.approx(float((moves > 0).mean()), rel=1e-12)
            assert_has_its_range(row)


def test_a_portfolio_of_one_ticker_has_its_regimes(marts: Marts) -> None:
    # Foreign: the euro moves on days on which the share has no bar.
    for story in ("dollars", "euros", "a coin"):
        own = marts.rows("gold_regime_performance", story, "dimension, name")
        of_its_ticker = marts.rows("gold_ticker_regime_performance", story, "dimension, name")

        assert [row["name"] for row in own] == [row["name"] for row in of_its_ticker]
        for whole, part in zip(own, of_its_ticker, strict=True):
            figures = whole.keys() - {"user_id", "dimension", "name"}
            expected = {figure: equal_to(whole[figure]) for figure in figures}
            assert {figure: part[figure] for figure in figures} == expected


def test_statistics_are_not_of_a_part_of_the_days(marts: Marts) -> None:
    performance = marts.row("gold__performance", "a day without a rate")
    figures = ["time_weighted_return", "cagr", "volatility", "sharpe", "sortino", "calmar", "max_drawdown", "beta"]
    figures += ["correlation", "win_rate", "monthly_win_rate"]
    figures += [f"{kind}_{period}" for kind in ("best", "worst") for period in ("day", "week", "month")]

    assert {performance[figure] for figure in figures} == {None}
    assert performance["benchmark_return"] is not None


def test_a_regime_with_an_unknown_day_has_no_return_and_the_others_have(marts: Marts) -> None:
    days = {day["as_of_date"]: day for day in marts.rows("gold_p_timeseries", "a day without a rate")}
    unknown = {day: row for day, row in days.items() if row["is_trading_day"] and row["daily_return"] is None}
    rows = marts.rows("gold_regime_performance", "a day without a rate")

    assert set(unknown) == set(WEEKDAYS[90:92])
    for row in rows:
        is_concerned = any(day[row["dimension"]] == row["name"] for day in unknown.values())
        for figure in ("total_return", "annualised_return", "volatility", "max_drawdown", "hit_rate"):
            is_short = figure == "annualised_return" and row["days"] < 60
            assert (row[figure] is None) == (is_concerned or is_short), (row["name"], figure)
    assert {row["total_return"] is None for row in rows if row["dimension"] == "regime"} == {True, False}


def test_compounding_within_a_regime_stops_before_a_double_overflows(marts: Marts) -> None:
    rows = marts.rows("gold_regime_performance", "many fortunes")

    assert sum(row["trading_days"] for row in rows if row["dimension"] == "regime") < 10
    assert all(row["total_return"] is None or row["total_return"] < 1e75 for row in rows)


def users_seen(platform: Platform, as_user: UUID | None) -> set[UUID]:
    with platform.connect("macrofolio_reader") as connection:
        if as_user is not None:
            connection.execute("select set_config('app.user_id', %s, true)", [str(as_user)])
        rows = connection.execute('select distinct user_id from "default".gold_regime_performance').fetchall()
    return {row[0] for row in rows}


def test_the_api_sees_one_users_regimes_at_a_time(marts: Marts) -> None:
    for story in ("dollars", "euros"):
        assert users_seen(marts.platform, user(story)) == {user(story)}
    assert users_seen(marts.platform, user("a stranger")) == users_seen(marts.platform, None) == set()
