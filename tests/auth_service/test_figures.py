"""Reading the marts: one's own rows only, in the promised shapes, and an empty portfolio before there are any."""

from collections.abc import Iterator

import pytest

from tests.auth_service.conftest import Person, answer, refusal
from tests.platform import Platform

OWN_ROWS = """
alter table "default".{table} enable row level security;
create policy own_rows on "default".{table} to macrofolio_api
using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
grant select on "default".{table} to macrofolio_api;
"""

TIMESERIES = """
create table "default".gold_p_timeseries as
select
    %s::uuid as user_id, day::date as as_of_date, 100.50 as market_value, 100 as net_invested, 100 as inflow,
    0 as outflow, 0 as income, 0.005::float8 as daily_return, 0.005::float8 as cumulative_return,
    0::float8 as drawdown, 'goldilocks' as regime, 'expansionary' as phase, true as is_trading_day, false as is_stale
from generate_series(date '2024-01-01', date '2024-01-03', interval '1 day') as day
"""

PERFORMANCE = """
create table "default".gold__performance as
select
    %s::uuid as user_id, 'USD' as base_currency, date '2024-01-03' as as_of_date, date '2024-01-03' as prices_as_of,
    date '2023-12-31' as macro_as_of, 100.50 as market_value, 0.005::float8 as time_weighted_return,
    1 as ledger_versions, timestamptz '2024-01-04 18:00:00+00' as built_at
"""

TICKERS = """
create table "default".gold_ticker_kpis as
select %s::uuid as user_id, 'VTI' as ticker, 1.5 as quantity, 150.75 as market_value, null::float8 as total_return
"""

MACRO = """
create table "default".gold_macro_context as
select * from (values
    ('regime', 'goldilocks', date '2020-01-01', date '2020-06-30', null::float8),
    ('regime', 'reflation', date '2020-07-01', date '2020-12-31', null),
    ('indicator', 'inflation', date '2020-06-01', date '2020-06-30', 1.5)
) as spans (kind, name, valid_from, valid_to, value);
grant select on "default".gold_macro_context to macrofolio_api;
"""


@pytest.fixture
def marts(alice: Person, platform: Platform) -> Iterator[None]:
    """What the models would have built from alice's first transaction."""
    user_id = answer(alice.call("GET", "/auth/me"))["user_id"]
    tables = ("gold_p_timeseries", "gold__performance", "gold_ticker_kpis")
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute('grant usage on schema "default" to macrofolio_api')
        for table, statement in zip(tables, (TIMESERIES, PERFORMANCE, TICKERS), strict=True):
            connection.execute(statement, [user_id])
            connection.execute(OWN_ROWS.format(table=table))
        connection.execute(MACRO)
    yield
    with platform.connect("macrofolio_dbt") as connection:
        connection.execute('drop table "default".gold_p_timeseries, "default".gold__performance')
        connection.execute('drop table "default".gold_ticker_kpis, "default".gold_macro_context')


def test_before_the_models_have_run_every_portfolio_is_empty(alice: Person) -> None:
    alice.trade("BUY", "1")

    assert answer(alice.call("GET", "/portfolio/status")) == {
        "up_to_date": False,
        "pending_transactions": 1,
        "as_of_date": None,
        "prices_as_of": None,
        "macro_as_of": None,
        "last_refresh": None,
    }
    assert set(answer(alice.call("GET", "/portfolio/performance")).values()) == {None}
    assert all(column == [] for column in answer(alice.call("GET", "/portfolio/timeseries")).values())
    for name in ("tickers", "holdings", "holdings?date=2024-01-02", "regimes"):
        assert answer(alice.call("GET", f"/portfolio/{name}")) == {"items": [], "next_cursor": None}
    assert answer(alice.call("GET", "/macro/context")) == {"spans": [], "indicators": []}


def test_the_time_series_comes_as_columns_of_ones_own_days(alice: Person, bob: Person, marts: None) -> None:
    series = answer(alice.call("GET", "/portfolio/timeseries?from=2024-01-02&to=2024-01-03"))

    assert series["date"] == ["2024-01-02", "2024-01-03"]
    assert series["market_value"] == [100.5, 100.5]
    assert series["regime"] == ["goldilocks", "goldilocks"]
    assert answer(bob.call("GET", "/portfolio/timeseries"))["date"] == []


def test_the_status_counts_what_the_marts_do_not_hold_yet(alice: Person, bob: Person, marts: None) -> None:
    transaction_id = answer(alice.trade("BUY", "1"), 201)["transaction_id"]
    up_to_date = answer(alice.call("GET", "/portfolio/status"))
    alice.call("DELETE", f"/transactions/{transaction_id}")
    pending = answer(alice.call("GET", "/portfolio/status"))

    assert up_to_date == {
        "up_to_date": True,
        "pending_transactions": 0,
        "as_of_date": "2024-01-03",
        "prices_as_of": "2024-01-03",
        "macro_as_of": "2023-12-31",
        "last_refresh": "2024-01-04T18:00:00Z",
    }
    assert (pending["up_to_date"], pending["pending_transactions"]) == (False, 1)
    assert answer(bob.call("GET", "/portfolio/status"))["as_of_date"] is None


def test_performance_and_tickers_are_ones_own(alice: Person, bob: Person, marts: None) -> None:
    performance = answer(alice.call("GET", "/portfolio/performance"))
    tickers = answer(alice.call("GET", "/portfolio/tickers"))["items"]

    assert (performance["market_value"], performance["time_weighted_return"]) == (100.5, 0.005)
    assert performance["sharpe"] is None
    assert "user_id" not in performance
    assert tickers == [{"ticker": "VTI", "quantity": 1.5, "market_value": 150.75, "total_return": None}]
    assert answer(bob.call("GET", "/portfolio/tickers"))["items"] == []


def test_macro_spans_that_touch_the_range_are_told(alice: Person, marts: None) -> None:
    assert answer(alice.call("GET", "/macro/context?from=2020-06-30&to=2020-06-30")) == {
        "spans": [{"kind": "regime", "name": "goldilocks", "valid_from": "2020-01-01", "valid_to": "2020-06-30"}],
        "indicators": [{"name": "inflation", "valid_from": "2020-06-01", "valid_to": "2020-06-30", "value": 1.5}],
    }


def test_a_ticker_is_described_or_does_not_exist(alice: Person) -> None:
    assert answer(alice.call("GET", "/tickers/vti"))["last_price_date"] == "2024-01-05"
    assert "NOPE" in refusal(alice.call("GET", "/tickers/NOPE"), 404)
    refusal(alice.call("GET", "/tickers/%00"), 404)
    assert [item["ticker"] for item in answer(alice.call("GET", "/tickers?search=total"))["items"]] == ["VTI"]
    refusal(alice.call("GET", "/tickers?search="))
