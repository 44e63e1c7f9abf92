"""Any first and last day: figures, lines, falls, calendar periods and rolling statistics, worked by hand."""

from datetime import date, timedelta
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from psycopg.rows import dict_row

from tests.dbt.bronze import Bronze, user
from tests.dbt.command import run_dbt
from tests.dbt.conftest import Marts
from tests.dbt.yearly import bills, equal_to
from tests.support.databases import Databases

# A price level of 200 until 2024-01-10, then 220, then 230; bills at 5 % throughout.
PUBLISHED = {
    "2023-10-01": "2023-11-10",
    "2023-11-01": "2023-12-10",
    "2023-12-01": "2024-01-10",
    "2024-01-01": "2024-02-10",
}
SHOP = dict(zip(PUBLISHED, (190.0, 200.0, 220.0, 230.0), strict=True))
BILL = dict.fromkeys(PUBLISHED, 5.0)
BENCHMARK = {"2024-01-01": 50, "2024-01-02": 100, "2024-01-03": 110, "2024-01-10": 121, "2024-02-01": 121}


def write_market(bronze: Bronze) -> None:
    bronze.series("CPIAUCSL", SHOP, PUBLISHED)
    bronze.series("TB3MS", BILL, PUBLISHED)
    for series_id in ("CPILFESL", "INDPRO", "UNRATE"):
        bronze.series(series_id, SHOP, PUBLISHED)
    bronze.listing("^T", BENCHMARK)


def write_portfolios(bronze: Bronze) -> None:
    bronze.listing("LINE", {"2024-01-02": 100, "2024-01-03": 110, "2024-01-10": 88, "2024-02-01": 132})
    bronze.portfolio("lines")
    bronze.buy("lines", "LINE", 1, 100, "2024-01-02")
    # All of it went to fees on the 3rd; what was bought on the 10th grew by half.
    bronze.listing("LOST", {"2024-01-02": 100, "2024-01-03": 100, "2024-01-10": 10, "2024-02-01": 15})
    bronze.portfolio("lost and begun anew")
    bronze.buy("lost and begun anew", "LOST", 1, 100, "2024-01-02")
    bronze.sell("lost and begun anew", "LOST", 1, 100, "2024-01-03", fees=100)
    bronze.buy("lost and begun anew", "LOST", 1, 10, "2024-01-10")
    closes = (100, 90, 95, 100, 100, 80, 70, 90)
    bronze.listing("FALL", {f"2024-01-{day:02}": close for day, close in zip(range(1, 9), closes, strict=True)})
    bronze.portfolio("falls")
    bronze.buy("falls", "FALL", 1, 100, "2024-01-01")
    # Nothing says what it was worth until the 3rd.
    bronze.listing("LATE", {"2024-01-03": 100, "2024-01-04": 110, "2024-01-05": 99})
    bronze.listing("SOON", {"2024-01-01": 100, "2024-01-02": 50, "2024-01-03": 50, "2024-01-04": 50, "2024-01-05": 50})
    bronze.portfolio("unknown at first")
    bronze.buy("unknown at first", "SOON", 1, 100, "2024-01-01")
    bronze.buy("unknown at first", "LATE", 1, 100, "2024-01-02")
    weekdays = [date(2024, 1, 1) + timedelta(days=number) for number in range(30)]
    bronze.listing("COIN", {day.isoformat(): 100 + 7 * (number % 3) for number, day in enumerate(weekdays)})
    bronze.portfolio("every day")
    bronze.buy("every day", "COIN", 1, 100, "2024-01-01")


