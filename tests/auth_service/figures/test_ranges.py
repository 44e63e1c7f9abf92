"""What charts are drawn from: returns, dividends and histories of tickers, held against the figures of the marts.

2010-01-09 is a Saturday: the portfolio opens on it, and ends on a Sunday. On both of these weekends a price level is
published.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from math import cos, sin
from typing import Any

import pytest
from apiflask import APIFlask

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
BASES = {
    "nominal": ("time_weighted_return", "benchmark_return"),
    "real": ("real_return", None),
    "excess": ("excess_return", None),
}
PATHS = (
    *("/portfolio/returns/calendar", "/portfolio/dividends", "/portfolio/tickers/history"),
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
    platform = databases.new("ranges")
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


@pytest.mark.parametrize("time_window", ["all", "ytd", "1y"])
def test_the_days_of_a_fixed_window_have_its_figures(investor: Person, time_window: str) -> None:
    (fixed,) = (item for item in items(investor, "/portfolio/windows") if item["time_window"] == time_window)

    days = f"from={fixed['from_date']}&to={fixed['as_of_date']}"

    assert items(investor, f"/portfolio/windows?{days}") == [fixed | {"time_window": "custom"}]


@pytest.mark.parametrize("days", ["", "from=2010-02-10", "from=2010-02-10&to=2010-12-31", "to=2010-07-04"])
def test_the_lines_of_a_range_end_at_its_figures(investor: Person, days: str) -> None:
    (figures,) = items(investor, f"/portfolio/windows?{days or 'from=1999-01-01'}")
    lines = {
        basis: answer(investor.call("GET", f"/portfolio/returns?{days}&basis={basis}".replace("?&", "?")))
        for basis in BASES
    }

    for basis, (portfolio, benchmark) in BASES.items():
        assert lines[basis]["portfolio"][-1] == pytest.approx(figures[portfolio], rel=1e-9)
        if benchmark:
            assert lines[basis]["benchmark"][-1] == pytest.approx(figures[benchmark], rel=1e-9)
    falls = items(investor, f"/portfolio/drawdowns?{days}&limit=1".replace("?&", "?"))
    assert [fall["depth"] for fall in falls] == pytest.approx([figures["max_drawdown"]], rel=1e-9)
    assert min(lines["nominal"]["drawdown"]) == pytest.approx(figures["max_drawdown"], rel=1e-9)
    months = [row for row in items(investor, f"/portfolio/returns/calendar?{days}") if row["period"] == "month"]
    best = max(months, key=lambda month: month["time_weighted_return"])
    assert (best["time_weighted_return"], best["first_day"]) == (
        pytest.approx(figures["best_month"], rel=1e-9),
        figures["best_month_date"],
    )


def test_a_range_has_its_trading_days_and_begins_at_the_close_before(investor: Person) -> None:
    lines = answer(investor.call("GET", "/portfolio/returns?from=2010-02-10&to=2010-02-11"))
    before, first, last = (INDEX[date(2010, 2, day)] for day in (9, 10, 11))

    assert lines["date"] == ["2010-02-09", "2010-02-10", "2010-02-11"]
    assert lines["benchmark"] == pytest.approx([0, first / before - 1, last / before - 1], rel=1e-9)


def test_a_range_is_cut_to_the_days_that_there_are_and_is_nothing_outside(investor: Person) -> None:
    (whole,) = items(investor, "/portfolio/windows?from=1999-01-01&to=2099-01-01")

    assert (whole["from_date"], whole["as_of_date"]) == (OPENED.isoformat(), ENDED.isoformat())
    assert items(investor, "/portfolio/windows?from=2099-01-01") == []
    assert answer(investor.call("GET", "/portfolio/returns?from=2099-01-01"))["date"] == []


def test_what_was_not_known_is_null_in_the_lines(early: Person) -> None:
    for basis in ("real", "excess"):
        lines = answer(early.call("GET", f"/portfolio/returns?basis={basis}"))
        assert lines["date"] == ["2009-02-01", "2009-02-02", "2009-02-03", "2009-02-04"]
        assert lines["portfolio"] == lines["benchmark"] == [0, None, None, None]


def test_rolling_statistics_look_back_beyond_the_range(investor: Person) -> None:
    whole = answer(investor.call("GET", "/portfolio/returns/rolling?days=63"))
    part = answer(investor.call("GET", "/portfolio/returns/rolling?days=63&from=2010-09-01&to=2010-09-30"))

    start = whole["date"].index("2010-09-01")
    assert [name for name in whole if whole[name][:62] == [None] * 62] == ["volatility", "sharpe"]
    for name, column in part.items():
        assert column == whole[name][start : start + len(column)]
    assert None not in part["volatility"] + part["sharpe"]


@pytest.mark.parametrize("query", ["drawdowns?limit=0", "returns?basis=nonsense", "returns/rolling?days=1"])
def test_what_makes_no_sense_is_refused(investor: Person, query: str) -> None:
    assert refusal(investor.call("GET", f"/portfolio/{query}"))


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
    for path in PATHS:
        assert items(bob, path) == []
