"""What charts are drawn from: comparison, dividends and histories of tickers, held against the figures of the marts.

2010-01-09 is a Saturday: the portfolio opens on it, and ends on a Sunday. On both of these weekends a price level is
published.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import cos, prod, sin
from typing import Any

import pytest
from apiflask import APIFlask

from dashboard.analytics.periods import monthly
from dashboard.analytics.returns import ends, trading_days, within
from tests.auth_service.conftest import Person, answer, join, refusal, serving
from tests.dbt.bronze import Bronze
from tests.dbt.command import run_dbt
from tests.support.databases import Databases
from tests.support.platform import Platform

OPENED, ENDED = date(2010, 1, 9), date(2011, 4, 10)
DAYS = [day for number in range(-5, 457) if (day := OPENED + timedelta(days=number)).weekday() < 5]
SHARE = {day: round(100 + 10 * sin(number / 9), 4) for number, day in enumerate(DAYS)}
INDEX = {day: round(1000 + 80 * cos(number / 14) + number, 4) for number, day in enumerate(DAYS)}
DIVIDENDS: dict[date, float] = {date(2010, 6, 1): 1, date(2011, 3, 1): 2}
MONTHS = [date(2009 + number // 12, number % 12 + 1, 1) for number in range(6, 27)]
BOUGHT, SOLD = date(2010, 2, 1), date(2010, 3, 1)
FIGURES = ("benchmark_return", "real_return", "excess_return")
PATHS = (
    *("/portfolio/comparison", "/portfolio/dividends", "/portfolio/tickers/history"),
    *("/portfolio/tickers", "/portfolio/holdings"),
)


def text(values: dict[date, float]) -> dict[str, float | str]:
    return {day.isoformat(): value for day, value in values.items()}


def write_market(bronze: Bronze) -> None:
    bronze.listing("SHRE", text(SHARE), dividend=text(DIVIDENDS))
    bronze.listing("GONE", text({day: 2 * close for day, close in SHARE.items()}))
    bronze.listing("^GSPC", text(INDEX))
    bronze.listing("PAST", {"2009-02-02": 10, "2009-02-03": 11, "2009-02-04": 12})
    bronze.listing("SWIS.SW", {"2009-02-02": 10, "2009-02-04": 12}, currency="CHF", dividend={"2009-02-04": 1})
    published = {month.isoformat(): (month + timedelta(days=32)).replace(day=10).isoformat() for month in MONTHS}
    series = {"TB3MS": 1.0, "CPIAUCSL": 200.0}
    for series_id, start in series.items():
        bronze.series(series_id, {day: start + number for number, day in enumerate(published)}, published)


@pytest.fixture(scope="module")
def warehouse(databases: Databases) -> Platform:
    """A database with this market: of the package's one the others would feel the macro series."""
    platform = databases.new("comparison")
    with platform.connect("postgres") as connection:
        write_market(Bronze(connection))
        connection.execute(
            "update bronze.raw_assets set asset_class = 'equity', sector = 'Technology', industry = 'Chips',"
            " country = 'Utopia', exchange = 'NYQ' where ticker = 'SHRE'"
        )
    return platform


@pytest.fixture(scope="module")
def app(environment: dict[str, str], warehouse: Platform) -> Iterator[APIFlask]:
    with serving(environment | warehouse.environment) as application:
        yield application


def trade(person: Person, side: str, quantity: str, ticker: str, **terms: object) -> None:
    answer(person.trade(side, quantity, ticker, **terms), 201)


@pytest.fixture(scope="module")
def people(app: APIFlask, warehouse: Platform, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Person]:
    """An investor, somebody who was early (before any macro series and benchmark), and marts that contain both."""
    people = {"investor": join(app), "early": join(app)}
    investor, early = people.values()
    friday = str(SHARE[date(2010, 1, 8)])
    trade(investor, "BUY", "10", ticker="SHRE", price=friday, trade_date=str(OPENED))
    trade(investor, "BUY", "3", ticker="GONE", price=str(2 * SHARE[BOUGHT]), trade_date=str(BOUGHT))
    trade(investor, "SELL", "3", ticker="GONE", price=str(2 * SHARE[SOLD]), trade_date=str(SOLD))
    trade(investor, "BUY", "5", ticker="SHRE", price="100", trade_date=str(ENDED))
    for ticker, currency in (("PAST", "USD"), ("SWIS.SW", "CHF")):
        trade(early, "BUY", "1", ticker=ticker, price="10", trade_date="2009-02-02", currency=currency)
    with warehouse.connect("postgres") as connection:
        connection.execute("delete from bronze.raw_assets where ticker = 'GONE'")
    run_dbt(warehouse, tmp_path_factory.mktemp("dbt"), "build", "--exclude-resource-type", "unit_test")
    return people


@pytest.fixture
def investor(people: dict[str, Person]) -> Person:
    return people["investor"]


@pytest.fixture
def early(people: dict[str, Person]) -> Person:
    return people["early"]