@pytest.fixture(scope="module")
def marts(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Marts:
    platform = databases.new("days")
    with platform.connect("postgres") as connection:
        write_market(Bronze(connection))
        write_portfolios(Bronze(connection))
    run_dbt(platform, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    return Marts(platform)


def told(marts: Marts, function: str, story: str, *arguments: object) -> list[dict[str, Any]]:
    """What the function tells of the story's user, asked as the API asks: with the rights of a reader."""
    places = ", ".join(["%s"] * (1 + len(arguments)))
    with marts.platform.connect("macrofolio_reader", row_factory=dict_row) as connection:
        connection.execute("select set_config('app.user_id', %s, true)", [str(user(story))])
        return connection.execute(f'select * from "default".{function}({places})', [user(story), *arguments]).fetchall()


def lines(marts: Marts, story: str, first_day: str | None = None, last_day: str | None = None) -> dict[str, list[Any]]:
    rows = told(marts, "returns_between", story, first_day, last_day)
    return {name: [row[name] for row in rows] for name in rows[0]}


def close(values: list[float | None]) -> list[Any]:
    return [equal_to(value) for value in values]


def test_lines_begin_at_the_close_before_the_days(marts: Marts) -> None:
    found = lines(marts, "lines", "2024-01-03")

    assert found["return_date"] == [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 10), date(2024, 2, 1)]
    assert found["time_weighted_return"] == close([0, 0.1, -0.12, 0.32])
    assert found["benchmark_return"] == close([0, 0.1, 0.21, 0.21])
    assert found["drawdown"] == close([0, 0, -0.2, 0])


def test_the_benchmark_stands_still_on_the_day_of_the_first_trade(marts: Marts) -> None:
    found = lines(marts, "lines")

    assert found["return_date"][0] == date(2024, 1, 1)
    assert found["benchmark_return"] == close([0, 0, 0.1, 0.21, 0.21])


def test_real_returns_are_in_money_of_the_first_day_and_end_with_the_level_known_at_the_end(marts: Marts) -> None:
    found = lines(marts, "lines", "2024-01-03", "2024-01-31")

    # 1.1 / 1 while the level is still 200; 0.88 / 1.1 from the day of the next.
    assert found["real_return"] == close([0, 0.1, -0.2])
    assert found["real_benchmark_return"] == close([0, 0.1, 1.21 / 1.1 - 1])


def test_excess_is_growth_less_that_of_the_bills(marts: Marts) -> None:
    days = [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 10), date(2024, 2, 1)]
    first, second, third = bills([0.05] * 4, days)[1:]

    found = lines(marts, "lines", "2024-01-03")

    grown = [1 + first, (1 + first) * (1 + second), (1 + first) * (1 + second) * (1 + third)]
    assert found["excess_return"] == close([0, 1.1 - grown[0], 0.88 - grown[1], 1.32 - grown[2]])
    assert found["excess_benchmark_return"] == close([0, 1.1 - grown[0], 1.21 - grown[1], 1.21 - grown[2]])


def test_after_a_loss_of_everything_the_lines_begin_anew(marts: Marts) -> None:
    found = lines(marts, "lost and begun anew")

    assert found["time_weighted_return"] == close([0, 0, -1, 0, 0.5])
    assert found["drawdown"] == close([0, 0, -1, 0, 0])
    # What was bought when the level was 220 is compared with that; the benchmark's index begins anew beside it.
    assert found["real_return"][-1] == equal_to(1.5 / (220 / 220) - 1)
    assert found["benchmark_return"] == close([0, 0, 0.1, 0, 0])


def test_a_window_that_ends_before_the_loss_knows_nothing_of_it(marts: Marts) -> None:
    (row,) = told(marts, "performance_between", "lost and begun anew", None, "2024-01-02")
    (lost,) = told(marts, "performance_between", "lost and begun anew", None, "2024-01-09")
    (anew,) = told(marts, "performance_between", "lost and begun anew", "2024-01-03", "2024-01-31")

    assert (row["time_weighted_return"], row["returns_from"], row["as_of_date"]) == (
        0,
        date(2024, 1, 2),
        date(2024, 1, 2),
    )
    assert (lost["time_weighted_return"], lost["max_drawdown"]) == (-1, -1)
    assert (anew["time_weighted_return"], anew["returns_from"]) == (0, date(2024, 1, 10))


def test_lines_are_unknown_from_the_first_unknown_day_on(marts: Marts) -> None:
    found = lines(marts, "unknown at first")
    (row,) = told(marts, "performance_between", "unknown at first", None, "2024-01-04")
    (later,) = told(marts, "performance_between", "unknown at first", "2024-01-04", None)

    assert found["time_weighted_return"][:2] == [0, 0]
    assert found["time_weighted_return"][2:] == [None] * 4
    assert found["drawdown"][2:] == [None] * 4
    assert (row["time_weighted_return"], row["tickers_without_price"]) == (None, "LATE")
    assert (later["time_weighted_return"], later["tickers_without_price"]) == (equal_to(149 / 150 - 1), None)


@pytest.mark.parametrize("story", ["lines", "lost and begun anew", "falls", "unknown at first"])
@pytest.mark.parametrize(
    "days", [(None, None), ("2024-01-03", None), ("2024-01-03", "2024-01-10"), (None, "2024-01-06")]
)
def test_the_lines_end_at_the_figures_of_the_same_days(
    marts: Marts, story: str, days: tuple[str | None, str | None]
) -> None:
    found = lines(marts, story, *days)
    (row,) = told(marts, "performance_between", story, *days)

    names = ("time_weighted_return", "benchmark_return", "real_return", "excess_return")
    assert {name: found[name][-1] for name in names} == {name: equal_to(row[name]) for name in names}
    if None not in found["drawdown"]:
        assert row["max_drawdown"] == equal_to(min(found["drawdown"]))


