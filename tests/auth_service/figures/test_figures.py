"""Reading the marts that the models built: one's own rows only, in the promised shapes."""

from dataclasses import replace
from pathlib import Path
from typing import Any, LiteralString

import pytest

from auth_service.figures import schemas as shapes
from auth_service.figures.answer_cache import Documents
from auth_service.strict_schemas import Output
from tests.auth_service.conftest import PASSWORD, Person, answer, refusal
from tests.auth_service.figures.conftest import fetch_prices
from tests.dbt.command import run_dbt
from tests.support.platform import Platform


def test_the_time_series_comes_as_columns_of_ones_own_days(investor: Person, bob: Person) -> None:
    series = answer(investor.call("GET", "/portfolio/timeseries?from=2024-01-03&to=2024-01-05"))

    assert series["date"] == ["2024-01-03", "2024-01-04", "2024-01-05"]
    assert series["market_value"] == [101, 101, 102]
    assert series["cumulative_return"] == pytest.approx([0.01, 0.01, 0.02], rel=1e-12)
    assert series["daily_return"] == [pytest.approx(0.01), None, pytest.approx(102 / 101 - 1)]
    assert series["regime"] == [None, None, None]
    assert answer(bob.call("GET", "/portfolio/timeseries"))["date"] == []


def test_the_time_series_has_the_columns_that_were_asked_for(investor: Person) -> None:
    promised = {"date", "market_value", "net_invested", "daily_return", "cumulative_return", "drawdown", "regime"}
    asked = "/portfolio/timeseries?from=2024-01-05&columns=is_stale,inflow,is_stale"

    assert set(answer(investor.call("GET", "/portfolio/timeseries"))) == promised
    assert answer(investor.call("GET", asked)) == {"date": ["2024-01-05"], "is_stale": [False], "inflow": [0]}
    assert "columns" in refusal(investor.call("GET", "/portfolio/timeseries?columns=user_id"))


def test_performance_and_tickers_are_ones_own(investor: Person, bob: Person) -> None:
    performance = answer(investor.call("GET", "/portfolio/performance"))
    (ticker,) = answer(investor.call("GET", "/portfolio/tickers"))["items"]

    assert performance["time_weighted_return"] == pytest.approx(0.02, rel=1e-12)
    assert performance["beta"] is None
    assert "user_id" not in performance
    assert (ticker["ticker"], ticker["quantity"] * 102) == ("VTI", ticker["market_value"])
    assert answer(bob.call("GET", "/portfolio/tickers"))["items"] == []
    assert set(answer(bob.call("GET", "/portfolio/performance")).values()) == {None}


def test_macro_spans_that_touch_the_range_are_told(investor: Person) -> None:
    assert answer(investor.call("GET", "/macro/context?from=2020-06-30&to=2020-06-30")) == {
        "spans": [{"kind": "regime", "name": "goldilocks", "valid_from": "2020-01-01", "valid_to": "2020-06-30"}],
        "indicators": [{"name": "inflation", "valid_from": "2020-06-01", "valid_to": "2020-06-30", "value": 1.5}],
    }


def test_a_ticker_is_described_or_does_not_exist(alice: Person) -> None:
    assert answer(alice.call("GET", "/tickers/vti"))["last_price_date"] == "2024-01-05"
    assert "NOPE" in refusal(alice.call("GET", "/tickers/NOPE"), 404)
    refusal(alice.call("GET", "/tickers/%00"), 404)
    assert [item["ticker"] for item in answer(alice.call("GET", "/tickers?search=total"))["items"]] == ["VTI"]
    refusal(alice.call("GET", "/tickers?search="))


def test_prices_of_a_day_are_told_as_they_were_traded_then(alice: Person) -> None:
    refusal(alice.trade("SELL", "1", ticker="ADJ"))  # brings the prices, kept split-adjusted, and no trade

    day = answer(alice.call("GET", "/tickers/adj/prices?date=2024-01-02"))
    week_later = answer(alice.call("GET", "/tickers/ADJ/prices?date=2024-01-10"))

    prices = {"low": 98.0, "high": 102.0, "close": 100.0, "currency": "USD"}
    assert day == {"ticker": "ADJ", "price_date": "2024-01-02"} | prices
    assert (week_later["price_date"], week_later["close"]) == ("2024-01-03", 50.0)


def test_without_a_price_in_the_week_before_there_is_nothing_to_tell(alice: Person) -> None:
    refusal(alice.trade("SELL", "1", ticker="ADJ"))

    assert "7 days before" in refusal(alice.call("GET", "/tickers/ADJ/prices?date=2024-01-11"), 404)
    refusal(alice.call("GET", "/tickers/NOPE/prices?date=2024-01-02"), 404)
    refusal(alice.call("GET", "/tickers/%00/prices?date=2024-01-02"), 404)
    refusal(alice.call("GET", "/tickers/ADJ/prices"), 422)