def items(person: Person, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer(person.call("GET", path))["items"]
    return found


def growth(returns: list[float | None]) -> float | None:
    """Of one unit; not known where a return is not."""
    known = [value for value in returns if value is not None]
    return prod(1 + value for value in known) if len(known) == len(returns) else None


def drawn(person: Person, first_day: str) -> tuple[float | None, ...]:
    """The FIGURES as a client draws their last point: from the comparison and the own returns since a day."""
    compared = answer(person.call("GET", f"/portfolio/comparison?from={first_day}"))
    series = answer(person.call("GET", f"/portfolio/timeseries?from={first_day}&columns=daily_return,is_trading_day"))
    days = zip(series["date"], series["daily_return"], series["is_trading_day"], strict=True)
    own = {day: value for day, value, is_trading_day in days if is_trading_day}
    assert compared["date"] == list(own)

    portfolio = growth(list(own.values()))
    benchmark, bills = growth(compared["benchmark_return"]), growth(compared["risk_free_return"])
    start, end = compared["price_level_at_start"], compared["price_level_at_end"]
    return (
        benchmark and benchmark - 1,
        portfolio and start and end and portfolio / (end / start) - 1,
        portfolio and bills and portfolio - bills,
    )


def test_the_last_point_of_each_comparison_is_the_figure_of_the_whole_portfolio(investor: Person) -> None:
    performance = answer(investor.call("GET", "/portfolio/performance"))
    told = tuple(performance[figure] for figure in FIGURES)

    assert None not in told
    assert drawn(investor, OPENED.isoformat()) == pytest.approx(told, rel=1e-12)
    assert drawn(investor, "1999-01-01") == pytest.approx(told, rel=1e-12)


@pytest.mark.parametrize("time_window", ["all", "ytd", "1y"])
def test_the_last_point_of_each_comparison_is_the_figure_of_its_window(investor: Person, time_window: str) -> None:
    (window,) = (item for item in items(investor, "/portfolio/windows") if item["time_window"] == time_window)
    told = tuple(window[figure] for figure in FIGURES)

    assert None not in told
    assert drawn(investor, window["from_date"]) == pytest.approx(told, rel=1e-12)


def test_a_price_level_is_what_was_known_that_day(investor: Person) -> None:
    compared = answer(investor.call("GET", "/portfolio/comparison"))
    level = dict(zip(compared["date"], compared["price_level"], strict=True))

    # October's and November's figures; the first stood until Saturday, and on Sunday the next was out.
    assert (compared["price_level_at_start"], compared["date"][0], level["2010-01-11"]) == (204, "2010-01-11", 205)
    assert (level["2010-02-09"], level["2010-02-10"]) == (205, 206)
    assert (compared["date"][-1], level["2011-04-08"], compared["price_level_at_end"]) == ("2011-04-08", 219, 220)
    assert [compared[name] for name in ("benchmark", "risk_free_series", "price_level_series")] == [
        *("^GSPC", "TB3MS", "CPIAUCSL")
    ]


def test_a_comparison_of_a_range_has_its_days_and_begins_at_the_close_before(investor: Person) -> None:
    compared = answer(investor.call("GET", "/portfolio/comparison?from=2010-02-10&to=2010-02-11"))

    assert compared["date"] == ["2010-02-10", "2010-02-11"]
    assert compared["benchmark_return"] == pytest.approx(
        [INDEX[day] / INDEX[day - timedelta(days=1)] - 1 for day in (date(2010, 2, 10), date(2010, 2, 11))], rel=1e-9
    )
    assert (compared["price_level_at_start"], compared["price_level_at_end"]) == (205, 206)


def test_what_was_not_known_is_null_in_a_comparison(early: Person) -> None:
    compared = answer(early.call("GET", "/portfolio/comparison"))

    assert compared["date"] == ["2009-02-02", "2009-02-03", "2009-02-04"]
    for column in ("benchmark_return", "risk_free_return", "price_level"):
        assert compared[column] == [None] * 3
    assert {compared[name] for name in compared if name.endswith(("_series", "_start", "_end"))} == {None}
    assert drawn(early, "2009-02-02") == (None, None, None)


def test_dividends_are_summed_by_year_and_ticker(investor: Person) -> None:
    performance = answer(investor.call("GET", "/portfolio/performance"))

    assert items(investor, "/portfolio/dividends") == [
        {"year": 2010, "ticker": "SHRE", "amount": 10},
        {"year": 2011, "ticker": "SHRE", "amount": 20},
    ]
    assert performance["dividends"] == 30


def test_a_dividend_that_nobody_can_convert_is_null(early: Person) -> None:
    assert items(early, "/portfolio/dividends") == [{"year": 2009, "ticker": "SWIS.SW", "amount": None}]


def history(person: Person, ticker: str, points: int = 500) -> dict[str, float]:
    """The ticker's index by day."""
    (found,) = (i for i in items(person, f"/portfolio/tickers/history?points={points}") if i["ticker"] == ticker)
    return dict(zip(found["date"], found["total_return_index"], strict=True))


def test_a_tickers_history_compounds_its_returns_and_dividends(investor: Person) -> None:
    index = history(investor, "SHRE")
    grown = 1.0
    for before, day in pairwise(DAYS[4:]):
        grown *= (SHARE[day] + DIVIDENDS.get(day, 0)) / SHARE[before]
        assert index[day.isoformat()] == pytest.approx(grown, rel=1e-9)

    assert (min(index), max(index)) == (OPENED.isoformat(), ENDED.isoformat())
    assert len(index) == (ENDED - OPENED).days + 1


def test_a_closed_position_keeps_its_history_while_held(investor: Person) -> None:
    index = history(investor, "GONE")

    assert (min(index), max(index), len(index)) == (BOUGHT.isoformat(), SOLD.isoformat(), 29)
    assert index[SOLD.isoformat()] == pytest.approx(SHARE[SOLD] / SHARE[BOUGHT], rel=1e-9)


@pytest.mark.parametrize("points", [2, 3, 60, 456, 457])
def test_a_thinned_history_keeps_the_first_and_the_last_day_and_lies_evenly(investor: Person, points: int) -> None:
    whole, thinned = history(investor, "SHRE"), history(investor, "SHRE", points)
    days = [date.fromisoformat(day) for day in thinned]
    gaps = {(after - before).days for before, after in pairwise(days)}

    assert len(thinned) == min(points, len(whole))
    assert (days[0], days[-1]) == (OPENED, ENDED)
    assert max(gaps) - min(gaps) <= 1
    assert thinned.items() <= whole.items()


def test_a_history_has_sixty_points_unless_asked_otherwise_and_one_is_the_last(investor: Person) -> None:
    usual = {item["ticker"]: len(item["date"]) for item in items(investor, "/portfolio/tickers/history")}

    assert usual == {"GONE": 29, "SHRE": 60}
    assert list(history(investor, "SHRE", 1)) == [ENDED.isoformat()]


@pytest.mark.parametrize("points", ["0", "501", "-1", "1.5", "many", ""])
def test_a_number_of_points_out_of_bounds_is_refused(investor: Person, points: str) -> None:
    assert "points" in refusal(investor.call("GET", f"/portfolio/tickers/history?points={points}"))


def test_tickers_and_holdings_say_what_they_are_where_that_is_known(investor: Person) -> None:
    known = {"asset_class": "equity", "sector": "Technology", "industry": "Chips", "country": "Utopia"}
    known["exchange"] = "NYQ"
    tickers = {item["ticker"]: item for item in items(investor, "/portfolio/tickers")}
    held = {item["ticker"]: item for item in items(investor, f"/portfolio/holdings?date={BOUGHT}")}

    for found in (tickers, held):
        assert found["SHRE"].items() >= known.items()
        assert {found["GONE"][name] for name in known} == {None}
    assert tickers["GONE"]["quantity"] == 0


def test_everybody_sees_their_own_tickers_only(investor: Person, early: Person) -> None:
    for path in PATHS[1:]:
        assert {item["ticker"] for item in items(investor, path)} <= {"SHRE", "GONE"}
        assert {item["ticker"] for item in items(early, path)} <= {"PAST", "SWIS.SW"}


def test_an_empty_portfolio_has_empty_columns_and_lists(people: dict[str, Person], bob: Person) -> None:
    assert len(people) > 1
    assert answer(bob.call("GET", "/portfolio/comparison")) == {
        **dict.fromkeys(("benchmark", "risk_free_series", "price_level_series")),
        **dict.fromkeys(("price_level_at_start", "price_level_at_end")),
        **{name: [] for name in ("date", "benchmark_return", "risk_free_return", "price_level")},
    }
    for path in PATHS[1:]:
        assert items(bob, path) == []


@pytest.mark.parametrize("time_window", ["all", "ytd", "1y"])
def test_the_dashboard_s_lines_end_at_the_figures_of_the_window(investor: Person, time_window: str) -> None:
    figures = next(item for item in items(investor, "/portfolio/windows") if item["time_window"] == time_window)
    first_day, last_day = figures["from_date"], figures["as_of_date"]
    compared = answer(investor.call("GET", f"/portfolio/comparison?from={first_day}&to={last_day}"))
    whole = answer(investor.call("GET", "/portfolio/timeseries?columns=daily_return,is_trading_day"))
    series = trading_days(within(whole, first_day, last_day))

    found = ends(series, compared)
    months = [change for change in monthly(series["date"], series["daily_return"]).values() if change is not None]

    names = {name: text for name, text in found.items() if isinstance(text, str)}
    numbers = {name: value for name, value in found.items() if name not in names}
    assert None not in numbers.values()
    assert numbers == pytest.approx({name: figures[name] for name in numbers}, rel=1e-9)
    assert names == {name: figures[name] for name in ("benchmark", "risk_free_series", "price_level_series")}
    assert (max(months), min(months)) == pytest.approx((figures["best_month"], figures["worst_month"]), rel=1e-9)