def test_falls_are_told_from_peak_to_recovery_the_deepest_first(marts: Marts) -> None:
    found = told(marts, "drawdowns_between", "falls", None, None)

    assert found == [
        {
            "peak_on": date(2024, 1, 5),
            "lowest_on": date(2024, 1, 7),
            "recovered_on": None,
            "depth": equal_to(-0.3),
        },
        {
            "peak_on": date(2024, 1, 1),
            "lowest_on": date(2024, 1, 2),
            "recovered_on": date(2024, 1, 4),
            "depth": equal_to(-0.1),
        },
    ]


def test_a_fall_counts_from_the_close_before_the_days(marts: Marts) -> None:
    (fall,) = told(marts, "drawdowns_between", "falls", "2024-01-06", "2024-01-06")

    assert (fall["peak_on"], fall["lowest_on"], fall["depth"]) == (date(2024, 1, 5), date(2024, 1, 6), equal_to(-0.2))


def test_no_fall_is_told_beyond_an_unknown_day(marts: Marts) -> None:
    assert told(marts, "drawdowns_between", "unknown at first", None, None) == []


def test_months_and_years_compound_their_days(marts: Marts) -> None:
    found = told(marts, "calendar_returns_between", "lines", "2024-01-03", None)

    assert found == [
        {"period": "month", "first_day": date(2024, 1, 1), "time_weighted_return": equal_to(-0.12)},
        {"period": "month", "first_day": date(2024, 2, 1), "time_weighted_return": equal_to(0.5)},
        {"period": "year", "first_day": date(2024, 1, 1), "time_weighted_return": equal_to(0.32)},
    ]


def test_a_month_with_an_unknown_day_is_unknown(marts: Marts) -> None:
    returns = {
        row["time_weighted_return"] for row in told(marts, "calendar_returns_between", "unknown at first", None, None)
    }

    assert returns == {None}


def test_rolling_statistics_look_back_on_as_many_returns_as_the_days_have(marts: Marts) -> None:
    """What trades each day has 365 returns a year: two exchange days of 252 are three of them."""
    days = marts.rows("gold_benchmark_returns", "every day")
    moves = [row["daily_return"] for row in days]
    excess = [row["daily_return"] - row["risk_free_return"] for row in days]

    found = told(marts, "rolling_statistics", "every day", 2)

    assert [row["volatility"] for row in found[:2]] == [None, None]
    for number in range(3, len(days)):
        latest = slice(number - 2, number + 1)
        assert found[number] == {
            "return_date": days[number]["return_date"],
            "volatility": equal_to(stdev(moves[latest]) * 365**0.5),
            "sharpe": equal_to(mean(excess[latest]) / stdev(excess[latest]) * 365**0.5),
        }


def test_rolling_statistics_are_unknown_while_an_unknown_day_is_looked_back_on(marts: Marts) -> None:
    found = told(marts, "rolling_statistics", "unknown at first", 2)

    assert [row["volatility"] is None for row in found] == [True, True, True, True, False]


def test_what_never_moves_has_no_sharpe_ratio(marts: Marts, tmp_path: Path) -> None:
    found = told(marts, "rolling_statistics", "lost and begun anew", 1000)

    assert [row["volatility"] for row in found] == [None] * len(found)


def test_nobody_is_told_of_anybody_else(marts: Marts) -> None:
    with marts.platform.connect("macrofolio_reader") as connection:
        connection.execute("select set_config('app.user_id', %s, true)", [str(user("falls"))])
        for call in ("performance_between", "returns_between", "drawdowns_between", "calendar_returns_between"):
            query = f'select * from "default".{call}(%s, null, null)'
            assert connection.execute(query, [user("lines")]).fetchall() == []
        rolling = connection.execute('select * from "default".rolling_statistics(%s, 2)', [user("lines")])
        assert rolling.fetchall() == []


def test_days_that_the_portfolio_does_not_have_have_no_figures(marts: Marts) -> None:
    assert told(marts, "performance_between", "lines", "2030-01-01", None) == []
    assert told(marts, "performance_between", "lines", None, "2010-01-01") == []