@pytest.mark.parametrize(
    ("shape", "mart"),
    [
        (shapes.Performance, "gold__performance"),
        (shapes.WindowPerformance, "gold_performance_windows"),
        (shapes.TickerKpis, "gold_ticker_kpis"),
        (shapes.RegimePerformance, "gold_regime_performance"),
        (shapes.TickerRegimePerformance, "gold_ticker_regime_performance"),
    ],
)
def test_an_answer_has_every_column_of_its_mart(
    investor: Person, platform: Platform, shape: type[Output], mart: str
) -> None:
    with platform.connect("macrofolio_dbt") as connection:
        columns = {column.name for column in connection.execute(f'select * from "default".{mart}').description or ()}
    of_its_asset = set(shapes.Asset.model_fields) if issubclass(shape, shapes.Asset) else set()

    assert set(shape.model_fields) == columns - {"user_id"} | of_its_asset


def test_windows_and_regimes_of_tickers_are_ones_own(investor: Person, bob: Person) -> None:
    windows = answer(investor.call("GET", "/portfolio/windows"))["items"]

    assert {window["time_window"] for window in windows} == {"all", "ytd"}
    assert answer(bob.call("GET", "/portfolio/windows"))["items"] == []
    assert answer(bob.call("GET", "/portfolio/regimes/tickers"))["items"] == []
    assert isinstance(answer(investor.call("GET", "/portfolio/regimes/tickers"))["items"], list)


DOCUMENTS = (
    *("/portfolio/timeseries", "/portfolio/performance", "/portfolio/windows", "/portfolio/holdings"),
    *("/portfolio/tickers", "/portfolio/tickers/history", "/portfolio/dividends", "/portfolio/drawdowns"),
    *("/portfolio/windows?from=2024-01-03", "/portfolio/returns", "/portfolio/returns?basis=real"),
    *("/portfolio/returns/calendar", "/portfolio/returns/rolling"),
    *("/portfolio/regimes", "/portfolio/regimes/tickers", "/macro/context"),
)
PRICE = """
insert into bronze.raw_prices (ticker, price_date, close, price_basis, source)
values ('{}', '2024-01-04', 1, 'as_traded', 'test')
"""
# What the models have not taken in and the investor's figures rest on.
PENDING = {
    "a price of what was traded": PRICE.format("VTI"),
    "a price of the benchmark": PRICE.format("^GSPC"),
    "an exchange rate": PRICE.format("EURUSD=X"),
    "an observation": """
        insert into bronze.raw_fred (series_id, observation_date, value, realtime_start, dated_by, source)
        values ('CPIAUCSL', '2024-01-01', 1, '2024-02-01', 'vintage', 'test')
    """,
}
VIEW = """select pg_get_viewdef('"default".gold_ticker_kpis'::regclass)"""
REPLACE = 'create or replace view "default".gold_ticker_kpis as '


@pytest.fixture
def settled(investor: Person, platform: Platform, folder: Path) -> Person:
    """The investor, with nothing pending."""
    run_dbt(platform, folder, "run")
    return investor


def version(person: Person, path: str = "/portfolio/tickers") -> str | None:
    """The ETag of what the person reads; none while it is about to change."""
    response = person.call("GET", path)
    answer(response)
    return response.headers.get("ETag")


def test_what_is_known_already_is_not_sent_again(settled: Person) -> None:
    for path in DOCUMENTS:
        known = version(settled, path)
        assert known, path
        repeated = settled.call("GET", path, headers={"If-None-Match": f'"other", W/{known}'})
        assert (repeated.status_code, repeated.data, repeated.headers["ETag"]) == (304, b"", known), path
        assert settled.call("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_is_kept_and_known_is_told_to_nobody_else_and_to_no_session_that_is_over(
    settled: Person, bob: Person
) -> None:
    login = {"email": settled.email, "password": PASSWORD}
    guest = replace(settled, tokens=answer(settled.call("POST", "/auth/login", json=login)))
    known = {path: guest.call("GET", path) for path in ("/transactions", *DOCUMENTS)}
    assert guest.call("POST", "/auth/logout").status_code == 204

    for path, mine in known.items():
        condition = {"If-None-Match": mine.headers["ETag"]}
        refusal(guest.call("GET", path), 401)
        refusal(guest.call("GET", path, headers=condition), 401)
        if path != "/macro/context":  # it is everybody's
            others = bob.call("GET", path, headers=condition)
            assert (others.status_code, others.headers.get("ETag") == mine.headers["ETag"]) == (200, False), path


def test_one_question_answers_what_nobody_has_told_yet_and_what_is_known(
    settled: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    marts, extensions = settled.app.extensions["marts"], settled.app.extensions
    questions, rows = [], marts.rows

    def counted(queries: list[LiteralString], *values: Any, **options: Any) -> Any:
        questions.append(len(queries))
        return rows(queries, *values, **options)

    monkeypatch.setattr(marts, "rows", counted)
    monkeypatch.setitem(extensions, "documents", Documents(size=10**6))
    known = version(settled)
    again = version(settled)
    monkeypatch.setitem(extensions, "documents", Documents(size=10**6))
    elsewhere = settled.call("GET", "/portfolio/tickers", headers={"If-None-Match": known})

    assert (again, elsewhere.status_code) == (known, 304)
    assert questions == [2, 1, 1]  # version and document; version


def test_what_has_not_changed_is_not_read_again(settled: Person, platform: Platform) -> None:
    before = settled.call("GET", "/portfolio/tickers")
    with platform.connect("postgres", autocommit=True) as connection:
        (definition,) = connection.execute(VIEW).fetchone() or ("",)
        text = definition.strip().removesuffix(";")
        connection.execute(f"{REPLACE} select * from ({text}) as rows where 1 / (quantity - quantity) = 1")
        try:
            known = settled.call("GET", "/portfolio/tickers", headers={"If-None-Match": before.headers["ETag"]})
            again = settled.call("GET", "/portfolio/tickers")
            fetch_prices(platform, "VTI")
            with pytest.raises(AssertionError, match="does not describe 500"):
                settled.call("GET", "/portfolio/tickers")
        finally:
            connection.execute(REPLACE + definition)

    assert (known.status_code, again.status_code) == (304, 200)
    assert again.data == before.data


def test_a_version_ends_with_whatever_changes_the_figures_and_with_nothing_else(
    investor: Person, bob: Person, platform: Platform, folder: Path
) -> None:
    def take_in() -> str:
        run_dbt(platform, folder, "run")
        return version(investor) or ""

    seen = [take_in()]
    answer(investor.trade("BUY", "1"), 201)
    assert version(investor) == seen[-1]  # until it has gone through all models
    seen.append(take_in())
    answer(investor.call("PATCH", "/auth/me", json={"cost_basis_method": "fifo"}))
    assert version(investor) == seen[-1]
    seen.append(take_in())
    fetch_prices(platform, "VTI")
    seen.append(version(investor) or "")
    answer(bob.trade("BUY", "1"), 201)

    assert version(investor) == seen[-1]
    assert take_in() == seen[-1]
    assert len({*seen}) == 4
    assert "" not in seen


def test_two_users_never_share_a_version(settled: Person, bob: Person, platform: Platform, folder: Path) -> None:
    for person in (settled, bob):
        answer(person.trade("BUY", "1"), 201)
    run_dbt(platform, folder, "run")

    assert version(settled) != version(bob)


def test_the_macro_context_has_another_version_once_it_is_built(
    settled: Person, platform: Platform, folder: Path
) -> None:
    before = version(settled, "/macro/context")
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(PENDING["an observation"].replace("2024-01-01", "2024-02-01"))
    run_dbt(platform, folder, "run", "--exclude", "gold_macro_context")
    meanwhile = version(settled, "/macro/context")
    run_dbt(platform, folder, "run", "--select", "gold_macro_context")

    assert before == meanwhile != version(settled, "/macro/context")


def test_figures_that_only_the_order_of_trades_changes_have_another_version(
    settled: Person, platform: Platform, folder: Path
) -> None:
    trades = [answer(settled.trade("BUY", "10", price=price), 201)["transaction_id"] for price in ("99", "102")]
    run_dbt(platform, folder, "run")
    before = version(settled)
    for transaction_id, price in zip(trades, ("102", "99"), strict=True):
        body = {"ticker": "VTI", "side": "BUY", "quantity": "10", "price": price, "trade_date": "2024-01-02"}
        answer(settled.call("PUT", f"/transactions/{transaction_id}", json=body))
    run_dbt(platform, folder, "run")

    assert version(settled) not in {None, before}


@pytest.mark.parametrize("change", PENDING)
def test_there_is_no_version_while_anything_is_pending_that_the_figures_rest_on(
    investor: Person, platform: Platform, folder: Path, change: str
) -> None:
    before = version(investor)
    with platform.connect("macrofolio_ingestion") as connection:
        connection.execute(PENDING[change])
    pending = version(investor)
    run_dbt(platform, folder, "run")

    assert (before is None, pending, version(investor) is None) == (False, None, False)


def test_a_refused_trade_whose_prices_were_fetched_concerns_nobody_else(
    settled: Person, bob: Person, platform: Platform
) -> None:
    refusal(bob.trade("SELL", "1", ticker="RARE"))
    with platform.connect("postgres") as connection:
        pending = connection.execute("select from bronze.pending_changes where ticker = 'RARE'").fetchall()

    assert pending
    assert version(settled) is not None
